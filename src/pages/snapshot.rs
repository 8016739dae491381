//! The public state of the server at one moment, as plain data. See [the parent module](super) for why it is
//! separate from the admin view.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::PublicNames;
use crate::audio::Codec;
use crate::http::request::station_ref::StationRef;
use crate::http::untrusted_url::OwnHosts;
use crate::icy::Title;
use crate::settings::{RobotsPolicy, ServerInfo};
use crate::station::{AirTime, PlayedTitle};
use crate::time::{Time, WallClock};

/// The public state of the server at one moment. Two snapshots are equal if nothing that a public page shows
/// has changed.
///
/// Only data that a public page shows belongs here: any field may be published, and any change of a field
/// discards all cached pages. Everything else is in [`AdminSnapshot`](super::AdminSnapshot).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Converts the server's monotonic time to wall clock time.
    pub clock: WallClock,
    /// When the snapshot was taken, rounded down to a second.
    pub taken_at: Time,
    /// Maximum number of listeners of all stations together.
    pub max_listeners: usize,
    /// Distinct addresses of the listeners of all stations.
    pub unique: usize,
    /// Peak number of concurrent listeners of all stations together.
    pub peak: usize,
    /// The ports on which the server accepts listeners.
    pub ports: Vec<u16>,
    /// What `/robots.txt` allows.
    pub robots: RobotsPolicy,
    /// Where the server is, and how its administrator can be reached.
    pub info: ServerInfo,
    /// The origins whose pages may show the small player in a frame; `*` for all.
    pub embed_from: Vec<String>,
    /// The ids of the servers through which the mounts come, this one last, as in `X-Coldwave-Path`.
    pub mount_list_path: String,
    /// The stations, sorted by id.
    pub stations: Vec<Arc<StationSnapshot>>,
    /// The same with those that only the administrator sees.
    pub all_stations: Vec<Arc<StationSnapshot>>,
    /// The id of the station of requests that name none. `None` means the first one.
    pub default_id: Option<u32>,
}

/// The public state of a station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StationSnapshot {
    /// The SHOUTcast stream id.
    pub id: u32,
    /// The path of the stream.
    pub mount: String,
    /// The name of the station, or the name that the live source sent.
    pub name: String,
    /// A description; may be empty.
    pub description: String,
    /// The genre; may be empty.
    pub genre: String,
    /// The home page; may be empty.
    pub url: String,
    /// Whether the home page is configured, and not that of a source or an upstream.
    pub is_url_configured: bool,
    /// Whether directories may list the station.
    pub public: bool,
    /// Whether pages and lists of all stations leave it out.
    pub hidden: bool,
    /// The codec of the stream, if known.
    pub codec: Option<Codec>,
    /// The media type of the stream.
    pub content_type: &'static str,
    /// The bit rate in kbit/s, once audio has arrived.
    pub kbps: Option<u32>,
    /// The sample rate in Hz, once audio has arrived.
    pub rate: Option<u32>,
    /// The number of channels, once audio has arrived.
    pub channels: Option<u8>,
    /// Maximum number of listeners of this station, if it has a limit of its own.
    pub max_listeners: Option<usize>,
    /// Listeners that have been connected for at least [one second](crate::server::COUNTED_AFTER). See
    /// protocol-notes/counts.md for all of these numbers.
    pub listeners: usize,
    /// Distinct addresses of these listeners.
    pub unique: usize,
    /// Distinct pairs of address and User-Agent of these listeners. Two different players behind one router
    /// count as two, a player that connects twice counts as one.
    pub unique_clients: usize,
    /// Peak number of concurrent listeners.
    pub peak: usize,
    /// Average time that the current listeners have been connected, in seconds.
    pub average_connected_s: u64,
    /// Listener sessions of at least one second, in all runs of the server.
    pub hits: u64,
    /// Whether the station is a relay that connects to its upstream only while it has listeners.
    pub on_demand: bool,
    /// The input on the air.
    pub on_air: OnAir,
    /// The public name of the user of the live source, on the air or waiting to go on the air, if it has one.
    /// The user name and the address of the source are in the admin view only.
    pub source_user: Option<String>,
    /// The title on the air; empty if none is known.
    pub title: Title,
    /// When the title began: at the live edge, and for a listener with a full burst.
    pub title_since: AirTime,
    /// When the track with this title began, less the time for which it was interrupted; without a track,
    /// when the title began. At the live edge.
    pub title_began: Time,
    /// How long the track with this title plays, if known.
    pub title_length: Option<Duration>,
    /// The public name of the input on the air; empty in silence, and if it has none.
    pub input_name: String,
    /// The public names of those who set titles.
    pub names: PublicNames,
    /// The version of the station's picture, if it has one. Every picture has a different version.
    pub artwork_version: Option<u64>,
    /// The media type of the station's picture, if it has one.
    pub artwork_type: Option<&'static str>,
    /// The album of the track on the air, if known.
    pub album: Option<String>,
    /// The version of the cover of the track on the air, if it has one. Every cover has a different version.
    pub cover_version: Option<u64>,
    /// The next titles in order, as far as they are known.
    pub next_titles: Vec<String>,
    /// The station whose programme this one has at another bit rate, if it is a rendition.
    pub rendition: Option<RenditionSnapshot>,
    /// The ids of its renditions, available or not, the highest bit rate first. See
    /// [`link_renditions`](Snapshot::link_renditions).
    pub renditions: Vec<u32>,
    /// The title history, the latest first. Unless the station is silent, the first entry is the current
    /// title.
    pub history: Vec<Arc<PlayedTitle>>,
}

