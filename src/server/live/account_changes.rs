//! Applies changed settings of stations to their live sources, to sources that are about to go live, and to
//! upstreams.

use std::collections::HashMap;

use super::live_stream::start_recorder;
use crate::http::source::reply::SourceRefusal;
use crate::server::state::access::accounts::current_user;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, Reply, Session};
use crate::settings::StationSettings;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Applies the settings of these stations, which were `before`, to all that send them audio.
    pub(in crate::server) fn apply_to_senders(
        &mut self,
        before: &HashMap<StationKey, StationSettings>,
        now: Time,
    ) {
        let station = |entry: &SessionEntry| match &entry.session {
            Session::Source(source) => Some(source.station),
            Session::Relay(relay) => Some(relay.station),
            _ => None,
        };
        let senders = self.sessions.iter().filter_map(|(peer, entry)| Some((peer, station(entry)?)));
        let concerned: Vec<_> = senders.filter(|(_, key)| before.contains_key(key)).collect();
        for (peer, key) in concerned {
            self.apply_charset(peer, key);
            self.apply_accounts(peer, key, now);
        }
        before.iter().for_each(|(&key, before)| self.apply_recording(key, before, now));
    }

    /// Applies the encoding of titles to a connection that sends audio.
    pub(super) fn apply_charset(&mut self, peer: Peer, key: StationKey) {
        let charset = self.stations[key].charset();
        match self.sessions.get_mut(peer).map(|entry| &mut entry.session) {
            Some(Session::Source(source)) => source.set_charset(charset),
            Some(Session::Relay(relay)) => relay.set_charset(charset),
            _ => {}
        }
    }

    /// Gives a source the priority that its account has now, or removes it if the account is gone.
    fn apply_accounts(&mut self, peer: Peer, key: StationKey, now: Time) {
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        let channel = &mut self.stations[key];
        match current_user(&channel.settings().sources, &source.user) {
            Some(user) => {
                let live = channel.live.source.as_mut().filter(|live| live.producer.peer == peer);
                live.into_iter().for_each(|live| live.user = user.clone());
                source.user = user;
            }
            // The station exists only for its source.
            None if channel.is_unlisted() => {}
            None => self.remove_source_without_account(peer, key, now),
        }
    }

    /// Closes a source. If its reply was not sent yet, it gets the reason instead.
    pub(super) fn remove_source_without_account(&mut self, peer: Peer, key: StationKey, now: Time) {
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        let (user, refusal, is_pending) =
            (source.user.clone(), SourceRefusal::AccountRemoved, source.pending_feed.is_some());
        let reply = source.refusal_instead_of_reply(refusal.clone().reply());
        if is_pending {
            self.log_refused(peer, key, &user, &refusal, now);
        }
        self.set_end_cause(peer, || "its account was removed".to_owned());
        let Some((sent, bytes)) = reply else {
            return self.close_session(peer, CloseReason::AccountRemoved, now);
        };
        self.live_source_ended(peer, key, CloseReason::AccountRemoved, now);
        self.become_reply(peer, Reply::remainder(403, sent, bytes, CloseReason::AccountRemoved), now);
    }

    /// Ends the recording of a live source if its station records to another place now, and begins one there.
    fn apply_recording(&mut self, key: StationKey, before: &StationSettings, now: Time) {
        let channel = &mut self.stations[key];
        if before.record == channel.settings().record {
            return;
        }
        let Some(live) = &channel.live.source else { return };
        let (user, title, peer) = (live.user.name.clone(), live.producer.title.clone(), live.producer.peer);
        let Some(SessionEntry { session: Session::Source(source), .. }) = self.sessions.get(peer) else {
            return;
        };
        let recorder = start_recorder(&mut self.hooks.recorder, channel, &user, source.codec(), now);
        let feed = channel.station.feed_mut(channel.live.feed);
        feed.replace_recording(recorder, title.as_ref());
    }
}
