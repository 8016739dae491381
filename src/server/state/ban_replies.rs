//! Responses about bans that wait until the change is on disk.

use super::peer::Peer;
use crate::bans::StoreResult;
use crate::http::admin::reply::AdminOutcome;
use crate::http::admin::{AdminFormat, Persistence};

/// The waiting responses. Only administrators cause any, and a connection has one at most.
#[derive(Debug, Default)]
pub struct BanReplies {
    waiting: Vec<WaitingReply>,
    /// The version of the bans that was given to the store last.
    pub latest_version: u64,
}

/// A response that waits.
#[derive(Debug)]
struct WaitingReply {
    peer: Peer,
    /// The version of the bans that has to be stored.
    version: u64,
    outcome: AdminOutcome<'static>,
    format: AdminFormat,
}

impl BanReplies {
    /// Adds a response that waits until the latest version is stored.
    pub fn add(&mut self, peer: Peer, outcome: AdminOutcome<'static>, format: AdminFormat) {
        self.waiting.push(WaitingReply { peer, version: self.latest_version, outcome, format });
    }

    /// Makes all waiting responses wait until this version is stored, which contains their changes: the first
    /// one of another store.
    pub fn move_to(&mut self, version: u64) {
        self.latest_version = version;
        self.waiting.iter_mut().for_each(|reply| reply.version = version);
    }

    /// Removes and renders all responses, because there is no store any more.
    pub fn take_all_unstored(&mut self) -> Vec<(Peer, Vec<u8>)> {
        let waiting = self.waiting.drain(..);
        waiting.map(|reply| (reply.peer, reply.render(Persistence::NoStateDir))).collect()
    }

    /// Removes the responses of peers for which `still_waits` is false.
    pub fn retain(&mut self, still_waits: impl Fn(Peer) -> bool) {
        self.waiting.retain(|reply| still_waits(reply.peer));
    }

    /// Removes and renders the responses that this result completes.
    pub fn take_completed(&mut self, result: StoreResult) -> Vec<(Peer, Vec<u8>)> {
        let persistence = if result.is_saved { Persistence::Saved } else { Persistence::Failed };
        let completed = self.waiting.extract_if(.., |reply| reply.version <= result.version);
        completed.map(|reply| (reply.peer, reply.render(persistence))).collect()
    }

    /// Removes and renders the response of a peer that has waited for too long.
    pub fn take_overdue(&mut self, peer: Peer) -> Option<Vec<u8>> {
        let at = self.waiting.iter().position(|reply| reply.peer == peer)?;
        Some(self.waiting.swap_remove(at).render(Persistence::Pending))
    }
}

impl WaitingReply {
    fn render(&self, persistence: Persistence) -> Vec<u8> {
        self.outcome.with_persistence(persistence).reply(self.format)
    }
}
