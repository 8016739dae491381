//! What a certificate says about itself (RFC 5280): names, times, issuer and key.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The DNS names and IP addresses for which it is valid, in lower case.
    pub names: Vec<String>,
    /// The common name of its subject. Clients ignore it: it is only for people.
    pub common_name: Option<String>,
    /// From when on it is valid, in UTC since 1970-01-01.
    pub not_before: Duration,
    /// Until when it is valid, in UTC since 1970-01-01.
    pub not_after: Duration,
    /// Its public key, encoded.
    pub public_key: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    /// The identifiers of its key and of its issuer's key, which distinguish issuers of the same name.
    key_id: Option<Vec<u8>>,
    issuer_key_id: Option<Vec<u8>>,
}

impl CertificateFacts {
    /// Parses a certificate.
    ///
    /// # Errors
    /// Returns why it cannot be parsed, as the rest of a sentence about its file.
    pub fn parse(certificate: &[u8]) -> Result<Self, String> {
        let parsed = X509Certificate::from_der(certificate);
        let (_, parsed) = parsed.map_err(|error| format!("contains a damaged certificate: {error}"))?;
        let validity = parsed.validity();
        let (key_id, issuer_key_id) = key_ids(&parsed);
        Ok(Self {
            names: names(&parsed),
            common_name: common_name(&parsed),
            not_before: since_1970(validity.not_before.timestamp()),
            not_after: since_1970(validity.not_after.timestamp()),
            public_key: parsed.public_key().raw.to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            key_id,
            issuer_key_id,
        })
    }

    /// Returns whether it has issued itself, as roots have.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Returns whether it can have issued `other`. The identifiers of keys count only if both have them.
    pub fn can_have_issued(&self, other: &Self) -> bool {
        let ids = self.key_id.as_ref().zip(other.issuer_key_id.as_ref());
        self.subject == other.issuer && ids.is_none_or(|(own, named)| own == named)
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names);
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    names.filter_map(name).collect()
}

fn common_name(certificate: &X509Certificate<'_>) -> Option<String> {
    let name = certificate.subject().iter_common_name().next()?;
    name.as_str().ok().map(ToOwned::to_owned)
}

fn key_ids(certificate: &X509Certificate<'_>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let (mut own, mut issuer) = (None, None);
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => own = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                issuer = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            _ => {}
        }
    }
    (own, issuer)
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = || <[u8; 4]>::try_from(bytes).ok().map(|bytes| Ipv4Addr::from(bytes).to_string());
    let v6 = || <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string());
    v4().or_else(v6)
}

/// A time before 1970 counts as 1970.
fn since_1970(seconds: i64) -> Duration {
    Duration::from_secs(seconds.try_into().unwrap_or(0))
}
