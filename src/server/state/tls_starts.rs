//! The clients that begin TLS. The event loop starts their sessions.

use super::peer::Peer;

/// A client that begins TLS on its connection.
#[derive(Debug)]
pub struct TlsStart {
    /// The client.
    pub peer: Peer,
    /// What the client is sent before, without TLS; empty for nothing.
    pub reply: Vec<u8>,
    /// What the client is sent over TLS as soon as the handshake is complete; empty for nothing.
    pub response: Vec<u8>,
    /// The first bytes of its handshake, as far as they were received.
    pub received: Vec<u8>,
}

/// The clients that begin TLS.
#[derive(Debug, Default)]
pub struct TlsStarts {
    /// Whether the server has certificates.
    pub is_offered: bool,
    pub waiting: Vec<TlsStart>,
}
