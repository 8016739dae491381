//! Applies the lists in files of the operator: sessions that they no longer admit are closed.

use log::info;

use super::state::peer::Peer;
use super::state::server::Server;
use crate::access_lists::AccessLists;
use crate::session::{CloseReason, Session};
use crate::settings::ListKind;
use crate::time::Time;

/// The most sessions that one turn compares with new lists: two milliseconds with the longest list of
/// patterns.
const COMPARED_PER_TURN: usize = 64;

impl Server {
    /// Uses these lists from now on. Sessions that they refuse are closed within the next turns: listeners,
    /// and for an address sources and event readers too.
    pub fn set_access_lists(&mut self, lists: AccessLists, now: Time) {
        self.access.lists = lists;
        let is_open = |session: &Session| {
            matches!(session, Session::Listener(_) | Session::Source(_) | Session::EventReader(_))
        };
        let open = self.sessions.iter().filter(|(_, entry)| is_open(&entry.session));
        let open = open.map(|(peer, _)| peer).collect();
        self.access.recheck.begin(open, now);
    }

    /// Compares some of the sessions that began with other lists.
    pub(in crate::server) fn recheck_sessions(&mut self, now: Time) {
        for peer in self.access.recheck.take(COMPARED_PER_TURN) {
            let Some(kind) = self.refusing_list(peer) else { continue };
            self.set_end_cause(peer, || format!("refused by {}", kind.key()));
            self.close_gracefully(peer, CloseReason::Banned, now);
            self.access.recheck.closed += 1;
        }
        if self.access.recheck.continue_at().is_none() {
            match std::mem::take(&mut self.access.recheck.closed) {
                0 => {}
                1 => info!("1 connection closed: the lists of addresses and programs refuse it"),
                closed => {
                    info!("{closed} connections closed: the lists of addresses and programs refuse them");
                }
            }
        }
    }

    /// Returns the kind of list that refuses an open session.
    fn refusing_list(&self, peer: Peer) -> Option<ListKind> {
        let entry = self.sessions.get(peer)?;
        let lists = &self.access.lists;
        let is_listener = matches!(entry.session, Session::Listener(_));
        let by_agent =
            || (is_listener && lists.denies_agent(&entry.info.user_agent)).then_some(ListKind::DenyAgents);
        lists.refusing_address(entry.info.address.ip()).or_else(by_agent)
    }

    /// Returns whether a peer has an address for which there is always room.
    pub(in crate::server) fn has_reserved_address(&self, peer: Peer) -> bool {
        self.sessions.address(peer).is_some_and(|address| self.access.lists.is_reserved(address.ip()))
    }
}
