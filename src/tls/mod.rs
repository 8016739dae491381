//! TLS: certificates, and sessions that turn bytes from a socket into plaintext and back.
//!
//! The only module that names rustls. It knows no socket, no event loop and no peer. A [`TlsSession`] gets
//! the bytes that were received, and writes those to send into any [`std::io::Write`]. `certificate` reads
//! and checks certificates, `pem_file` their files, `server_name` chooses one for a client, [`ServerTls`]
//! holds what new sessions of clients use, [`ClientTls`] what connections to other servers use.
//!
//! Secrets stay in rustls: neither `SSLKEYLOGFILE` nor the extraction of keys is enabled.

mod certificate;
mod certificate_error;
mod certificate_facts;
mod certificate_fault;
mod certificate_remarks;
mod client;
mod error;
mod key_access;
mod pem_file;
mod server;
mod server_name;
mod session;
#[cfg(test)]
pub(crate) mod test_certificates;
#[cfg(test)]
mod tests;
mod validity;

pub use certificate::Certificate;
pub use certificate_error::CertificateError;
pub use client::{ClientTls, CurrentClientTls, RootsError};
pub use error::TlsError;
pub use key_access::advice_to_restrict;
pub use server::{ServerTls, Tickets};
pub use session::{SessionFacts, TlsProgress, TlsSession};
pub use validity::{Validity, days_left};
