//! The listeners of a silent station that hear its fallback meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::server::state::peer::Peer;
use crate::time::Time;

/// How long a station must have a programme before its listeners return: a source that comes and goes must
/// not move them each time.
pub const RETURN_AFTER: Duration = Duration::from_secs(5);

/// Listeners that return to their station. None of them has left.
#[derive(Debug, Default)]
pub struct LentListeners {
    listeners: BTreeSet<Peer>,
    /// Since when the station has a programme again.
    playing_since: Option<Time>,
}

impl LentListeners {
    /// Adds a listener.
    pub fn add(&mut self, peer: Peer) {
        self.listeners.insert(peer);
    }

    /// Removes a listener that has left, or does not return.
    pub fn remove(&mut self, peer: Peer) {
        self.listeners.remove(&peer);
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Returns whether the listeners return now. `is_silent` is whether the station has no programme.
    pub fn is_return_due(&mut self, is_silent: bool, now: Time) -> bool {
        if self.listeners.is_empty() || is_silent {
            self.playing_since = None;
            return false;
        }
        now.since(*self.playing_since.get_or_insert(now)) >= RETURN_AFTER
    }

    /// Takes all listeners.
    pub fn take(&mut self) -> BTreeSet<Peer> {
        std::mem::take(self).listeners
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn listeners_return_after_an_uninterrupted_programme() {
        let mut lent = LentListeners::default();
        assert!(!lent.is_return_due(false, at(0)), "there are none");
        lent.add(Peer { index: 1, generation: 1 });
        let due = [(0, true), (1, false), (5, false), (6, true), (7, false), (11, false), (12, false)];
        let due = due.map(|(second, is_silent)| lent.is_return_due(is_silent, at(second)));
        assert_eq!(due, [false, false, false, false, false, false, true]);
        assert_eq!(lent.take().len(), 1);
        assert!(!lent.is_return_due(false, at(100)));
    }
}
