//! Who is not let in, and what becomes of those who are in already.

use log::{info, warn};

use super::answer::Answer;
use super::{Entry, Peer, Server};
use crate::bans::{Ban, Banned, Bans};
use crate::http::admin::reply::{AdminRefusal, Done};
use crate::http::admin::{Needs, WhichBan};
use crate::http::request::Request;
use crate::http::request::form::Form;
use crate::http::request::route::{Route, route};
use crate::http::response::reply::NoStream;
use crate::session::{Session, Why};
use crate::time::Time;

/// Keeps bans as they are now. Must not block.
pub type BanKeeper = Box<dyn FnMut(&Bans)>;

impl Server {
    /// Begins with these bans, and has `keeper` keep them whenever they change. Before the first connection.
    pub fn keep_bans(&mut self, bans: Bans, keeper: BanKeeper) {
        (self.bans, self.ban_keeper) = (bans, Some(keeper));
    }

    /// Whether a peer's address is banned.
    pub(super) fn is_banned(&self, peer: Peer) -> bool {
        let entry = self.sessions.get(peer);
        entry.is_some_and(|entry| self.bans.has_address(entry.visit.peer.ip()))
    }

    /// What a request for anything but an operator's page is answered because of a ban. Programs are banned from streams
    /// only: others may call themselves the same. Who has the operator's password is let in.
    pub(super) fn refuse_banned(&mut self, peer: Peer, request: &Request, now: Time) -> Option<Answer> {
        let entry = self.sessions.get(peer)?;
        let by_address = self.bans.has_address(entry.visit.peer.ip());
        // What was noted of it, so that whoever is let in would not be thrown out by the same ban.
        let by_agent = self.bans.has_agent(&entry.visit.user_agent);
        if !by_address && !by_agent {
            return None;
        }
        let at = match route(request, &self.settings) {
            Route::Stream(at) => at,
            _ if by_address => 0,
            _ => return None,
        };
        let claims = request.claims(&Form::of(request, &[]));
        let is_operator = self.admitted(peer, request, &claims, Needs::Admin, now).is_ok();
        (!is_operator).then(|| self.no_stream(NoStream::Banned, at, request))
    }

    /// Bans somebody, and throws out those who are meant: listeners, and of addresses everybody.
    pub(super) fn ban(
        &mut self,
        what: &Banned,
        reason: &str,
        by: &str,
        now: Time,
    ) -> Result<Done<'static>, AdminRefusal> {
        let since = self.wall_clock.unix(now);
        self.bans.add(what.clone(), reason, since).map_err(|_| AdminRefusal::TooManyBans)?;
        info!("{:?} is banned by {by}", what.to_string());
        self.bans_changed();
        let meant: Vec<Peer> =
            self.sessions.peers().into_iter().filter(|&peer| self.is_meant(peer, what)).collect();
        meant.iter().for_each(|&peer| self.say_goodbye(peer, Why::Banned, now));
        Ok(Done::Banned { dismissed: meant.len(), is_kept: self.ban_keeper.is_some() })
    }

    fn is_meant(&self, peer: Peer, what: &Banned) -> bool {
        let Some(Entry { session, visit, .. }) = self.sessions.get(peer) else { return false };
        let is_open = match session {
            Session::Listener(_) => true,
            Session::Source(_) | Session::Events(_) => matches!(what, Banned::Network(_)),
            Session::Handshake(_) | Session::Reply(_) | Session::Relay(_) => false,
        };
        is_open && what.is(visit.peer.ip(), &visit.user_agent)
    }

    /// Lifts a ban.
    pub(super) fn unban(&mut self, which: &WhichBan, by: &str) -> Result<Done<'static>, AdminRefusal> {
        let id = match which {
            WhichBan::Id(id) => Some(*id),
            WhichBan::Any(all) => all.iter().find_map(|what| self.bans.find(what)).map(|ban| ban.id),
        };
        let lifted = id.and_then(|id| self.bans.remove(id)).ok_or(AdminRefusal::NoSuchBan)?;
        let Ban { what, .. } = lifted.as_ref();
        info!("{by} lifts the ban of {:?}", what.to_string());
        self.bans_changed();
        Ok(Done::Unbanned { is_kept: self.ban_keeper.is_some() })
    }

    fn bans_changed(&mut self) {
        match &mut self.ban_keeper {
            Some(keeper) => keeper(&self.bans),
            None => warn!("bans last until the restart: there is no state_dir to keep them in"),
        }
    }
}
