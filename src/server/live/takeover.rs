//! Logins of the user that is live: they wait until it is known whether the connection of the live source is
//! dead.
//!
//! An encoder that was interrupted reconnects before the server notices the loss, and is admitted. A second
//! encoder with the same account is refused, because the first one still sends. The difference shows within
//! about a second, and the login gets its reply then.

use log::warn;

use crate::log_limiter::excerpt;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::live_slot::LiveSource;
use crate::server::state::waiting_takeover::WaitingTakeover;
use crate::session::{LoginMessage, PendingLogin, Session, SourceUser};
use crate::station::StationKey;
use crate::time::Time;

/// The most logins that wait for a live source, for all stations together. Further ones are refused at once.
const WAITING_TAKEOVERS_MAX: usize = 100;

impl Server {
    /// Lets a login wait for the live source of its user.
    pub(super) fn wait_for_source(
        &mut self,
        peer: Peer,
        station: StationKey,
        message: LoginMessage,
        rest: &[u8],
        now: Time,
    ) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let login = PendingLogin { message, rest: rest.to_vec(), has_waited_for_source: false };
        entry.session = Session::Login(Box::new(login));
        self.takeovers.push(WaitingTakeover { peer, station, since: now });
    }

    /// Returns whether a login may wait for the live source of its user: it has not waited yet.
    pub(super) fn may_wait_for_source(&self, peer: Peer) -> bool {
        let has_waited = match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Login(login)) => login.has_waited_for_source,
            Some(Session::Handshake(_)) => false,
            _ => true,
        };
        !has_waited && self.takeovers.len() < WAITING_TAKEOVERS_MAX
    }

    /// Continues the logins for which it is known whether the live source is dead. Must be called after all
    /// that has arrived in this turn was read: after a stop of the process, audio of the live source waits.
    pub(in crate::server) fn resume_takeovers(&mut self, now: Time) {
        let mut waiting = std::mem::take(&mut self.takeovers);
        waiting.retain(|takeover| {
            let is_decided = self.takeover_time(takeover).is_none_or(|at| at <= now);
            if is_decided {
                self.resume_takeover(takeover.peer, now);
            }
            !is_decided
        });
        self.takeovers.append(&mut waiting);
    }

    fn resume_takeover(&mut self, peer: Peer, now: Time) {
        if let Some(SessionEntry { session: Session::Login(login), .. }) = self.sessions.get_mut(peer) {
            login.has_waited_for_source = true;
            self.resume_login(peer, now);
        }
    }

    /// Returns when a waiting login is continued if nothing happens before; `None` if it is decided.
    fn takeover_time(&self, takeover: &WaitingTakeover) -> Option<Time> {
        let live = self.stations.get(takeover.station)?.live.source.as_ref()?;
        if live.producer.has_sent_since(takeover.since) { None } else { live.producer.dead_from() }
    }

    /// Returns when the next waiting login is continued if nothing happens before.
    pub(in crate::server) fn next_takeover(&self) -> Option<Time> {
        self.takeovers.iter().map(|it| self.takeover_time(it).unwrap_or(it.since)).min()
    }

    /// Warns that two encoders use one account, if the user that is refused is the one that is live.
    pub(super) fn warn_of_conflict(&mut self, peer: Peer, key: StationKey, user: &SourceUser, now: Time) {
        let live = self.stations[key].live.source.as_ref();
        let Some(LiveSource { producer, .. }) = live.filter(|live| live.user.name == user.name) else {
            return;
        };
        let [Some(live), Some(refused)] = [producer.peer, peer].map(|peer| self.address_and_program(peer))
        else {
            return;
        };
        // It may be closed: the end of a connection is not read before the rest.
        let is_paused = producer.is_read_paused(producer.peer);
        let channel = &mut self.stations[key];
        if channel.live.conflict_warnings.admit(now) {
            let (mount, user) = (&channel.settings().mount, &user.name);
            let reason = if is_paused {
                format!("the account {user} is in use: what {live} has sent ahead is still played")
            } else {
                format!("two encoders use the account {user}: {live} is live and sends")
            };
            warn!("{mount}: {reason}, {refused} is refused");
        }
    }

    /// Returns the address and the program of a client, for the log.
    pub(super) fn address_and_program(&self, peer: Peer) -> Option<String> {
        let info = &self.sessions.get(peer)?.info;
        let program = excerpt(&info.user_agent);
        Some(match program {
            "" => info.address.to_string(),
            program => format!("{} ({program:?})", info.address),
        })
    }
}
