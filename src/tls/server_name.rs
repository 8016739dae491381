//! Chooses a certificate by the name that the client wants to reach (SNI, RFC 6066, 3).

use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::Certificate;

/// The certificates among which clients' names choose.
#[derive(Debug)]
pub struct ByServerName {
    certificates: Vec<Certificate>,
}

impl ByServerName {
    /// Chooses among these; the first one is for clients that name none of them.
    pub fn new(certificates: Vec<Certificate>) -> Self {
        Self { certificates }
    }

    /// Returns the certificate for a name: one with the name itself, else one with a wildcard for it, else
    /// the first. Old devices send no name, and an IP address is never sent as one.
    ///
    /// Of several with the same name, such as one with an RSA key and one with an EC key, it is the first
    /// whose key the client `accepts`.
    fn choose(&self, name: Option<&str>, accepts: impl Fn(&Certificate) -> bool) -> Option<&Certificate> {
        let with = |wanted: &str| {
            let has_name = |it: &&Certificate| it.names().iter().any(|name| name == wanted);
            let mut all = self.certificates.iter().filter(has_name);
            all.clone().find(|it| accepts(it)).or_else(|| all.next())
        };
        let name = name.map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let exact = name.as_deref().and_then(with);
        let wildcard = || {
            // A wildcard stands for one label (RFC 6125, 6.4.3).
            let (label, parent) = name.as_deref()?.split_once('.')?;
            if label.is_empty() { None } else { with(&format!("*.{parent}")) }
        };
        exact.or_else(wildcard).or(self.certificates.first())
    }
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let schemes = hello.signature_schemes();
        let accepts = |it: &Certificate| it.key().key.choose_scheme(schemes).is_some();
        self.choose(hello.server_name(), accepts).map(|certificate| certificate.key().clone())
    }
}

#[cfg(test)]
mod tests;
