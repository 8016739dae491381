//! Sessions with other servers, whose certificates are checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::error::TlsError;
use super::session::TlsSession;
use crate::open_file;

/// The longest file of authorities, in bytes: that of a system has about 220 KB.
const FILE_MAX: usize = 4 * 1024 * 1024;

/// The side of the client. A clone is cheap.
#[derive(Clone)]
pub struct ClientTls(Arc<ClientConfig>);

/// Why the authorities of a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootsError {
    /// The file.
    pub path: PathBuf,
    /// The reason, as the rest of a sentence.
    pub reason: String,
}

impl ClientTls {
    /// Trusts the authorities that the system trusts, and those in `file`. May block on the disk.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn load(file: Option<&Path>) -> Result<Self, RootsError> {
        let mut roots = RootCertStore::empty();
        // A system without any is noticed with the first server, whose certificate is not trusted then.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = file {
            add_file(&mut roots, path).map_err(|reason| RootsError { path: path.to_owned(), reason })?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| RootsError {
            path: PathBuf::new(),
            reason: format!("cannot be used: {error}"),
        })?;
        Ok(Self(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }

    /// Starts a session with the server `host`, a name or an IP address without brackets.
    ///
    /// # Errors
    /// If that is not a valid name.
    pub fn connect(&self, host: &str) -> Result<TlsSession, TlsError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| rustls::Error::General(format!("{host:?} is not a valid host name")))?;
        Ok(TlsSession::new(ClientConnection::new(self.0.clone(), name)?))
    }
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let bytes =
        open_file::read_regular(path, FILE_MAX).map_err(|error| format!("cannot be read: {error}"))?;
    let mut count = 0;
    for block in CertificateDer::pem_slice_iter(&bytes) {
        let block = block.map_err(|error| format!("is not a complete PEM file: {error}"))?;
        roots
            .add(block)
            .map_err(|error| format!("contains a certificate that is no authority's: {error}"))?;
        count += 1;
    }
    if count == 0 { Err("contains no certificate".to_owned()) } else { Ok(()) }
}

impl fmt::Display for RootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for RootsError {}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls")
    }
}
