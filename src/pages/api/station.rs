//! A station as the API shows it.

use serde::Serialize;

use super::time::rfc3339;
use super::title::{PlayedJson, TitleJson};
use crate::audio::Codec;
use crate::pages::{OnAir, Snapshot, StationSnapshot, printable, stream_url};
use crate::time::{Time, WallClock};

/// How many titles are shown with a station; the others are in [`HistoryJson`](super::HistoryJson).
const HISTORY_MAX: usize = 10;

/// A station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationJson {
    /// The SHOUTcast stream id.
    pub id: u32,
    /// The path of its stream.
    pub mount: String,
    /// What it is called.
    pub name: String,
    /// May be empty.
    pub description: String,
    /// May be empty.
    pub genre: String,
    /// Its home page, as somebody gave it: a web address or not. May be empty.
    pub url: String,
    /// Whether directories may list it.
    pub public: bool,
    /// Where its stream is.
    pub stream_url: String,
    /// Where its page is.
    pub page_url: String,
    /// Where the cover of the track on the air is, if it has one.
    pub artwork_url: Option<String>,
    /// `mp3` or `aac`.
    pub codec: Option<&'static str>,
    /// The media type of the stream.
    pub content_type: &'static str,
    /// Kilobits per second.
    pub bitrate_kbps: Option<u32>,
    /// Samples per second.
    pub sample_rate_hz: Option<u32>,
    /// How many.
    pub channels: Option<u8>,
    /// What is on the air.
    pub on_air: OnAirJson,
    /// The title on the air, where there is one.
    pub title: Option<TitleJson>,
    /// What comes next, the next first, as far as that is known.
    pub next: Vec<String>,
    /// What was on the air, the latest first, without what is.
    pub history: Vec<PlayedJson>,
    /// Who listens.
    pub listeners: ListenersJson,
}

/// What is on the air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnAirJson {
    /// `silence`, `autodj`, `live` or `relay`.
    pub kind: &'static str,
    /// Since when; none in silence.
    pub since: Option<String>,
    /// Whose audio it is; none in silence.
    pub name: Option<String>,
}

/// Who listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenersJson {
    /// How many, by now.
    pub now: usize,
    /// How many addresses they have.
    pub unique: usize,
    /// How many pairs of address and program they are.
    pub unique_clients: usize,
    /// The most there were at once since the server started.
    pub peak: usize,
    /// The most there can be.
    pub max: usize,
    /// For how long they have listened on average, in seconds.
    pub average_connected_s: u64,
    /// How many there were since the server started.
    pub total: u64,
}

impl StationJson {
    /// A station of `snapshot`, for a client that reached the server at `base`.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        let page = |path: &str| format!("{base}{path}?sid={}", station.id);
        let current = TitleJson::from_station(snapshot.clock, station);
        Self {
            id: station.id,
            mount: station.mount.clone(),
            name: printable(&station.name),
            description: printable(&station.description),
            genre: printable(&station.genre),
            url: printable(&station.url),
            public: station.public,
            stream_url: stream_url(base, &station.mount),
            page_url: page("/index.html"),
            artwork_url: station.artwork_url(base),
            codec: station.codec.map(codec_name),
            content_type: station.content_type,
            bitrate_kbps: station.kbps,
            sample_rate_hz: station.rate,
            channels: station.channels,
            on_air: OnAirJson::new(snapshot.clock, station),
            history: previous_titles(snapshot.clock, station),
            title: current,
            next: station.next_titles.iter().map(|title| printable(title)).collect(),
            listeners: ListenersJson::new(snapshot, station),
        }
    }
}

fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Mp3 => "mp3",
        Codec::Aac => "aac",
    }
}

/// The latest titles, without that on the air.
fn previous_titles(clock: WallClock, station: &StationSnapshot) -> Vec<PlayedJson> {
    let is_current = station.history.first().is_some_and(|played| played.title.text == station.title.text);
    let before = station.history.iter().skip(is_current.into());
    before.take(HISTORY_MAX).map(|played| PlayedJson::new(clock, played)).collect()
}

impl OnAirJson {
    fn new(clock: WallClock, station: &StationSnapshot) -> Self {
        let (kind, since): (_, Option<Time>) = match station.on_air {
            OnAir::Silence => ("silence", None),
            OnAir::AutoDj(since) => ("autodj", Some(since)),
            OnAir::Live(since) => ("live", Some(since)),
            OnAir::Relay(since) => ("relay", Some(since)),
        };
        let name = since.map(|_| printable(&station.input_name));
        Self { kind, since: since.map(|since| rfc3339(clock, since)), name }
    }
}

impl ListenersJson {
    fn new(snapshot: &Snapshot, station: &StationSnapshot) -> Self {
        Self {
            now: station.listeners,
            unique: station.unique,
            unique_clients: station.unique_clients,
            peak: station.peak,
            max: snapshot.listener_limit(station),
            average_connected_s: station.average_connected_s,
            total: station.hits,
        }
    }
}
