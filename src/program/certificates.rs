//! The certificates of a run.

use crate::settings::CertificateFiles;
use crate::tls::{Certificate, ServerTls, Tickets};

/// Loads certificates for the start.
///
/// # Errors
/// Returns one sentence about the first that cannot be used.
pub fn load(files: &[CertificateFiles]) -> Result<Option<ServerTls>, String> {
    if files.is_empty() {
        return Ok(None);
    }
    let certificates: Result<Vec<Certificate>, _> = files.iter().map(Certificate::load).collect();
    let certificates = certificates.map_err(|error| error.to_string())?;
    let failed = |error: crate::tls::TlsError| format!("cannot set up TLS: {error}");
    let tickets = Tickets::new().map_err(failed)?;
    ServerTls::new(certificates, &tickets).map(Some).map_err(failed)
}
