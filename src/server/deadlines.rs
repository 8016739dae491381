//! Deadlines that all lie the same time ahead.

use std::collections::VecDeque;
use std::time::Duration;

use super::Peer;
use crate::time::Time;

/// Peers in the order in which their time is up. As everyone is given the same time, that is the order in which they
/// were added, and a queue does for a timer.
#[derive(Debug)]
pub struct Deadlines {
    allowed: Duration,
    queue: VecDeque<(Time, Peer)>,
}

impl Deadlines {
    /// Gives everyone `allowed`.
    pub fn new(allowed: Duration) -> Self {
        Self { allowed, queue: VecDeque::new() }
    }

    /// Starts the time of `peer`.
    pub fn add(&mut self, peer: Peer, now: Time) {
        self.queue.push_back((now + self.allowed, peer));
    }

    /// Forgets those whose turn is next but of whom it no longer matters, so that nobody wakes for them.
    pub fn forget_first(&mut self, matters: impl Fn(Peer) -> bool) {
        while self.queue.pop_front_if(|&mut (_, peer)| !matters(peer)).is_some() {}
    }

    /// The next peer whose time is up. He may long have gone on to something else.
    pub fn pop_due(&mut self, now: Time) -> Option<Peer> {
        self.queue.pop_front_if(|&mut (due, _)| due <= now).map(|(_, peer)| peer)
    }

    /// When the next one's time is up.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.front().map(|&(due, _)| due)
    }
}
