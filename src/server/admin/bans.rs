//! Bans: who is not admitted, and what becomes of those that are connected.

use log::{info, warn};

use super::authorize::Authorization;
use crate::bans::{Ban, BanTarget};
use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::admin::{BanRef, RequiredAccess};
use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::StreamRefusal;
use crate::router::Route;
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, Session};
use crate::time::Time;

impl Server {
    /// Whether a peer's address is banned.
    pub(in crate::server) fn is_banned(&self, peer: Peer) -> bool {
        self.sessions.address(peer).is_some_and(|address| self.access.bans.is_address_banned(address.ip()))
    }

    /// What a request gets because of a ban. Programs are banned from streams only: others may call themselves the same.
    /// A client with the admin's password is admitted.
    pub(in crate::server) fn refuse_banned(
        &mut self,
        peer: Peer,
        route: &Route,
        request: &Request,
        now: Time,
    ) -> Option<RequestOutcome> {
        let entry = self.sessions.get(peer)?;
        let by_address = self.access.bans.is_address_banned(entry.info.address.ip());
        // By what was kept of its name, so that no client is admitted that the same ban would disconnect.
        let by_agent = self.access.bans.is_agent_banned(&entry.info.user_agent);
        let key = match route {
            Route::Stream(key) if by_address || by_agent => Some(*key),
            _ if by_address => self.stations.find(&StationRef::Default),
            _ => return None,
        };
        let claims = request.candidate_logins(&FormData::from_request(request, &[]));
        let is_admin = self.authorize(peer, request, &claims, RequiredAccess::Admin, now).is_ok();
        (!is_admin).then(|| self.refuse_stream(StreamRefusal::Banned, key, request))
    }

    /// Adds a ban, and disconnects those that are meant: listeners, and of addresses all sessions.
    pub(super) fn ban(
        &mut self,
        what: &BanTarget,
        reason: &str,
        granted: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let since = self.views.clock.unix_time(now);
        self.access.bans.add(what.clone(), reason, since).map_err(|_| AdminRefusal::TooManyBans)?;
        info!("{:?} banned by {}", what.to_string(), granted.user_and_address());
        self.bans_changed();
        let meant = self.sessions.iter().filter(|(_, entry)| is_meant(entry, what));
        let meant: Vec<Peer> = meant.map(|(peer, _)| peer).collect();
        meant.iter().for_each(|&peer| self.close_gracefully(peer, CloseReason::Banned, now));
        Ok(AdminOutcome::Banned { disconnected: meant.len(), is_persistent: self.hooks.ban_store.is_some() })
    }

    /// Lifts a ban.
    pub(super) fn unban(
        &mut self,
        which: &BanRef,
        granted: &Authorization,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let bans = &mut self.access.bans;
        let id = match which {
            BanRef::Id(id) => Some(*id),
            BanRef::AnyOf(all) => all.iter().find_map(|what| bans.find(what)).map(|ban| ban.id),
        };
        let lifted = id.and_then(|id| bans.remove(id)).ok_or(AdminRefusal::NoSuchBan)?;
        let Ban { target: what, .. } = lifted.as_ref();
        info!("ban of {:?} lifted by {}", what.to_string(), granted.user_and_address());
        self.bans_changed();
        Ok(AdminOutcome::Unbanned { is_persistent: self.hooks.ban_store.is_some() })
    }

    fn bans_changed(&mut self) {
        match &mut self.hooks.ban_store {
            Some(store) => store(&self.access.bans),
            None => warn!("bans last until the restart: there is no state_dir to keep them in"),
        }
    }
}

fn is_meant(entry: &SessionEntry, what: &BanTarget) -> bool {
    let is_open = match entry.session {
        Session::Listener(_) => true,
        Session::Source(_) | Session::EventReader(_) => matches!(what, BanTarget::Network(_)),
        Session::Handshake(_) | Session::Reply(_) | Session::Relay(_) => false,
    };
    is_open && what.matches(entry.info.address.ip(), &entry.info.user_agent)
}
