//! What new sessions of clients use: the certificates, and the keys of session tickets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::{self, Ticketer};
use rustls::server::{ProducesTickets, ResolvesServerCert};
use rustls::{ServerConfig, ServerConnection};

use super::certificate::Certificate;
use super::error::TlsError;
use super::server_name::ByServerName;
use super::session::TlsSession;

/// The protocol that is spoken inside TLS (RFC 7301). A client that offers only others, such as `h2`, is
/// refused by the alert for it.
const PROTOCOL: &[u8] = b"http/1.1";

/// The tickets that a client gets in TLS 1.3. It uses each of them once, and gets another when it does; a
/// listener has one connection. rustls' default of 2 is for browsers, which open several; without a ticket
/// they make a full handshake, which costs no more than a resumed one with ECDSA.
const TICKETS: usize = 1;

/// The keys of session tickets, with which clients resume sessions. They stay the same when certificates
/// change, and end with the process.
#[derive(Clone)]
pub struct Tickets(Arc<dyn ProducesTickets>);

/// The side of the server. A clone is cheap.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    certificates: Arc<ByServerName>,
}

impl Tickets {
    /// Creates keys, which are replaced every few hours.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn new() -> Result<Self, TlsError> {
        Ok(Self(Ticketer::new()?))
    }
}

impl ServerTls {
    /// Uses these certificates. The first one is for clients that name none of them.
    ///
    /// # Errors
    /// If rustls cannot be set up.
    pub fn new(certificates: Vec<Certificate>, tickets: &Tickets) -> Result<Self, TlsError> {
        let certificates = Arc::new(ByServerName::new(certificates));
        Ok(Self { config: configure(certificates.clone(), tickets)?, certificates })
    }

    /// Starts the session of a client.
    ///
    /// # Errors
    /// If rustls cannot create it.
    pub fn accept(&self) -> Result<TlsSession, TlsError> {
        Ok(TlsSession::new(ServerConnection::new(self.config.clone())?))
    }

    /// Returns whether clients that reach the server as `host`, in lower case and without brackets, get a
    /// certificate that is valid for this host, and `today`, in UTC since 1970-01-01. Those that reach it by
    /// an address send no name, and get the first one.
    pub fn certifies(&self, host: &str, today: Duration) -> bool {
        self.certificates.certifies(host, today)
    }
}

/// Returns the configuration of sessions with these certificates.
pub(super) fn configure(
    certificates: Arc<dyn ResolvesServerCert>,
    tickets: &Tickets,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.ticketer = tickets.0.clone();
    config.send_tls13_tickets = TICKETS;
    Ok(Arc::new(config))
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets")
    }
}
