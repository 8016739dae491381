//! Sessions with other servers, whose certificates are checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::error::TlsError;
use super::session::TlsSession;
use crate::open_file;

/// The longest file of authorities, in bytes: that of a system has about 220 KB.
const FILE_MAX: usize = 4 * 1024 * 1024;

/// What to do where no authority is known.
const NO_AUTHORITIES: &str = "no certificate authorities are known on this system: install its package \
                              ca-certificates, or set tls_ca";

/// The side of the client. A clone is cheap.
#[derive(Clone)]
pub struct ClientTls(Arc<Authorities>);

/// The authorities that are trusted, and what sessions use of them.
struct Authorities {
    config: Arc<ClientConfig>,
    certificates: Vec<CertificateDer<'static>>,
}

/// The [`ClientTls`] that new connections of any thread use. A clone is the same place.
#[derive(Debug, Clone, Default)]
pub struct CurrentClientTls(Arc<Mutex<Option<ClientTls>>>);

/// Why the authorities of a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootsError {
    /// The file.
    pub path: PathBuf,
    /// The reason, as the rest of a sentence.
    pub reason: String,
}

impl ClientTls {
    /// Trusts the authorities that the system trusts, and those in `file`. `SSL_CERT_FILE` and `SSL_CERT_DIR`
    /// replace the places where the system has its own, as for OpenSSL. May block on the disk.
    ///
    /// # Errors
    /// If the file cannot be used. A system without authorities is no error: see
    /// [`problem`](Self::problem).
    pub fn load(file: Option<&Path>) -> Result<Self, RootsError> {
        // Damaged certificates of the system are left out, as by other programs.
        let mut certificates = rustls_native_certs::load_native_certs().certs;
        certificates.extend(file.map(read_file).transpose()?.into_iter().flatten());
        Ok(Self::trusting(certificates))
    }

    /// Checks whether a file of authorities can be used. May block on the disk.
    ///
    /// # Errors
    /// If it cannot.
    pub fn check(file: &Path) -> Result<(), RootsError> {
        read_file(file).map(drop)
    }

    /// Trusts these authorities, as far as they can be used.
    fn trusting(certificates: Vec<CertificateDer<'static>>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let provider = ring::default_provider();
        // The HTTP client of the directories asks for the provider of the process. Another call has installed
        // the same one.
        let _ = provider.clone().install_default();
        let builder = ClientConfig::builder_with_provider(Arc::new(provider));
        let builder = builder.with_safe_default_protocol_versions().expect("ring has cipher suites");
        let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
        Self(Arc::new(Authorities { config, certificates }))
    }

    /// Returns why no server can be trusted, if that is so.
    pub fn problem(&self) -> Option<&'static str> {
        self.0.certificates.is_empty().then_some(NO_AUTHORITIES)
    }

    /// Returns the certificates of the authorities, in DER.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.0.certificates.iter().map(|certificate| certificate.as_ref())
    }

    /// Starts a session with the server `host`, a name or an IP address without brackets. Its certificate has
    /// to be valid for that.
    ///
    /// # Errors
    /// If that is not a valid name, or no authority is known.
    pub fn connect(&self, host: &str) -> Result<TlsSession, TlsError> {
        if let Some(problem) = self.problem() {
            return Err(rustls::Error::General(problem.to_owned()).into());
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| rustls::Error::General(format!("{host:?} is not a valid host name")))?;
        Ok(TlsSession::new(ClientConnection::new(self.0.config.clone(), name)?))
    }
}

impl CurrentClientTls {
    /// Replaces what new connections use.
    pub fn set(&self, tls: Option<ClientTls>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tls;
    }

    /// Returns what new connections use.
    pub fn get(&self) -> Option<ClientTls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn read_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let failed = |reason: String| RootsError { path: path.to_owned(), reason };
    let bytes = open_file::read_regular(path, FILE_MAX)
        .map_err(|error| failed(format!("cannot be read: {error}")))?;
    if bytes.len() > FILE_MAX {
        return Err(failed(format!("is longer than {FILE_MAX} bytes")));
    }
    parse_certificates(&bytes).map_err(failed)
}

fn parse_certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut certificates = Vec::new();
    for block in CertificateDer::pem_slice_iter(bytes) {
        let block = block.map_err(|error| format!("is not a complete PEM file: {error}"))?;
        RootCertStore::empty()
            .add(block.clone())
            .map_err(|_| format!("contains a damaged certificate, number {}", certificates.len() + 1))?;
        certificates.push(block);
    }
    match certificates.is_empty() {
        true => Err("contains no certificate: expected PEM files of authorities, joined".to_owned()),
        false => Ok(certificates),
    }
}

impl fmt::Display for RootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for RootsError {}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("certificates", &self.0.certificates.len()).finish()
    }
}

#[cfg(test)]
mod tests;
