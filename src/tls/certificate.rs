//! Reads a certificate, its chain and its private key from PEM files, and checks that they belong together.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};

use super::certificate_error::CertificateError;
use super::certificate_facts::CertificateFacts;
use super::pem_file::PemBlocks;
use crate::settings::CertificateFiles;

/// The keys that ring can use.
const KEYS: &str = "RSA with 2048 to 4096 bits, EC on P-256 or P-384, or Ed25519";

/// A certificate with its chain and its private key, which belong together. A clone is cheap.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    facts: Arc<CertificateFacts>,
}

impl Certificate {
    /// Reads a certificate. The blocks of the files may have any order: the certificate is the one to which
    /// the key belongs, and the others are its chain. May block on the disk.
    ///
    /// # Errors
    /// If a file cannot be read, or the files do not contain a certificate with its key.
    pub fn load(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let CertificateFiles { certificate: path, key } = files;
        let mut blocks = PemBlocks::read(path)?;
        let key_path = key.as_deref().unwrap_or(path);
        if key_path != path {
            let PemBlocks { certificates, keys, has_request } = PemBlocks::read(key_path)?;
            blocks.certificates.extend(certificates);
            blocks.keys.extend(keys);
            blocks.has_request |= has_request;
        }
        check_complete(&blocks, path, key_path)?;
        let blame = |reason| CertificateError::new(path, reason);
        let all = parse_all(blocks.certificates).map_err(blame)?;
        let keys = usable_keys(blocks.keys, key_path)?;
        let Some((place, key)) = find_pair(&all, &keys) else {
            return Err(CertificateError::new(key_path, describe_mismatch(path, key_path)));
        };
        let (facts, chain) = sorted_chain(all, place);
        Ok(Self { key: Arc::new(CertifiedKey::new(chain, key)), facts: Arc::new(facts) })
    }

    /// Returns the names for which it is valid: DNS names, of which some begin with `*.`, and IP addresses.
    pub fn names(&self) -> &[String] {
        &self.facts.names
    }

    /// Returns the common name of its subject, which is only for people.
    pub(super) fn common_name(&self) -> Option<&str> {
        self.facts.common_name.as_deref()
    }

    /// Returns whether it is signed by its own key instead of an authority's.
    pub(super) fn is_self_issued(&self) -> bool {
        self.facts.is_self_issued()
    }

    /// Returns from when on it is valid, in UTC since 1970-01-01.
    pub fn not_before(&self) -> Duration {
        self.facts.not_before
    }

    /// Returns when it expires, in UTC since 1970-01-01.
    pub fn not_after(&self) -> Duration {
        self.facts.not_after
    }

    /// Returns whether it is valid at this time, in UTC since 1970-01-01.
    pub fn is_valid_at(&self, today: Duration) -> bool {
        (self.not_before()..=self.not_after()).contains(&today)
    }

    /// Returns whether clients get the issuer's certificate too, or need none.
    pub fn has_chain(&self) -> bool {
        self.key.cert.len() > 1 || self.facts.is_self_issued()
    }

    /// Returns whether both are the same certificate, with the same chain.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }

    pub(super) fn key(&self) -> &Arc<CertifiedKey> {
        &self.key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("names", &self.facts.names).finish_non_exhaustive()
    }
}

/// A certificate of a file, and what it says.
type Parsed = (CertificateFacts, CertificateDer<'static>);

fn parse_all(certificates: Vec<CertificateDer<'static>>) -> Result<Vec<Parsed>, String> {
    certificates.into_iter().map(|it| Ok((CertificateFacts::parse(&it)?, it))).collect()
}

fn check_complete(blocks: &PemBlocks, path: &Path, key_path: &Path) -> Result<(), CertificateError> {
    match (blocks.certificates.is_empty(), blocks.keys.is_empty()) {
        (false, false) => Ok(()),
        (true, _) if blocks.has_request => {
            let reason = "contains a request for a certificate, but not the certificate";
            Err(CertificateError::new(path, reason))
        }
        (true, _) => Err(CertificateError::new(path, "contains no certificate in the format PEM")),
        (false, true) if path == key_path => {
            let reason = "contains no private key: add it there, or name its file with key";
            Err(CertificateError::new(path, reason))
        }
        (false, true) => Err(CertificateError::new(key_path, "contains no private key in the format PEM")),
    }
}

fn usable_keys(
    keys: Vec<PrivateKeyDer<'static>>,
    path: &Path,
) -> Result<Vec<Arc<dyn SigningKey>>, CertificateError> {
    let provider = ring::default_provider().key_provider;
    let keys: Result<Vec<_>, _> = keys.into_iter().map(|key| provider.load_private_key(key)).collect();
    keys.map_err(|_| {
        let reason = format!("contains a private key that is damaged or of another kind than {KEYS}");
        CertificateError::new(path, reason)
    })
}

/// Returns the certificate to which one of the keys belongs. If there are several, one was renewed: the one
/// that expires last.
fn find_pair(all: &[Parsed], keys: &[Arc<dyn SigningKey>]) -> Option<(usize, Arc<dyn SigningKey>)> {
    let pairs = all.iter().enumerate().filter_map(|(at, (facts, _))| {
        let key = keys.iter().find(|key| key.public_key().is_some_and(|it| *it == *facts.public_key))?;
        Some((facts.not_after, at, key.clone()))
    });
    pairs.max_by_key(|(not_after, ..)| *not_after).map(|(_, at, key)| (at, key))
}

fn describe_mismatch(path: &Path, key_path: &Path) -> String {
    match path == key_path {
        true => "contains a private key that does not belong to its certificate".to_owned(),
        false => {
            format!("contains a private key that does not belong to the certificate in {}", path.display())
        }
    }
}

/// Returns the certificate at `place` and then each one's issuer, as clients expect it. Certificates that are
/// not part of the chain are left out.
fn sorted_chain(mut all: Vec<Parsed>, place: usize) -> (CertificateFacts, Vec<CertificateDer<'static>>) {
    let (facts, first) = all.remove(place);
    let (mut chain, mut last) = (vec![first], facts.clone());
    while !last.is_self_issued() {
        let Some(at) = all.iter().position(|(other, _)| other.can_have_issued(&last)) else { break };
        let (issuer, certificate) = all.remove(at);
        chain.push(certificate);
        last = issuer;
    }
    (facts, chain)
}

#[cfg(test)]
mod tests;
