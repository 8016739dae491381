//! The state of the server at one moment for administrators, as plain data.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::audience_history::AudienceHistory;
use super::metric_values::{ServerMetrics, StationMetrics};
use super::printable;
use super::snapshot::{Snapshot, StationSnapshot};
use crate::bans::Ban;
use crate::encode_worker::{EncoderStatus, WorkerStatus};
use crate::http::request::station_ref::StationRef;
use crate::log_tail::LogExcerpt;
use crate::reload_report::ReloadReport;
use crate::settings::Description;
use crate::station::{MusicStatus, RenditionStatus, StationTotals, TrackInfo};
use crate::time::{Moment, Time};

/// The state of the server at one moment for administrators.
///
/// Metrics and inputs are always present, because gathering them is cheap. The lists may be long, so they are
/// empty unless the page needs them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdminSnapshot {
    /// The public view.
    pub public: Arc<Snapshot>,
    /// Counters and gauges of the server.
    pub metrics: ServerMetrics,
    /// The stations, sorted by id.
    pub stations: Vec<AdminStation>,
    /// The encode workers, whether their processes run or not.
    pub workers: Vec<WorkerStatus>,
    /// The listeners of the requested station, sorted by id, if the page needs them. Listeners that are not
    /// counted yet are included.
    pub listeners: Vec<ListenerSnapshot>,
    /// The number of all listeners of the requested station, if the page lists listeners.
    pub listener_count: usize,
    /// All bans, the oldest first, if the page needs them.
    pub bans: Vec<Arc<Ban>>,
    /// Lines of the log, if the page needs them.
    pub log: LogExcerpt,
    /// The last reload of the configuration, if there was one since the start.
    pub last_reload: Option<LastReload>,
    /// The settings that apply, if they were described.
    pub settings: Option<Arc<Description>>,
    /// The certificates, in the order of the configuration.
    pub certificates: Arc<[CertificateStatus]>,
    /// The master whose mounts are relayed, if there is one.
    pub master: Option<MasterStatus>,
}

/// The state of the master whose mounts are relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterStatus {
    /// Its URL, without the password.
    pub url: String,
    /// When its list was last followed; `None` if it never was.
    pub listed_at: Option<Time>,
    /// Why the latest list was not followed; `None` if it was.
    pub last_error: Option<String>,
    /// The number of its mounts that are relayed.
    pub relayed: usize,
    /// How many of them are being received now.
    pub streaming: usize,
    /// How many mounts of its list are not relayed.
    pub left_out: usize,
}

/// A certificate with which the server speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateStatus {
    /// The names for which it is valid.
    pub names: Vec<String>,
    /// The names for people, with something in their place if there are none.
    pub label: String,
    /// From when on it is valid, in UTC since 1970-01-01.
    pub not_before: Duration,
    /// Until when it is valid, in UTC since 1970-01-01.
    pub not_after: Duration,
    /// The path of its file.
    pub path: String,
    /// Why what is in its files now cannot be used; `None` if it can.
    pub last_error: Option<String>,
}

/// The last reload of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastReload {
    /// What it has changed, or why it was refused.
    pub report: Arc<ReloadReport>,
    /// When it ended.
    pub ended_at: Time,
}

/// The state of a station for administrators.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdminStation {
    /// The public view.
    pub public: Arc<StationSnapshot>,
    /// Counters and gauges of the station.
    pub metrics: StationMetrics,
    /// The live source, on the air or waiting to go on the air.
    pub source: Option<SourceSnapshot>,
    /// The track on the air with its file and tags.
    pub track: Option<Arc<TrackInfo>>,
    /// The audio on the air; `None` in silence.
    pub audio: Option<OnAirAudio>,
    /// The format and the left-out files of the station's music, if it has any.
    pub music: Option<Arc<MusicStatus>>,
    /// The encoding of the station, if it is a rendition.
    pub rendition: Option<RenditionStatus>,
    /// What encode workers did for the station.
    pub encoder: EncoderStatus,
    /// The relay, if the station has one.
    pub relay: Option<RelayStatus>,
    /// Whether the station has an AutoDJ.
    pub has_music: bool,
    /// Whether any user may go live on the station.
    pub accepts_sources: bool,
    /// Whether live sessions are to be recorded.
    pub records_sources: bool,
    /// When the current silence began; `None` if there is an input on the air.
    pub silent_since: Option<Time>,
    /// When the listener peak was first reached.
    pub peak_at: Option<Moment>,
    /// The totals of earlier runs. Those of this run are in `metrics`.
    pub earlier: StationTotals,
    /// The listener history of the last 24 hours, if the page needs it.
    pub audience: AudienceHistory,
}

impl AdminSnapshot {
    /// Creates a snapshot that adds nothing to the public view.
    pub fn from_public(public: Snapshot) -> Self {
        let public = Arc::new(public);
        let stations = public.stations.iter().cloned().map(AdminStation::from_public).collect();
        Self { public, stations, ..Self::default() }
    }

