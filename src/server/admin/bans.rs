//! Bans: refuses banned clients, and disconnects those that are connected.

use log::{info, warn};

use super::authorize::Authorization;
use crate::bans::{Ban, BanTarget};
use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::admin::{AdminFormat, BanRef, Persistence, RequiredAccess};
use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::StreamRefusal;
use crate::router::Route;
use crate::server::logins::LoginError;
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;

impl Server {
    /// Returns whether a peer's address is refused, because of a ban or a list.
    pub(in crate::server) fn is_banned(&self, peer: Peer) -> bool {
        self.sessions.address(peer).is_some_and(|address| self.access.refuses_address(address.ip()))
    }

    /// Refuses a request because of a ban or a list. User agents are banned from streams only, because other
    /// programs may send the same one. A client with the admin password is admitted.
    pub(in crate::server) fn refuse_banned(
        &mut self,
        peer: Peer,
        route: &Route,
        request: &Request,
        now: Time,
    ) -> Option<RequestOutcome> {
        let entry = self.sessions.get(peer)?;
        let by_address = self.access.refuses_address(entry.info.address.ip());
        // The stored user agent, which may be truncated, is compared, as it is when a new ban disconnects
        // clients. A list also sees the complete one, because names of programs often are at the end.
        let by_agent = self.access.bans.is_agent_banned(&entry.info.user_agent)
            || self.access.lists.denies_agent(request.user_agent())
            || self.access.lists.denies_agent(&entry.info.user_agent);
        let key = match route {
            Route::Stream(key) if by_address || by_agent => Some(*key),
            _ if by_address => self.stations.find(&StationRef::Default),
            _ => return None,
        };
        let candidates = request.candidate_logins(&FormData::from_request(request, &[]));
        match self.authorize(peer, request, &candidates, RequiredAccess::Admin, now) {
            Ok(_) => None,
            Err(LoginError::MustWait) => Some(RequestOutcome::MustWait),
            Err(LoginError::Refused(_)) => Some(self.refuse_stream(StreamRefusal::Banned, key, request)),
        }
    }

    /// Adds a ban and disconnects the banned clients: listeners; for a network, sources and event readers
    /// too.
    pub(super) fn ban(
        &mut self,
        target: &BanTarget,
        reason: &str,
        authorization: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let since = self.views.clock.unix_time(now);
        self.access.bans.add(target.clone(), reason, since).map_err(|_| AdminRefusal::TooManyBans)?;
        info!("{:?} banned by {}", target.to_string(), authorization.user_and_address());
        let persistence = self.bans_changed();
        let banned = self.sessions.iter().filter(|(_, entry)| is_affected(entry, target));
        let banned: Vec<Peer> = banned.map(|(peer, _)| peer).collect();
        for &peer in &banned {
            self.set_end_cause(peer, || format!("banned by {}", authorization.user_and_address()));
            self.close_gracefully(peer, CloseReason::Banned, now);
        }
        Ok(AdminOutcome::Banned { disconnected: banned.len(), persistence })
    }

    /// Lifts a ban.
    pub(super) fn unban(
        &mut self,
        which: &BanRef,
        authorization: &Authorization,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let bans = &mut self.access.bans;
        let id = match which {
            BanRef::Id(id) => Some(*id),
            BanRef::AnyOf(all) => all.iter().find_map(|target| bans.find(target)).map(|ban| ban.id),
        };
        let lifted = id.and_then(|id| bans.remove(id)).ok_or(AdminRefusal::NoSuchBan)?;
        let Ban { target, .. } = lifted.as_ref();
        info!("ban of {:?} lifted by {}", target.to_string(), authorization.user_and_address());
        let persistence = self.bans_changed();
        Ok(AdminOutcome::Unbanned { persistence })
    }

    fn bans_changed(&mut self) -> Persistence {
        let Some(store) = &mut self.hooks.ban_store else {
            warn!("bans last until the restart: there is no state_dir to keep them in");
            return Persistence::NoStateDir;
        };
        self.access.ban_replies.latest_version = store.store(&self.access.bans);
        Persistence::Pending
    }

    /// Makes the reply about a change of the bans wait until the change is on disk.
    pub(super) fn wait_for_save(
        &mut self,
        peer: Peer,
        outcome: AdminOutcome<'static>,
        format: AdminFormat,
        now: Time,
    ) {
        let sessions = &self.sessions;
        let still_waits = |peer: Peer| sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply());
        self.access.ban_replies.retain(still_waits);
        self.access.ban_replies.add(peer, outcome, format);
        self.timers.ban_replies.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(Reply::deferred())));
    }

    /// Sends the replies about changes of the bans that were written, could not be written, or have been
    /// waiting for too long.
    pub(in crate::server) fn deliver_ban_replies(&mut self, now: Time) {
        while let Some(result) = self.hooks.ban_store.as_mut().and_then(|store| store.poll()) {
            for (peer, bytes) in self.access.ban_replies.take_completed(result) {
                self.send_deferred(peer, Reply::new(bytes, CloseReason::Answered), now);
            }
        }
        while let Some(peer) = self.timers.ban_replies.pop_due(now) {
            if let Some(bytes) = self.access.ban_replies.take_overdue(peer) {
                self.send_deferred(peer, Reply::new(bytes, CloseReason::Answered), now);
            }
        }
    }
}

fn is_affected(entry: &SessionEntry, target: &BanTarget) -> bool {
    let is_open = match entry.session {
        Session::Listener(_) => true,
        Session::Source(_) | Session::EventReader(_) => matches!(target, BanTarget::Network(_)),
        Session::Handshake(_) | Session::Login(_) | Session::Reply(_) | Session::Relay(_) => false,
    };
    is_open && target.matches(entry.info.address.ip(), &entry.info.user_agent)
}
