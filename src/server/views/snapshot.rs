//! Takes snapshots of the public state of the server.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Codec, Format};
use crate::http::request::station_ref::StationRef;
use crate::http::untrusted_url::UntrustedUrl;
use crate::icy::Title;
use crate::image::Image;
use crate::pages::{OnAir, PublicNames, RenditionSnapshot, Snapshot, StationSnapshot};
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::state::station::expected_codec::CodecDecision;
use crate::station::{Station, StationKey};
use crate::time::Time;

impl Server {
    /// Returns the current public state of the server.
    pub fn snapshot(&mut self, now: Time) -> Arc<Snapshot> {
        if !self.views.pages.is_recent(now) {
            self.count_listeners(now);
            self.stations.keys().into_iter().for_each(|key| self.advance(key, now));
            let snapshot = self.take_snapshot(now);
            self.views.pages.update(snapshot, now);
        }
        self.views.pages.snapshot().clone()
    }

    fn take_snapshot(&self, now: Time) -> Snapshot {
        let mut all_addresses = HashSet::new();
        let station = |(key, channel)| self.station_snapshot(key, channel, &mut all_addresses, now);
        let mut stations: Vec<_> = self.stations.iter().map(station).collect();
        Snapshot::link_renditions(&mut stations);
        let all_stations: Vec<_> = stations.into_iter().map(Arc::new).collect();
        let both = self.stations.iter().zip(&all_stations);
        let present = both.filter(|((key, _), _)| self.stations.is_present(*key));
        let stations = present.map(|(_, station)| station.clone()).collect();
        let default = self.stations.find_present(&StationRef::Default);
        Snapshot {
            clock: self.views.clock,
            taken_at: Time::after_start(Duration::from_secs(now.as_secs().into())),
            max_listeners: self.capacity.max_listeners,
            unique: all_addresses.len(),
            peak: self.stats.peak_listeners,
            ports: self.views.ports.clone(),
            robots: self.views.robots,
            info: self.views.info.clone(),
            embed_from: self.views.embed_from.clone(),
            mount_list_path: self.mount_list_path().to_string(),
            stations,
            all_stations,
            default_id: default.map(|key| self.stations[key].settings().id),
        }
    }

    /// Returns the state of a station. Adds the addresses of its listeners to `all_addresses`.
    fn station_snapshot(
        &self,
        key: StationKey,
        channel: &Channel,
        all_addresses: &mut HashSet<IpAddr>,
        now: Time,
    ) -> StationSnapshot {
        let settings = channel.settings();
        let about = self.stations.about(key, &self.views.own_hosts);
        let Channel { station, audience, .. } = channel;
        let programme = &self.stations[self.stations.programme(key)];
        let format = stream_format(station);
        let summary = self.summarize_audience(key, now);
        all_addresses.extend(&summary.addresses);
        let inputs = programme.input_names();
        let names = PublicNames::new(&programme.settings().sources, inputs, &self.access.admin);
        let source_user = programme.live.source.as_ref().map(|source| &source.user);
        StationSnapshot {
            id: settings.id,
            mount: settings.mount.clone(),
            name: about.name.to_owned(),
            description: about.description.to_owned(),
            genre: about.genre.to_owned(),
            url: about.url.to_owned(),
            is_url_configured: !settings.url.is_empty(),
            public: about.public && !is_absent_elsewhere(programme),
            hidden: settings.hidden,
            codec: known_codec(channel),
            content_type: channel.content_type(),
            kbps: format.and_then(|_| channel.announced_kbps()),
            rate: format.map(|format| format.rate),
            channels: format.map(|format| format.channels),
            max_listeners: settings.max_listeners,
            listeners: audience.counted().len(),
            unique: summary.addresses.len(),
            unique_clients: summary.pairs,
            peak: audience.peak(),
            average_connected_s: summary.average_s,
            hits: channel.hits(),
            on_demand: programme.is_on_demand(),
            on_air: on_air(programme),
            source_user: source_user.and_then(|user| names.public_name(&user.name)).map(str::to_owned),
            title: without_fields(station.now_playing().title.clone()),
            title_since: station.now_playing().title_since,
            title_began: station.now_playing().began,
            title_length: station.now_playing().track.as_ref().and_then(|track| track.length),
            input_name: names.public_name(&station.now_playing().input_name).unwrap_or_default().to_owned(),
            artwork_version: settings.artwork.as_ref().map(Image::digest),
            artwork_type: settings.artwork.as_ref().map(Image::content_type),
            album: programme.station.track().and_then(|track| track.album.clone()),
            cover_version: programme.station.track().and_then(|track| track.cover_version()),
            next_titles: programme.station.upcoming_titles(),
            names,
            rendition: channel.parent.map(|_| rendition(programme)),
            renditions: Vec::new(),
            history: station.history().latest().cloned().collect(),
        }
    }

