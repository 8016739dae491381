//! Who counts as a listener, and how many there were.

use std::collections::HashSet;
use std::time::Duration;

use super::day::Day;
use super::{Peer, Server};
use crate::session::Session;
use crate::time::Time;

/// How long somebody listens before he counts. Players connect to look at the head, hang up and connect again; whoever
/// watches a stream's health takes its first bytes. None of them is an audience. See protocol-notes/pages.md, "Counts".
pub const COUNTED_AFTER: Duration = Duration::from_secs(1);

/// The listeners of one station who count, and what is left of those who are gone.
#[derive(Debug, Default)]
pub struct Audience {
    /// A number of listeners is the size of this and of nothing else.
    present: HashSet<Peer>,
    peak: usize,
    hits: u64,
    sent: u64,
    day: Day,
    /// How often one of them was too slow and was moved forward.
    pub skips: u64,
}

impl Audience {
    /// Somebody counts from now on.
    fn welcome(&mut self, peer: Peer) {
        self.hits += u64::from(self.present.insert(peer));
        self.peak = self.peak.max(self.present.len());
    }

    /// Somebody went who was sent so many bytes.
    pub fn leave(&mut self, peer: Peer, sent: u64) {
        self.present.remove(&peer);
        self.sent += sent;
    }

    /// Has somebody count elsewhere, if he counts here.
    pub fn hand_over(&mut self, peer: Peer, to: &mut Self) {
        if self.present.remove(&peer) {
            to.welcome(peer);
        }
    }

    /// To be called after every change of how many there are, which may have been a while ago: only then are
    /// [`samples`](Self::samples) true.
    pub fn note(&mut self, now: Time) {
        self.day.note(self.present.len(), now);
    }

    /// When each five minutes of the last 24 hours began, and the most there were in them.
    pub fn samples(&mut self, now: Time) -> Vec<(Time, u32)> {
        self.day.samples(now)
    }

    /// When there first were as many as there ever were.
    pub fn peak_at(&self) -> Option<Time> {
        self.day.peak_at()
    }

    /// The peak is what it is now, and nobody has come before.
    pub fn reset(&mut self) {
        (self.peak, self.hits) = (self.present.len(), 0);
    }

    /// Those who count.
    pub fn present(&self) -> &HashSet<Peer> {
        &self.present
    }

    /// The most there were at once.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// How many there were in all.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Bytes that those were sent who are gone.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

impl Server {
    /// Has everybody count who has listened for long enough.
    pub(super) fn count_listeners(&mut self, now: Time) {
        while let Some(peer) = self.settling.pop_due(now) {
            let session = self.entry(peer).map(|entry| &entry.session);
            if let Some(Session::Listener(listener)) = session {
                let at = usize::from(listener.station);
                self.stations[at].audience.welcome(peer);
                let present = self.stations.iter().map(|on_air| on_air.audience.present().len()).sum();
                self.peak = self.peak.max(present);
                self.stations[at].audience.note(now);
            }
        }
    }
}
