//! A queue of deadlines with one timeout for all.

use std::collections::VecDeque;
use std::time::Duration;

use super::peer::Peer;
use crate::time::Time;

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

    /// Returns the first peers, at most `count`, that still matter. The others among them are dropped.
    pub fn first(&mut self, count: usize, still_matters: impl Fn(Peer) -> bool) -> Vec<Peer> {
        self.drop_obsolete_front(&still_matters);
        let mut first: Vec<_> = self.queue.drain(..count.min(self.queue.len())).collect();
        first.retain(|&(_, peer)| still_matters(peer));
        first.iter().rev().for_each(|&entry| self.queue.push_front(entry));
        first.into_iter().map(|(_, peer)| peer).collect()
    }

    /// Returns the earliest deadline.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.front().map(|&(deadline, _)| deadline)
    }
}
