//! A queue of deadlines with one timeout for all.

use std::collections::VecDeque;
use std::time::Duration;

use super::peer::Peer;
use crate::time::Time;

/// The most peers among which [`Deadlines::first`] searches. It takes some 20 µs.
const SCANNED_MAX: usize = 1024;

/// Peers in the order of their deadlines. All have the same timeout, so this is the order in which they were
/// added.
#[derive(Debug)]
pub struct Deadlines {
    timeout: Duration,
    queue: VecDeque<(Time, Peer)>,
}

impl Deadlines {
    /// Creates a queue in which every peer has this timeout.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, queue: VecDeque::new() }
    }

    /// Returns the timeout.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sets the timeout of the peers that are added from now on. A shorter one begins to apply when those
    /// that were added before are gone.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Starts the timeout of `peer`.
    pub fn add(&mut self, peer: Peer, now: Time) {
        self.queue.push_back((now + self.timeout, peer));
    }

    /// Drops peers from the front that no longer matter, so that the event loop does not wake up for them.
    pub fn drop_obsolete_front(&mut self, still_matters: impl Fn(Peer) -> bool) {
        while self.queue.pop_front_if(|&mut (_, peer)| !still_matters(peer)).is_some() {}
    }

    /// Moves all deadlines before `until` to that time.
    pub fn postpone(&mut self, until: Time) {
        let early = self.queue.iter_mut().take_while(|(deadline, _)| *deadline < until);
        early.for_each(|(deadline, _)| *deadline = until);
    }

    /// Returns the next peer whose deadline has passed. Its session may have changed its state since it was
    /// added.
    pub fn pop_due(&mut self, now: Time) -> Option<Peer> {
        self.queue.pop_front_if(|&mut (deadline, _)| deadline <= now).map(|(_, peer)| peer)
    }

    /// Returns the first peers that are wanted, at most `count`, among the first `SCANNED_MAX`. Drops those
    /// that no longer matter.
    pub fn first(
        &mut self,
        count: usize,
        still_matters: impl Fn(Peer) -> bool,
        is_wanted: impl Fn(Peer) -> bool,
    ) -> Vec<Peer> {
        let found = self.search(count * 2, count, &still_matters, &is_wanted);
        // Rarely, those in front are not wanted.
        if found.is_empty() { self.search(SCANNED_MAX, count, &still_matters, &is_wanted) } else { found }
    }

    fn search(
        &mut self,
        scanned: usize,
        count: usize,
        still_matters: &impl Fn(Peer) -> bool,
        is_wanted: &impl Fn(Peer) -> bool,
    ) -> Vec<Peer> {
        let mut front: Vec<_> = self.queue.drain(..scanned.min(self.queue.len())).collect();
        front.retain(|&(_, peer)| still_matters(peer));
        let found = front.iter().map(|&(_, peer)| peer).filter(|&peer| is_wanted(peer)).take(count).collect();
        front.into_iter().rev().for_each(|entry| self.queue.push_front(entry));
        found
    }

    /// Returns the earliest deadline.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.front().map(|&(deadline, _)| deadline)
    }
}
