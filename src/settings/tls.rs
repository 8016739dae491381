//! The settings of TLS.

use std::path::PathBuf;

/// The settings of TLS for the whole server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificates, of which the first is for clients that name none of the hosts. Without any, the
    /// server does not speak TLS.
    pub certificates: Vec<CertificateFiles>,
    /// Authorities to trust besides the system's, for upstreams and directories.
    pub ca: Option<PathBuf>,
    /// Whether browsers that request a page without TLS are redirected to the same page with TLS.
    pub redirect: bool,
    /// The directory with the files that an ACME client puts below `.well-known/acme-challenge/`.
    pub acme_webroot: Option<PathBuf>,
}

/// The files of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateFiles {
    /// The certificate with its chain, perhaps with the private key.
    pub certificate: PathBuf,
    /// The private key, if it has a file of its own.
    pub key: Option<PathBuf>,
}
