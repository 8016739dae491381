//! The order in which the TLS handshakes of peers continue.

use std::collections::VecDeque;
use std::time::Duration;

use crate::server::Peer;
use crate::time::Time;

/// How long the first new handshake may wait before more new ones are refused. They would wait as long, and
/// most clients give up after ten seconds or more: without a bound, the work would be done for those that are
/// about to leave.
const FULL_AFTER: Duration = Duration::from_secs(8);

/// The handshakes with work to do. Those that have begun come first: their clients have been sent something,
/// and the work for it would be lost if they left. Within each queue, the order is that of arrival.
#[derive(Debug, Default)]
pub struct HandshakeQueue {
    begun: VecDeque<QueuedHandshake>,
    new: VecDeque<QueuedHandshake>,
    /// How many of both are wanted.
    waiting: usize,
}

/// A handshake with work to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuedHandshake {
    /// The peer. It may have disconnected.
    pub peer: Peer,
    /// Whether nothing was done for it yet.
    pub is_new: bool,
    /// Since when it waits.
    pub since: Time,
}

impl HandshakeQueue {
    /// Adds a handshake.
    pub fn add(&mut self, handshake: QueuedHandshake) {
        let queue = if handshake.is_new { &mut self.new } else { &mut self.begun };
        queue.push_back(handshake);
        self.waiting += 1;
    }

    /// Notes that one of the handshakes is not wanted any more.
    pub fn note_left(&mut self) {
        self.waiting -= 1;
    }

    /// Removes the next handshake that is wanted.
    pub fn next(&mut self, is_wanted: impl Fn(Peer) -> bool) -> Option<QueuedHandshake> {
        self.drop_unwanted_front(is_wanted);
        let next = self.begun.pop_front().or_else(|| self.new.pop_front())?;
        self.waiting -= 1;
        Some(next)
    }

    /// Drops handshakes from the front that are not wanted.
    pub fn drop_unwanted_front(&mut self, is_wanted: impl Fn(Peer) -> bool) {
        for queue in [&mut self.begun, &mut self.new] {
            while queue.pop_front_if(|handshake| !is_wanted(handshake.peer)).is_some() {}
        }
    }

    /// Returns the number of handshakes that wait.
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Returns how long the first handshake has waited.
    pub fn longest_wait(&self, now: Time) -> Duration {
        let first = [&self.begun, &self.new].into_iter().filter_map(VecDeque::front);
        first.map(|handshake| now.since(handshake.since)).max().unwrap_or_default()
    }

    /// Returns whether new handshakes are to be refused.
    pub fn is_full(&self, now: Time) -> bool {
        self.new.front().is_some_and(|first| now.since(first.since) >= FULL_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(index: u32, is_new: bool) -> QueuedHandshake {
        QueuedHandshake { peer: Peer { index, generation: 1 }, is_new, since: Time::START }
    }

    #[test]
    fn begun_handshakes_come_before_new_ones_in_their_order() {
        let mut queue = HandshakeQueue::default();
        for (index, is_new) in [(0, true), (1, false), (2, true), (3, false)] {
            queue.add(handshake(index, is_new));
        }
        assert_eq!(queue.len(), 4);
        let order: Vec<u32> = std::iter::from_fn(|| queue.next(|_| true)).map(|it| it.peer.index).collect();
        assert_eq!((order, queue.len()), (vec![1, 3, 0, 2], 0));
    }

    #[test]
    fn disconnected_peers_are_skipped_and_not_counted() {
        let mut queue = HandshakeQueue::default();
        (0..3).for_each(|index| queue.add(handshake(index, true)));
        queue.note_left();
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.next(|peer| peer.index != 0).map(|it| it.peer.index), Some(1));
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn queue_is_full_when_the_first_new_handshake_has_waited_long() {
        let mut queue = HandshakeQueue::default();
        queue.add(handshake(0, false));
        assert!(!queue.is_full(Time::START + 2 * FULL_AFTER));
        queue.add(handshake(1, true));
        assert!(!queue.is_full(Time::START + FULL_AFTER / 2));
        assert!(queue.is_full(Time::START + FULL_AFTER));
        assert_eq!(queue.longest_wait(Time::START + FULL_AFTER), FULL_AFTER);
    }
}