/// What makes a station a rendition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RenditionSnapshot {
    /// The stream id of the station whose programme it is.
    pub parent: u32,
    /// Whether it can be encoded at present. If not, new listeners are refused.
    pub is_available: bool,
}

/// The kind of input on the air.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OnAir {
    /// No input.
    #[default]
    Silence,
    /// The AutoDJ, since this time.
    AutoDj(Time),
    /// A live source, since this time.
    Live(Time),
    /// A relay, since this time.
    Relay(Time),
}

impl Snapshot {
    /// Returns the station that `station_ref` refers to.
    pub fn find(&self, station_ref: &StationRef) -> Option<&StationSnapshot> {
        let found = match station_ref {
            StationRef::Default => {
                let default = self.stations.iter().find(|station| Some(station.id) == self.default_id);
                default.or(self.stations.first())
            }
            StationRef::Id(id) => self.stations.iter().find(|station| station.id == *id),
            StationRef::Mount(mount) => self.stations.iter().find(|station| station.mount == *mount),
        };
        found.map(Arc::as_ref)
    }

    /// Returns the station that an administrator's request names, in any spelling that a source may use.
    pub fn find_named(&self, station_ref: &StationRef) -> Option<&StationSnapshot> {
        station_ref.readings().iter().find_map(|reading| self.find(reading))
    }

    /// Returns the snapshot without links to the host of `base`, the base URL that a client used, except
    /// configured ones, in the stations for which `is_shown` returns `true`. A source must not lead an
    /// administrator to this server: links on its pages count as the administrator's own.
    pub fn without_links_to(&self, base: &str, is_shown: impl Fn(&StationSnapshot) -> bool) -> Cow<'_, Self> {
        let own_hosts = OwnHosts::from_urls([base]);
        let without = |station: &Arc<StationSnapshot>| {
            if is_shown(station) { station.without_links_to(&own_hosts) } else { None }
        };
        let changed: Vec<_> =
            self.stations.iter().enumerate().filter_map(|(at, it)| Some((at, without(it)?))).collect();
        if changed.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut copy = self.clone();
        changed.into_iter().for_each(|(at, station)| copy.stations[at] = station.into());
        Cow::Owned(copy)
    }

    /// Returns the snapshot without the stations that pages and lists of all stations leave out.
    pub fn without_hidden(&self) -> Cow<'_, Self> {
        if !self.stations.iter().any(|station| station.hidden) {
            return Cow::Borrowed(self);
        }
        let mut copy = self.clone();
        copy.stations.retain(|station| !station.hidden);
        Cow::Owned(copy)
    }

    /// Returns the time between `then` and the snapshot in seconds, rounded down.
    pub fn seconds_since(&self, then: Time) -> u64 {
        self.taken_at.since(then).as_secs()
    }

    /// Returns the maximum number of listeners of `station`: its own limit or the server's limit, whichever
    /// is lower.
    pub fn listener_limit(&self, station: &StationSnapshot) -> usize {
        station.max_listeners.unwrap_or(self.max_listeners).min(self.max_listeners)
    }
}

