//! What the probe needs of the system: connections that block, and a clock.

use serde::Serialize;

use crate::stream_url::StreamUrl;
use crate::time::Time;

/// Connections and a clock.
pub trait Network {
    /// A connection.
    type Connection: StreamConnection;

    /// Returns the time.
    fn now(&self) -> Time;

    /// Connects to the server of this URL, with TLS if the URL says so. Blocks until `deadline` at most.
    ///
    /// # Errors
    /// Why there is no connection.
    fn connect(&self, url: &StreamUrl, deadline: Time)
    -> Result<Connected<Self::Connection>, ConnectFailure>;
}

/// A connection to a server.
pub trait StreamConnection {
    /// Sends everything.
    ///
    /// # Errors
    /// Why it cannot, as the rest of a sentence.
    fn send(&mut self, bytes: &[u8], deadline: Time) -> Result<(), String>;

    /// Waits for bytes until `deadline`, and appends those that have arrived to `out`.
    fn receive(&mut self, deadline: Time, out: &mut Vec<u8>) -> ReceiveOutcome;
}

/// A new connection.
pub struct Connected<C> {
    /// The connection.
    pub connection: C,
    /// The address of the server.
    pub address: String,
    /// What the TLS handshake has agreed on; `None` without TLS.
    pub tls: Option<TlsSummary>,
}

/// What a TLS handshake has agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TlsSummary {
    /// The version, such as `TLS 1.3`.
    pub version: &'static str,
    /// For how many whole days the certificate of the server is still valid.
    pub certificate_days_left: Option<i64>,
}

/// Why there is no connection, as the rest of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFailure {
    /// There is no address, or none accepts the connection.
    Unreachable(String),
    /// The TLS handshake failed.
    Tls(String),
}

/// The result of waiting for bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiveOutcome {
    /// Some bytes, or a part of a TLS record.
    Bytes,
    /// The server has closed the connection.
    Ended,
    /// Nothing until the deadline.
    TimedOut,
    /// The connection is lost, for this reason.
    Lost(String),
}
