//! The sessions that began when other lists were in force, while they are compared with the new ones.

use crate::server::state::peer::Peer;
use crate::time::Time;

/// The sessions that are still to be compared. A long list of patterns and twenty thousand listeners take too
/// long for one turn of the event loop.
#[derive(Debug, Default)]
pub struct Recheck {
    pending: Vec<Peer>,
    since: Time,
    /// The sessions that were closed so far.
    pub closed: usize,
}

impl Recheck {
    /// Begins with these sessions. What an earlier comparison has left is among them.
    pub fn begin(&mut self, sessions: Vec<Peer>, now: Time) {
        (self.pending, self.since) = (sessions, now);
    }

    /// Takes at most `max` of the sessions.
    pub fn take(&mut self, max: usize) -> Vec<Peer> {
        self.pending.split_off(self.pending.len().saturating_sub(max))
    }

    /// Returns when to continue; `None` if all sessions were compared.
    pub fn continue_at(&self) -> Option<Time> {
        (!self.pending.is_empty()).then_some(self.since)
    }
}
