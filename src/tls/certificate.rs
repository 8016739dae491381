//! Reads a certificate, its chain and its private key from PEM files, and checks that they belong together.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::open_file;
use crate::settings::CertificateFiles;

/// The longest PEM file, in bytes: a chain of several certificates takes about 10 KB.
const FILE_MAX: usize = 256 * 1024;

/// A certificate with its chain and its private key, which belong together.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    /// The DNS names and IP addresses for which it is valid, in lower case.
    names: Vec<String>,
    not_before: Duration,
    not_after: Duration,
}

/// Why a certificate cannot be used: the file to blame, and the reason as the rest of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateError {
    /// The file.
    pub path: PathBuf,
    /// The reason, such as `contains no private key`.
    pub reason: String,
}

impl Certificate {
    /// Reads a certificate. The blocks of the files may have any order: the certificate is the one to which
    /// the key belongs, and the others are its chain. May block on the disk.
    ///
    /// # Errors
    /// If a file cannot be read, or the files do not contain a certificate with its key.
    pub fn load(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let CertificateFiles { certificate, key } = files;
        let mut blocks = Blocks::default();
        blocks.read(certificate)?;
        if let Some(key) = key.as_deref().filter(|key| *key != certificate) {
            blocks.read(key)?;
        }
        let key_path = key.as_deref().unwrap_or(certificate);
        let Some(key) = blocks.keys.pop() else {
            return Err(CertificateError::new(key_path, "contains no private key"));
        };
        if !blocks.keys.is_empty() {
            return Err(CertificateError::new(key_path, "contains several private keys"));
        }
        if blocks.certificates.is_empty() {
            return Err(CertificateError::new(certificate, "contains no certificate"));
        }
        let key = ring::default_provider()
            .key_provider
            .load_private_key(key)
            .map_err(|_| CertificateError::new(key_path, "contains a private key of an unknown kind"))?;
        let chain = blocks.certificates;
        let place = (0..chain.len()).find(|&at| {
            let alone = CertifiedKey::new(vec![chain[at].clone()], key.clone());
            alone.keys_match().is_ok()
        });
        let Some(place) = place else {
            return Err(CertificateError::new(
                key_path,
                "contains a private key that belongs to none of the certificates",
            ));
        };
        let chain =
            sorted_chain(chain, place).map_err(|reason| CertificateError::new(certificate, &reason))?;
        let (names, not_before, not_after) =
            facts(&chain[0]).map_err(|reason| CertificateError::new(certificate, &reason))?;
        Ok(Self { key: Arc::new(CertifiedKey::new(chain, key)), names, not_before, not_after })
    }

    /// Returns the names for which it is valid: DNS names, of which some begin with `*.`, and IP addresses.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns when it expires, in UTC since 1970-01-01.
    pub fn not_after(&self) -> Duration {
        self.not_after
    }

    /// Returns whether it is valid at this time, in UTC since 1970-01-01.
    pub fn is_valid_at(&self, today: Duration) -> bool {
        (self.not_before..=self.not_after).contains(&today)
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        self.key.clone()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("names", &self.names).finish_non_exhaustive()
    }
}

impl CertificateError {
    fn new(path: &Path, reason: &str) -> Self {
        Self { path: path.to_owned(), reason: reason.to_owned() }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for CertificateError {}

/// The blocks of PEM files.
#[derive(Default)]
struct Blocks {
    certificates: Vec<CertificateDer<'static>>,
    keys: Vec<PrivateKeyDer<'static>>,
}

impl Blocks {
    fn read(&mut self, path: &Path) -> Result<(), CertificateError> {
        let bytes = open_file::read_regular(path, FILE_MAX)
            .map_err(|error| CertificateError::new(path, &format!("cannot be read: {error}")))?;
        if bytes.len() > FILE_MAX {
            return Err(CertificateError::new(path, &format!("is longer than {FILE_MAX} bytes")));
        }
        for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(&bytes) {
            let (kind, content) = block.map_err(|error| {
                CertificateError::new(path, &format!("is not a complete PEM file: {error}"))
            })?;
            match kind {
                SectionKind::Certificate => self.certificates.push(content.into()),
                kind => self.keys.extend(PrivateKeyDer::from_pem(kind, content)),
            }
        }
        Ok(())
    }
}

/// Returns the certificate at `place` and then each one's issuer, as clients expect it. Certificates that are
/// not part of the chain are left out.
fn sorted_chain(
    mut all: Vec<CertificateDer<'static>>,
    place: usize,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut chain = vec![all.swap_remove(place)];
    loop {
        let last = chain.last().map(|last| last.to_vec()).unwrap_or_default();
        let last = parse(&last)?;
        if last.issuer() == last.subject() {
            return Ok(chain);
        }
        let issuer =
            all.iter().position(|other| parse(other).is_ok_and(|other| other.subject() == last.issuer()));
        match issuer {
            Some(at) => chain.push(all.swap_remove(at)),
            None => return Ok(chain),
        }
    }
}

/// Returns the names of a certificate, and the time during which it is valid, in UTC since 1970-01-01.
fn facts(certificate: &[u8]) -> Result<(Vec<String>, Duration, Duration), String> {
    let certificate = parse(certificate)?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    let validity = certificate.validity();
    let since_1970 = |time: i64| Duration::from_secs(time.try_into().unwrap_or(0));
    Ok((
        names.collect(),
        since_1970(validity.not_before.timestamp()),
        since_1970(validity.not_after.timestamp()),
    ))
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = || <[u8; 4]>::try_from(bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string());
    let sixteen =
        || <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string());
    four().or_else(sixteen)
}

fn parse(certificate: &[u8]) -> Result<X509Certificate<'_>, String> {
    let parsed = X509Certificate::from_der(certificate);
    parsed
        .map(|(_, certificate)| certificate)
        .map_err(|error| format!("contains a damaged certificate: {error}"))
}
