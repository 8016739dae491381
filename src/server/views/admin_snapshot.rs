//! Snapshot for administrators, which extends the public snapshot. It is gathered when a page is requested,
//! and includes a list only if the page shows it.

use std::sync::Arc;

use crate::pages::api::{self, Pagination};
use crate::pages::{
    AdminPage, AdminSnapshot, AdminStation, AudienceHistory, ListenerSnapshot, OnAirAudio, RelayState,
    RelayStatus, SourceSnapshot, StationSnapshot, dnas,
};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::state::station::upstream::{Upstream, UpstreamState};
use crate::session::Session;
use crate::station::{ConversionStatus, RenditionStatus, StationKey};
use crate::time::Time;

use super::counters::station_counters;

impl Server {
    /// Returns the state of the server for an administrator, without the lists that only some pages show.
    pub fn admin_snapshot(&mut self, now: Time) -> AdminSnapshot {
        let public = self.snapshot(now);
        let (counters, stations) = (self.counters(), self.admin_stations(&public.all_stations));
        let workers = self.hooks.encoding.as_ref().map_or_else(Vec::new, |encoding| (encoding.workers)());
        AdminSnapshot {
            public,
            metrics: counters,
            stations,
            workers,
            last_reload: self.reloads.last.clone(),
            settings: self.reloads.description.clone(),
            certificates: self.certificates.clone(),
            master: self.master_status(),
            ..AdminSnapshot::default()
        }
    }

    /// Returns the state of the server for an administrator, with the lists that `page` shows, except for the
    /// list of listeners: see [`listed_peers`](Self::listed_peers).
    pub(super) fn admin_snapshot_for(&mut self, page: &AdminPage, now: Time) -> AdminSnapshot {
        let mut snapshot = self.admin_snapshot(now);
        match page {
            AdminPage::Dnas(page) => self.gather_for_dnas(page, &mut snapshot),
            AdminPage::Icecast(_) | AdminPage::Web(_) => {}
            AdminPage::Api(page) => self.gather_for_api(page, now, &mut snapshot),
        }
        snapshot
    }

    fn gather_for_dnas(&self, page: &dnas::DnasAdminPage, snapshot: &mut AdminSnapshot) {
        match page {
            dnas::DnasAdminPage::Bans(_) => snapshot.bans = self.access.bans.all().cloned().collect(),
            dnas::DnasAdminPage::Log(_) => snapshot.log = self.hooks.log_tail.lines_after(0, None),
            _ => {}
        }
    }

    fn gather_for_api(&mut self, page: &api::ApiAdminPage, now: Time, snapshot: &mut AdminSnapshot) {
        match page {
            api::ApiAdminPage::Listeners(..)
            | api::ApiAdminPage::Stations
            | api::ApiAdminPage::LeftOut(_)
            | api::ApiAdminPage::Workers
            | api::ApiAdminPage::LastReload
            | api::ApiAdminPage::Settings
            | api::ApiAdminPage::Certificates => {}
            api::ApiAdminPage::Bans => snapshot.bans = self.access.bans.all().cloned().collect(),
            api::ApiAdminPage::Log(position) => {
                snapshot.log = self.hooks.log_tail.lines_after(position.after, position.boot.as_deref());
            }
            api::ApiAdminPage::Audience => self.gather_audience(now, snapshot),
        }
    }

    fn gather_audience(&mut self, now: Time, snapshot: &mut AdminSnapshot) {
        // Both are sorted by id.
        for (key, station) in self.stations.keys().into_iter().zip(&mut snapshot.stations) {
            station.audience = self.stations[key].audience.history(self.views.clock, now);
        }
    }

    fn admin_stations(&self, public: &[Arc<StationSnapshot>]) -> Vec<AdminStation> {
        // The public snapshot may be slightly older, but a change of the table invalidates it. So both have
        // the same stations in the same order.
        let stations = self.stations.iter().zip(public);
        stations.map(|((key, channel), public)| self.admin_station(public.clone(), key, channel)).collect()
    }

    fn admin_station(
        &self,
        public: Arc<StationSnapshot>,
        key: StationKey,
        channel: &Channel,
    ) -> AdminStation {
        let Channel { station, audience, upstream, .. } = channel;
        let mount = &channel.settings().mount;
        let encoding = self.hooks.encoding.as_ref();
        AdminStation {
            rendition: self.rendition_status(key),
            public,
            metrics: station_counters(channel),
            source: self.source(channel),
            track: station.track().cloned(),
            // What a rendition plays is encoded from what is on the air.
            audio: audio_on_air(channel).filter(|_| channel.parent.is_none()),
            music: station.music_status(),
            encoder: encoding.map(|encoding| (encoding.station)(mount)).unwrap_or_default(),
            relay: upstream.as_ref().map(|upstream| relay_status(upstream)),
            has_music: !channel.settings().music.is_empty(),
            accepts_sources: channel.settings().sources.is_enabled(),
            records_sources: channel.settings().record.is_some(),
            silent_since: station.silent_since(),
            peak_at: audience.peak_at(),
            earlier: channel.earlier,
            audience: AudienceHistory::default(),
        }
    }

