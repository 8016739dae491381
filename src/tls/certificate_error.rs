//! Why a certificate cannot be used.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a certificate cannot be used: the file to blame, and the reason as the rest of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateError {
    /// The file.
    pub path: PathBuf,
    /// The reason, such as `contains no private key`.
    pub reason: String,
}

impl CertificateError {
    /// Blames the file at `path`.
    pub fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for CertificateError {}