impl StationSnapshot {
    /// Returns the station without links to these hosts; `None` if it has none.
    pub fn without_links_to(&self, own_hosts: &OwnHosts) -> Option<Self> {
        let is_link = |url: &str| !url.is_empty() && !own_hosts.admit(url);
        let (drops_url, drops_title_url) =
            (!self.is_url_configured && is_link(&self.url), is_link(&self.title.url));
        (drops_url || drops_title_url).then(|| {
            let mut station = self.clone();
            if drops_url {
                station.url.clear();
            }
            if drops_title_url {
                station.title.url.clear();
            }
            station
        })
    }

    /// Returns when the current input went on the air; `None` in silence.
    pub fn on_air_since(&self) -> Option<Time> {
        match self.on_air {
            OnAir::Silence => None,
            OnAir::AutoDj(since) | OnAir::Live(since) | OnAir::Relay(since) => Some(since),
        }
    }
}

#[cfg(test)]
impl StationSnapshot {
    /// Returns the example station of protocol-notes/.
    pub fn example() -> Self {
        Self {
            id: 1,
            mount: "/live".into(),
            name: "Harbour FM".into(),
            description: "Slow music".into(),
            genre: "Ambient".into(),
            url: "http://example.org".into(),
            is_url_configured: false,
            public: false,
            hidden: false,
            codec: Some(Codec::Mp3),
            content_type: "audio/mpeg",
            kbps: Some(128),
            rate: Some(44_100),
            channels: Some(2),
            max_listeners: Some(512),
            listeners: 12,
            unique: 11,
            unique_clients: 12,
            peak: 40,
            average_connected_s: 1830,
            hits: 905,
            on_demand: false,
            on_air: OnAir::AutoDj(Time::START),
            source_user: None,
            title: Title::new("Nadia Karim - Tidewater"),
            title_since: AirTime::default(),
            title_began: Time::START,
            title_length: None,
            input_name: "AutoDJ".into(),
            names: PublicNames::example(),
            artwork_version: None,
            artwork_type: None,
            album: None,
            cover_version: None,
            next_titles: Vec::new(),
            rendition: None,
            renditions: Vec::new(),
            history: Vec::new(),
        }
    }
}

#[cfg(test)]
impl Snapshot {
    /// Returns a snapshot with the example station of protocol-notes/, taken one day after the start of the
    /// server at 2025-03-04 10:11:12 UTC.
    pub fn example() -> Self {
        let stations = vec![Arc::new(StationSnapshot::example())];
        Self {
            clock: WallClock::started_at(Duration::from_secs(1_741_083_072)),
            taken_at: Time::START + Duration::from_secs(86_400),
            max_listeners: 1000,
            unique: 11,
            peak: 40,
            ports: vec![8000],
            robots: RobotsPolicy::default(),
            info: ServerInfo::default(),
            embed_from: Vec::new(),
            mount_list_path: "3f9c01d2a4b7e865".into(),
            all_stations: stations.clone(),
            stations,
            default_id: None,
        }
    }

    /// Returns the example station with three renditions: of 96 kbit/s, of 64 kbit/s, which is not available,
    /// and of 32 kbit/s with one channel. Beside them, there is another station with the id 7.
    pub fn example_ladder() -> Self {
        let rendition = |id, kbps: u32, rate, channels, listeners| StationSnapshot {
            id,
            mount: format!("/live-{kbps}"),
            kbps: Some(kbps),
            rate: Some(rate),
            channels: Some(channels),
            listeners,
            rendition: Some(RenditionSnapshot { parent: 1, is_available: kbps != 64 }),
            ..StationSnapshot::example()
        };
        let other = StationSnapshot {
            id: 7,
            mount: "/jazz".into(),
            name: "Night Ferry".into(),
            ..StationSnapshot::example()
        };
        let mut stations = [
            StationSnapshot::example(),
            rendition(2, 32, 22_050, 1, 4),
            other,
            rendition(8, 96, 44_100, 2, 5),
            rendition(9, 64, 24_000, 2, 1),
        ];
        Self::link_renditions(&mut stations);
        Self { stations: stations.map(Arc::new).to_vec(), ..Self::example() }
    }

    /// Returns the first station for modification.
    pub fn first_mut(&mut self) -> &mut StationSnapshot {
        Arc::make_mut(&mut self.stations[0])
    }
}
