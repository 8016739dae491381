//! Chooses a certificate by the name that the client wants to reach (SNI, RFC 6066, 3).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::UnixTime;
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

    /// Returns whether clients that reach the server as `host`, which is in lower case, get a certificate
    /// that is valid at this time, in UTC since 1970-01-01, and for this host.
    pub fn certifies(&self, host: &str, today: Duration) -> bool {
        // An IP address is never sent as a name (RFC 6066, 3).
        let address = host.parse::<IpAddr>().ok().map(|address| address.to_string());
        let wanted = Wanted::new(address.as_deref().unwrap_or(host));
        let sent = if address.is_some() { None } else { Some(host) };
        let certificate = self.choose(sent, today, |_| true);
        certificate.is_some_and(|it| it.is_valid_at(today) && wanted.rank(it).is_some())
    }

    /// Returns the certificate for a name. Certificates with the name itself come before those with a
    /// wildcard for it, and each in their order. Of these it is the first that is valid `today`, in UTC since
    /// 1970-01-01, and whose key the client `accepts`, as one of an RSA and an EC key; else the first that it
    /// accepts, else the first. Without any it is the first of all: old devices send no name.
    fn choose(
        &self,
        name: Option<&str>,
        today: Duration,
        accepts: impl Fn(&Certificate) -> bool,
    ) -> Option<&Certificate> {
        let wanted = name.map(Wanted::new);
        let named = self.certificates.iter().filter_map(|it| Some((wanted.as_ref()?.rank(it)?, it)));
        let with_name = named.min_by_key(|(rank, it)| {
            let is_accepted = accepts(it);
            (!(is_accepted && it.is_valid_at(today)), !is_accepted, *rank)
        });
        with_name.map(|(_, certificate)| certificate).or(self.certificates.first())
    }
}

/// A name that a client wants to reach.
struct Wanted {
    name: String,
    /// The wildcard that stands for it: for one label (RFC 6125, 6.4.3).
    wildcard: Option<String>,
}

impl Wanted {
    fn new(name: &str) -> Self {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let labels = name.split_once('.').filter(|(label, _)| !label.is_empty());
        Self { wildcard: labels.map(|(_, parent)| format!("*.{parent}")), name }
    }

    /// Returns how well a certificate fits: `0` if it has the name, `1` if it has the wildcard.
    fn rank(&self, certificate: &Certificate) -> Option<u8> {
        let has = |wanted: &str| certificate.names().iter().any(|name| name == wanted);
        match has(&self.name) {
            true => Some(0),
            false => self.wildcard.as_deref().is_some_and(has).then_some(1),
        }
    }
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let schemes = hello.signature_schemes();
        let accepts = |it: &Certificate| it.key().key.choose_scheme(schemes).is_some();
        let today = Duration::from_secs(UnixTime::now().as_secs());
        self.choose(hello.server_name(), today, accepts).map(|certificate| certificate.key().clone())
    }
}

#[cfg(test)]
mod tests;
