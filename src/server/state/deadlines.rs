//! Deadlines that all lie the same time ahead.

use std::collections::VecDeque;
use std::time::Duration;

use super::peer::Peer;
use crate::time::Time;

/// Peers in the order in which their time is up. As all are given the same time, that is the order in which they were
/// added, and a queue is all that a timer needs.
#[derive(Debug)]
pub struct Deadlines {
    allowed: Duration,
    queue: VecDeque<(Time, Peer)>,
}

impl Deadlines {
    /// Gives every peer `allowed`.
    pub fn new(allowed: Duration) -> Self {
        Self { allowed, queue: VecDeque::new() }
    }

    /// Starts the time of `peer`.
    pub fn add(&mut self, peer: Peer, now: Time) {
        self.queue.push_back((now + self.allowed, peer));
    }

    /// Drops peers from the front that no longer matter, so that the loop does not wake for them.
    pub fn drop_obsolete_front(&mut self, matters: impl Fn(Peer) -> bool) {
        while self.queue.pop_front_if(|&mut (_, peer)| !matters(peer)).is_some() {}
    }

    /// The next peer whose time is up. It may long be in another state.
    pub fn pop_due(&mut self, now: Time) -> Option<Peer> {
        self.queue.pop_front_if(|&mut (due, _)| due <= now).map(|(_, peer)| peer)
    }

    /// When the time of the first is up.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.front().map(|&(due, _)| due)
    }
}
