//! How the server and the event loop speak of a connection.

use std::io::IoSlice;

/// One connection, for as long as it is open.
///
/// The generation tells it from earlier connections in the same place, so that an event that arrives late affects none of
/// the later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Its place in the tables of the server and of `net`.
    pub index: u32,
    /// The number of connections that the server had taken when this one came, itself included. Never zero.
    pub generation: u32,
}

/// The sockets, as far as the server writes to them.
pub trait Wire {
    /// Writes as much of `pieces` as the socket takes and returns how many bytes that was. If it was not all of them,
    /// [`Server::writable`](crate::server::Server::writable) must be called when there is room again.
    ///
    /// # Errors
    /// [`Disconnected`] when the connection is lost.
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost>;

    /// Shuts the connection down for writing, after all that was written.
    fn finish(&mut self, peer: Peer);
}

/// The connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLost;
