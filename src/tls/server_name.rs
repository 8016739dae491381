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

    /// Returns the certificate for a name in lower case: one with the name itself, else one with a wildcard
    /// for it, else the first. Old devices send no name.
    fn choose(&self, name: Option<&str>) -> Option<&Certificate> {
        let with = |wanted: &str| {
            self.certificates.iter().find(|certificate| certificate.names().iter().any(|name| name == wanted))
        };
        let name = name.map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let exact = name.as_deref().and_then(with);
        let wildcard = || {
            // A wildcard stands for one label (RFC 6125, 6.4.3).
            let (_, parent) = name.as_deref()?.split_once('.')?;
            with(&format!("*.{parent}"))
        };
        exact.or_else(wildcard).or(self.certificates.first())
    }
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.server_name()).map(Certificate::key)
    }
}
