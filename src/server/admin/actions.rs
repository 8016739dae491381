//! Admin actions on sources, tracks, relays and statistics.

use log::info;

use super::authorize::{Authorization, Permission};
use crate::http::admin::reply::{AdminOutcome, AdminRefusal};
use crate::http::request::station_ref::StationRef;
use crate::http::source::update::TitleUpdate;
use crate::log_limiter::{excerpt, log_limited};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::frame_producer::without_link_to;
use crate::server::state::station::upstream::UpstreamState;
use crate::session::CloseReason;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Sets the title of a station. As in Icecast, one that exists only while it is on air has no title
    /// before a source has logged in.
    pub(super) fn update_title(
        &mut self,
        key: StationKey,
        update: &TitleUpdate,
        authorization: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let is_admin = matches!(authorization.permission, Permission::Admin);
        // Encoders set titles as often as they like, administrators as often as necessary.
        let is_logged = is_admin || self.stations[key].station.log.titles.admit(now);
        let settings = self.stations[key].settings();
        let title = update.title(settings.sources.charset.as_deref());
        let mut title = without_link_to(&self.views.own_hosts, title);
        title.set_by = Some(authorization.user.clone());
        let (mount, text, by) = (&settings.mount, excerpt(&title.text), authorization.user_and_address());
        if !self.stations.is_present(key) && self.sources_of(key).is_empty() {
            log_limited!(is_logged, "{mount}: title {text:?} of {by} refused: it has no source");
            return Err(AdminRefusal::NoSuchSource);
        }
        log_limited!(is_logged, "{mount}: title {text:?} set by {by}");
        // Only an administrator may set the title of the AutoDJ's track.
        if !(is_admin && self.set_track_title(key, &title, now)) {
            self.set_title(key, title, now);
        }
        Ok(AdminOutcome::TitleUpdated)
    }

    /// Skips to the next track, if the AutoDJ is on air.
    pub(super) fn skip_track(
        &mut self,
        key: StationKey,
        authorization: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        // The audio that is due by now still belongs to the skipped track.
        self.advance(key, now);
        let channel = &mut self.stations[key];
        let title = channel.station.title().to_owned();
        if !channel.station.skip_track() {
            return Err(AdminRefusal::NoTrackToSkip);
        }
        info!(
            "{}: track {:?} skipped by {}",
            channel.settings().mount,
            excerpt(&title),
            authorization.user_and_address()
        );
        Ok(AdminOutcome::TrackSkipped)
    }

    /// Disconnects a live source; its buffered audio is not played. A source may disconnect only itself.
    pub(super) fn kick_source(
        &mut self,
        key: StationKey,
        authorization: &Authorization,
        now: Time,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let is_admin = matches!(authorization.permission, Permission::Admin);
        let channel = &mut self.stations[key];
        let source = channel.live.source.as_ref().ok_or(AdminRefusal::SourceNotAvailable)?;
        let is_own =
            matches!(&authorization.permission, Permission::Source(user) if user.name == source.user.name);
        if !is_own && !is_admin {
            return Err(AdminRefusal::SourceNotAvailable);
        }
        let peer = source.producer.peer;
        self.kick_live_source(peer, authorization, now);
        Ok(AdminOutcome::SourceRemoved)
    }

    /// Disconnects all live sources.
    pub(super) fn kick_sources(&mut self, authorization: &Authorization, now: Time) -> AdminOutcome<'static> {
        let sources = self.stations.iter().filter_map(|(_, channel)| channel.live.source.as_ref());
        let peers: Vec<Peer> = sources.map(|source| source.producer.peer).collect();
        info!("live sources disconnected by {}: {}", authorization.user_and_address(), peers.len());
        peers.iter().for_each(|&peer| self.kick_live_source(peer, authorization, now));
        AdminOutcome::SourcesRemoved(peers.len())
    }

    fn kick_live_source(&mut self, peer: Peer, authorization: &Authorization, now: Time) {
        self.set_end_cause(peer, || format!("kicked by {}", authorization.user_and_address()));
        self.close_session(peer, CloseReason::Kicked, now);
    }

    /// Resets the listener peaks and totals of one station, or of all.
    pub(super) fn reset_statistics(
        &mut self,
        which: &StationRef,
        now: Time,
    ) -> Result<AdminOutcome<'static>, AdminRefusal> {
        match which {
            StationRef::Default => {
                self.stations.iter_mut().for_each(|channel| channel.reset_statistics(now));
                (self.stats.peak_listeners, self.stats.removed_hits) = (self.counted_listeners(), 0);
            }
            named => {
                let key = self.named_station(named).ok_or(AdminRefusal::NoSuchSource)?;
                self.stations[key].reset_statistics(now);
            }
        }
        self.views.pages.invalidate();
        Ok(AdminOutcome::StatisticsReset)
    }

    pub(super) fn reopen_log(&self) -> Result<AdminOutcome<'static>, AdminRefusal> {
        let open =
            self.hooks.reopen_log.as_ref().ok_or(AdminRefusal::Unsupported("there is no file of a log"))?;
        open();
        Ok(AdminOutcome::LogReopened)
    }

    /// Lets all upstreams that wait for their next attempt connect now.
    pub(super) fn start_relays(&mut self, now: Time) -> AdminOutcome<'static> {
        let upstreams = self.stations.iter_mut().filter_map(|channel| channel.upstream.as_mut());
        let waiting = upstreams.filter(|it| matches!(it.state, UpstreamState::RetryAt(at) if at > now));
        AdminOutcome::RelaysStarted(
            waiting.map(|upstream| upstream.state = UpstreamState::RetryAt(now)).count(),
        )
    }
}
