//! The interface between the server and the event loop for one connection.

use std::io::IoSlice;

use crate::time::Time;

/// One connection, for as long as it is open.
///
/// The generation distinguishes it from earlier connections with the same index, so that a late event does
/// not affect a later connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// The index in the tables of the server and of `net`.
    pub index: u32,
    /// The number of the connection, counted since the server's start. Never zero.
    pub generation: u32,
}

/// The sockets that the server writes to.
pub trait Wire {
    /// Writes as much of `pieces` as the socket takes and returns the number of bytes. If it did not take
    /// all, [`Server::writable`](crate::server::Server::writable) must be called when there is room again.
    ///
    /// # Errors
    /// [`ConnectionLost`] when the connection is lost.
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost>;

    /// Returns the current time of the event loop's clock. Unlike the time of a turn, it advances during the
    /// turn. It limits how long optional work takes.
    fn now(&self) -> Time;

    /// Shuts the connection down for writing once everything was written.
    fn finish(&mut self, peer: Peer);

    /// Returns whether a part of what was written still waits for room in the socket. An event follows when
    /// it was sent.
    fn has_unsent(&mut self, peer: Peer) -> bool;
}

/// The connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLost;