    /// Summarises the counted listeners of a station.
    fn summarize_audience(&self, key: StationKey, now: Time) -> AudienceSummary {
        let (mut addresses, mut pairs) = (HashSet::new(), HashSet::new());
        let mut seconds = 0;
        let present = self.stations[key].audience.counted();
        for &peer in present {
            let Some(SessionEntry { info, .. }) = self.sessions.get(peer) else { continue };
            addresses.insert(info.address.ip());
            pairs.insert((info.address.ip(), &info.user_agent));
            seconds += now.since(info.connected_at).as_secs();
        }
        let average_s = seconds / present.len().max(1) as u64;
        AudienceSummary { addresses, pairs: pairs.len(), average_s }
    }
}

/// Drops a `StreamUrl` that is no link: pages show only links.
fn without_fields(mut title: Title) -> Title {
    if UntrustedUrl::parse(&title.url).is_none() {
        title.url.clear();
    }
    title
}

/// A summary of the counted listeners of a station.
struct AudienceSummary {
    addresses: HashSet<IpAddr>,
    /// The number of distinct pairs of address and user agent.
    pairs: usize,
    average_s: u64,
}

/// Returns the codec of a station's stream, unless it is only assumed.
fn known_codec(channel: &Channel) -> Option<Codec> {
    let is_known = channel.expected_codec().decided_by != CodecDecision::Default;
    is_known.then(|| channel.announced_codec())
}

/// Returns the format of a station's stream, once audio was played. That of a rendition is always known.
fn stream_format(station: &Station) -> Option<Format> {
    let is_known = station.rendition().is_some() || station.kbps().is_some();
    station.stream_format().filter(|_| is_known).map(|(_, format)| format)
}

fn rendition(programme: &Channel) -> RenditionSnapshot {
    let is_unsupported = programme.ladder.as_ref().is_some_and(|ladder| ladder.is_unsupported());
    RenditionSnapshot { parent: programme.settings().id, is_available: !is_unsupported }
}

/// Returns whether Icecast would not have this mount now: only the programme of another station is on air. A
/// directory would list that programme under the wrong name.
fn is_absent_elsewhere(programme: &Channel) -> bool {
    programme.settings().only_while_on_air && programme.station.is_on_air(programme.fallback_input.feed)
}

/// Returns whether the stream of an upstream, or the programme of another station, is on air.
fn is_relayed(channel: &Channel) -> bool {
    let feeds = channel.upstream.iter().map(|upstream| upstream.feed).chain([channel.fallback_input.feed]);
    feeds.into_iter().any(|feed| channel.station.is_on_air(feed))
}

/// Returns the kind of input that is on air.
fn on_air(channel: &Channel) -> OnAir {
    let Channel { station, live, .. } = channel;
    let current = station.now_playing();
    if current.input_name.is_empty() {
        OnAir::Silence
    } else if station.is_on_air(live.feed) {
        OnAir::Live(current.since)
    } else if is_relayed(channel) {
        OnAir::Relay(current.since)
    } else {
        OnAir::AutoDj(current.since)
    }
}
