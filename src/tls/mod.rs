//! TLS: certificates, and sessions that turn bytes from a socket into plaintext and back.
//!
//! The only module that names rustls. It knows no socket, no event loop and no peer. A [`TlsSession`] gets the
//! bytes that were received, and writes those to send into any [`std::io::Write`]. `certificate` reads and
//! checks certificate files, `server_name` chooses one for a client, [`ServerTls`] holds what new sessions
//! of clients use, [`ClientTls`] what connections to other servers use.
//!
//! Secrets stay in rustls: neither `SSLKEYLOGFILE` nor the extraction of keys is enabled.

mod certificate;
mod certificate_fault;
mod client;
mod error;
mod server;
mod server_name;
mod session;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, CertificateError};
pub use client::{ClientTls, CurrentClientTls, RootsError};
pub use error::TlsError;
pub use server::{ServerTls, Tickets};
pub use session::{SessionFacts, TlsProgress, TlsSession};
