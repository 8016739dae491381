//! What an administrator can have done to sources, tracks, relays and statistics.

use log::info;

use super::authorize::{Granted, Right};
use crate::http::admin::reply::{AdminRefusal, Done};
use crate::http::request::which::Which;
use crate::http::source::update::TitleUpdate;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::upstream::State;
use crate::session::Why;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    pub(super) fn update_title(
        &mut self,
        key: StationKey,
        update: &TitleUpdate,
        granted: &Granted,
        now: Time,
    ) -> Done<'static> {
        let settings = self.stations[key].settings();
        let mut title = update.title(settings.sources.charset.as_deref());
        title.set_by = Some(granted.user.clone());
        info!("{}: title {:?} set by {}", settings.mount, title.text, granted.who());
        // An administrator may also set the title of the AutoDJ's track.
        if !(matches!(granted.right, Right::Admin) && self.retitle(key, &title, now)) {
            self.set_title(key, title, now);
        }
        Done::TitleUpdated
    }

    /// Has the next track begin, if the AutoDJ is on air.
    pub(super) fn skip_track(
        &mut self,
        key: StationKey,
        granted: &Granted,
        now: Time,
    ) -> Result<Done<'static>, AdminRefusal> {
        // What is due until now is still of the track that is skipped.
        self.advance(key, now);
        let channel = &mut self.stations[key];
        let title = channel.station.title().to_owned();
        if !channel.station.skip_track() {
            return Err(AdminRefusal::NoTrack);
        }
        info!("{}: track {title:?} skipped by {}", channel.settings().mount, granted.who());
        Ok(Done::TrackSkipped)
    }

    /// Disconnects a live source; what of it waits is not heard. A source may do that to itself alone.
    pub(super) fn kick_source(
        &mut self,
        key: StationKey,
        granted: &Granted,
        now: Time,
    ) -> Result<Done<'static>, AdminRefusal> {
        let channel = &self.stations[key];
        let source = channel.live.source.as_ref().ok_or(AdminRefusal::SourceNotAvailable)?;
        let is_own = matches!(&granted.right, Right::Source(who) if who.user == source.who.user);
        if !is_own && !matches!(granted.right, Right::Admin) {
            return Err(AdminRefusal::SourceNotAvailable);
        }
        let (peer, user) = (source.producer.peer, &source.who.user);
        info!("{}: live source {user} disconnected by {}", channel.settings().mount, granted.who());
        self.close_session(peer, Why::Kicked, now);
        Ok(Done::SourceRemoved)
    }

    /// Disconnects all live sources.
    pub(super) fn kick_sources(&mut self, granted: &Granted, now: Time) -> Done<'static> {
        let sources = self.stations.iter().filter_map(|(_, channel)| channel.live.source.as_ref());
        let peers: Vec<Peer> = sources.map(|source| source.producer.peer).collect();
        info!("live sources disconnected by {}: {}", granted.who(), peers.len());
        peers.iter().for_each(|&peer| self.close_session(peer, Why::Kicked, now));
        Done::SourcesRemoved(peers.len())
    }

    /// Sets peaks and totals of listeners back: of the station that is named, or of all.
    pub(super) fn reset_statistics(
        &mut self,
        which: &Which,
        now: Time,
    ) -> Result<Done<'static>, AdminRefusal> {
        match which {
            Which::Lowest => {
                self.stations.iter_mut().for_each(|channel| channel.audience.reset(now));
                (self.stats.peak, self.stats.removed_hits) = (self.counted_listeners(), 0);
            }
            named => {
                let key = self.stations.find(named).ok_or(AdminRefusal::NoSuchSource)?;
                self.stations[key].audience.reset(now);
            }
        }
        self.views.pages.forget();
        Ok(Done::StatisticsReset)
    }

    pub(super) fn reopen_log(&self) -> Result<Done<'static>, AdminRefusal> {
        let open = self.hooks.reopen_log.as_ref().ok_or(AdminRefusal::NotHere("there is no access log"))?;
        open();
        Ok(Done::LogReopened)
    }

    /// Has upstreams asked now that would be asked later.
    pub(super) fn start_relays(&mut self, now: Time) -> Done<'static> {
        let upstreams = self.stations.iter_mut().filter_map(|channel| channel.upstream.as_mut());
        let resting = upstreams.filter(|it| matches!(it.state, State::Resting(at) if at > now));
        Done::RelaysStarted(resting.map(|upstream| upstream.state = State::Resting(now)).count())
    }
}