    /// Like [`Snapshot::without_links_to`].
    pub fn without_links_to(&self, base: &str) -> Cow<'_, Self> {
        let Cow::Owned(public) = self.public.without_links_to(base, |_| true) else {
            return Cow::Borrowed(self);
        };
        let mut without = Self { public: Arc::new(public), ..self.clone() };
        for station in &mut without.stations {
            let public = without.public.stations.iter().find(|public| public.id == station.public.id);
            public.into_iter().for_each(|public| station.public.clone_from(public));
        }
        Cow::Owned(without)
    }

    /// Returns the station that `station_ref` refers to.
    pub fn find(&self, station_ref: &StationRef) -> Option<&AdminStation> {
        let id = self.public.find(station_ref)?.id;
        self.stations.iter().find(|station| station.public.id == id)
    }
}

impl AdminStation {
    /// Creates a station that adds nothing to the public view.
    pub fn from_public(public: Arc<StationSnapshot>) -> Self {
        Self { public, ..Self::default() }
    }
}

/// The audio on the air, as the file, source or upstream has it.
#[derive(Debug, Clone, PartialEq)]
pub struct OnAirAudio {
    /// Its format: `FLAC, 96000 Hz, stereo`.
    pub format: String,
    /// Whether it is converted to the format of the station. Otherwise it passes unchanged.
    pub is_converted: bool,
    /// The gain in dB that brings a track to the station's loudness; `None` if the volume is unchanged.
    pub gain_db: Option<f32>,
    /// The delay that the conversion of a source or an upstream causes.
    pub delay: Option<Duration>,
}

/// A live source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSnapshot {
    /// The user name with which it logged in.
    pub user: String,
    /// Its IP address.
    pub address: IpAddr,
    /// Its User-Agent; empty if it sent none.
    pub user_agent: String,
    /// When it connected.
    pub since: Time,
    /// Whether its connection to this server uses TLS; behind a proxy, that of the proxy.
    pub is_encrypted: bool,
    /// Whether its session is recorded.
    pub is_recorded: bool,
}

/// The state of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayStatus {
    /// The URL of the upstream, without the password.
    pub url: String,
    /// The state of the connection to the upstream.
    pub state: RelayState,
    /// Why the latest attempt failed; `None` if none has failed since the upstream last streamed or was idle.
    pub last_error: Option<String>,
}

/// The state of the connection to an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayState {
    /// Not connected, because no listener needs the stream.
    Idle,
    /// Waiting before the next attempt.
    Waiting,
    /// Connecting, or waiting for the response.
    Connecting,
    /// Receiving the stream.
    Streaming,
}

impl RelayState {
    /// Returns the name of the state in the API and in pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "retrying",
            Self::Connecting => "connecting",
            Self::Streaming => "streaming",
        }
    }
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSnapshot {
    /// Unique while the listener is connected; see
    /// [`ClientSelector::Id`](crate::http::admin::ClientSelector::Id).
    pub id: u64,
    /// Its IP address.
    pub address: IpAddr,
    /// Its User-Agent; empty if it sent none.
    pub user_agent: String,
    /// Its Referer; empty if it sent none.
    pub referer: String,
    /// The client address that a proxy reported; empty if there is no proxy.
    pub forwarded_for: String,
    /// Time since it connected, in seconds.
    pub connected_s: u64,
    /// Bytes sent to it, response head and metadata included.
    pub bytes_sent: u64,
    /// Duration of audio between its position and the live edge.
    pub behind: Duration,
    /// Times that it fell too far behind and skipped forward.
    pub skips: u32,
    /// Whether its connection to this server uses TLS; behind a proxy, that of the proxy.
    pub is_encrypted: bool,
    /// Whether it has been connected for [long enough](crate::server::COUNTED_AFTER) to be counted.
    pub is_counted: bool,
}

impl ListenerSnapshot {
    /// Returns a copy with [`printable`] texts.
    pub fn to_printable(&self) -> Self {
        Self {
            user_agent: printable(&self.user_agent),
            referer: printable(&self.referer),
            forwarded_for: printable(&self.forwarded_for),
            ..self.clone()
        }
    }
}

#[cfg(test)]
impl AdminSnapshot {
    /// Returns the example station of protocol-notes/ with two listeners: an ordinary one, and one that sent
    /// hostile headers.
    pub fn example() -> Self {
        let vlc = ListenerSnapshot {
            id: 5,
            address: [203, 0, 113, 9].into(),
            user_agent: "VLC/3.0".into(),
            referer: String::new(),
            forwarded_for: String::new(),
            connected_s: 77,
            bytes_sent: 1_232_000,
            behind: Duration::from_millis(4_960),
            skips: 2,
            is_encrypted: true,
            is_counted: true,
        };
        let hostile = ListenerSnapshot {
            id: u64::MAX,
            address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
            user_agent: String::new(),
            referer: "http://h/?a=1&b=\"<c>'\u{1b}\u{ffff}".into(),
            forwarded_for: "192.0.2.1, \u{85}x".into(),
            connected_s: 0,
            bytes_sent: 0,
            behind: Duration::ZERO,
            skips: 0,
            is_encrypted: false,
            is_counted: false,
        };
        Self { listeners: vec![vlc, hostile], listener_count: 2, ..Self::from_public(Snapshot::example()) }
    }
}