    /// Returns the encoding of a rendition.
    fn rendition_status(&self, key: StationKey) -> Option<RenditionStatus> {
        let parent = &self.stations[self.stations[key].parent?];
        let edge = self.stations[key].station.rendition()?;
        let ladder = parent.ladder.as_ref()?;
        let rung = ladder.rungs.iter().find(|rung| rung.key == key)?;
        Some(RenditionStatus {
            format: edge.format(),
            state: ladder.public_state(),
            delay: parent.station.timeline().end_time().saturating_sub(edge.position()).duration(),
            gaps: ladder.gaps,
            gap_length: edge.gap_length().duration(),
            restarts: ladder.restarts,
            cpu: rung.cpu,
        })
    }

    fn source(&self, channel: &Channel) -> Option<SourceSnapshot> {
        let source = channel.live.source.as_ref()?;
        let entry = self.sessions.get(source.producer.peer)?;
        Some(SourceSnapshot {
            user: source.user.name.clone(),
            address: entry.info.address.ip(),
            user_agent: entry.info.user_agent.to_string(),
            since: source.since,
            is_encrypted: entry.info.is_encrypted,
            is_recorded: channel.station.feed(channel.live.feed).is_recorded(),
        })
    }

    /// Returns the listeners of a station that a page lists, by their ids, and the number of all.
    pub(super) fn listed_peers(&self, key: Option<StationKey>, part: Pagination) -> (Vec<Peer>, usize) {
        let Some(channel) = key.and_then(|key| self.stations.get(key)) else { return (Vec::new(), 0) };
        let mut peers: Vec<Peer> = channel.wheel.peers().collect();
        let total = peers.len();
        peers.retain(|peer| u64::from(peer.generation) > part.after);
        peers.sort_unstable_by_key(|peer| peer.generation);
        peers.drain(..part.offset.min(peers.len()));
        peers.truncate(part.limit);
        (peers, total)
    }

    /// Returns the state of those of the `peers` that still are listeners of the station.
    pub(super) fn listener_snapshots(
        &self,
        key: Option<StationKey>,
        peers: impl Iterator<Item = Peer>,
        now: Time,
    ) -> Vec<ListenerSnapshot> {
        let Some(channel) = key.and_then(|key| self.stations.get(key)) else { return Vec::new() };
        peers.filter_map(|peer| self.listener_snapshot(channel, peer, now)).collect()
    }

    fn listener_snapshot(&self, channel: &Channel, peer: Peer, now: Time) -> Option<ListenerSnapshot> {
        let SessionEntry { session: Session::Listener(listener), info, .. } = self.sessions.get(peer)? else {
            return None;
        };
        Some(ListenerSnapshot {
            id: peer.generation.into(),
            address: info.address.ip(),
            user_agent: info.user_agent.to_string(),
            referer: info.referer.to_string(),
            forwarded_for: info.forwarded_for().to_owned(),
            connected_s: now.since(info.connected_at).as_secs(),
            bytes_sent: listener.sent(),
            behind: listener.behind(&channel.station),
            skips: listener.skips(),
            is_encrypted: info.is_encrypted,
            is_counted: channel.audience.counted().contains(&peer),
        })
    }
}

/// Returns the audio on the air; `None` in silence.
fn audio_on_air(channel: &Channel) -> Option<OnAirAudio> {
    let station = &channel.station;
    let now_playing = station.now_playing();
    if now_playing.input_name.is_empty() {
        return None;
    }
    if let Some(ConversionStatus { from, delay, .. }) = channel.conversion_on_air() {
        let (format, delay) = (from.to_string(), Some(delay));
        return Some(OnAirAudio { format, is_converted: true, gain_db: None, delay });
    }
    let converted = station.track().and_then(|track| track.conversion);
    Some(match converted {
        Some(conversion) => OnAirAudio {
            format: conversion.to_string(),
            is_converted: true,
            gain_db: conversion.gain_db,
            delay: None,
        },
        None => OnAirAudio {
            format: station.last_header().format().to_string(),
            is_converted: false,
            gain_db: None,
            delay: None,
        },
    })
}

fn relay_status(upstream: &Upstream) -> RelayStatus {
    let state = match upstream.state {
        UpstreamState::Idle => RelayState::Idle,
        UpstreamState::RetryAt(_) => RelayState::Waiting,
        UpstreamState::Dialing { .. } | UpstreamState::Requesting { .. } => RelayState::Connecting,
        UpstreamState::Streaming { .. } => RelayState::Streaming,
    };
    RelayStatus { url: upstream.url(), state, last_error: upstream.last_error().map(ToOwned::to_owned) }
}
