//! Keeps the memory that clients hold within its budget: clients that hold much of it for long give way.

use super::state::peer::Peer;
use super::state::server::Server;
use crate::http::response::reply;
use crate::memory_budget::{BudgetExceeded, Charge};
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;

impl Server {
    /// Returns how many bytes of the memory budget are in use.
    pub fn request_memory(&self) -> usize {
        self.memory.budget.used()
    }

    /// Drops the pages and pictures that are kept for further requests.
    pub fn clear_caches(&mut self) {
        self.views.invalidate();
        self.views.pages.drop_pictures();
        self.views.artwork.clear();
    }

    /// Charges the incomplete request of a client. If there is no room even after others have given way, the
    /// client is answered 503.
    pub(super) fn charge_request(&mut self, peer: Peer, now: Time) {
        loop {
            let Some(Session::Handshake(handshake)) =
                self.sessions.get_mut(peer).map(|entry| &mut entry.session)
            else {
                return;
            };
            let before = handshake.charged();
            if handshake.charge_to(&self.memory.budget).is_ok() {
                let is_new_holder = before == 0 && handshake.charged() > 0;
                return if is_new_holder {
                    self.note_holder(peer)
                };
            }
            if !self.free_memory(now) {
                return self.refuse_for_memory(peer, now);
            }
        }
    }

    /// Charges `bytes` to the budget. Others give way if necessary.
    ///
    /// # Errors
    /// If there is no room even then.
    pub(super) fn charge(&mut self, bytes: usize, now: Time) -> Result<Charge, BudgetExceeded> {
        loop {
            match self.memory.budget.charge(bytes) {
                Err(BudgetExceeded) if self.free_memory(now) => {}
                result => return result,
            }
        }
    }

    /// Answers a client that there is no memory for its request or the response.
    pub(super) fn refuse_for_memory(&mut self, peer: Peer, now: Time) {
        let reply = Reply::new(reply::overloaded(), CloseReason::MemoryLimit);
        self.become_reply(peer, reply, now);
    }

    /// Adds a client to the list of those that hold memory.
    pub(super) fn note_holder(&mut self, peer: Peer) {
        let Self { memory, sessions, .. } = self;
        let holds = |peer| sessions.get(peer).is_some_and(|entry| entry.session.charged() > 0);
        memory.note_holder(peer, sessions.len(), holds);
    }

    /// Makes a client give way that has held memory for long and much of it; without such a client, drops the
    /// pages and pictures that are kept for further requests. Returns whether there was anything to free.
    fn free_memory(&mut self, now: Time) -> bool {
        let Self { memory, sessions, .. } = self;
        let held = |peer| sessions.get(peer).map_or(0, |entry| entry.session.charged());
        let Some(peer) = memory.pop_holder(held) else {
            let used = self.memory.budget.used();
            self.clear_caches();
            return self.memory.budget.used() < used;
        };
        match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Handshake(_)) => self.refuse_for_memory(peer, now),
            _ => self.close_session(peer, CloseReason::MemoryLimit, now),
        }
        true
    }
}
