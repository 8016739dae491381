//! The JSON of a station in the API, with its titles and listeners.

use serde::Serialize;

use super::time::rfc3339;
use super::title::{PlayedJson, TitleJson};
use crate::audio::Codec;
use crate::pages::{OnAir, Snapshot, StationSnapshot, printable, stream_url};
use crate::time::{Time, WallClock};

/// Maximum number of previous titles of a station. The complete history is in
/// [`HistoryJson`](super::HistoryJson).
const HISTORY_MAX: usize = 10;

/// A station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationJson {
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
    /// The home page as configured or sent by the source; may be empty, and need not be a valid URL.
    pub url: String,
    /// Whether directories may list the station.
    pub public: bool,
    /// The URL of the stream.
    pub stream_url: String,
    /// The URL of the web page.
    pub page_url: String,
    /// The URL of the cover of the track on the air, or of the picture of the station.
    pub artwork_url: Option<String>,
    /// `mp3` or `aac`.
    pub codec: Option<&'static str>,
    /// The media type of the stream.
    pub content_type: &'static str,
    /// Kilobits per second.
    pub bitrate_kbps: Option<u32>,
    /// Samples per second.
    pub sample_rate_hz: Option<u32>,
    /// The number of channels.
    pub channels: Option<u8>,
    /// The input on the air.
    pub on_air: OnAirJson,
    /// The title on the air, if one is known.
    pub title: Option<TitleJson>,
    /// The next titles in order, as far as they are known.
    pub next: Vec<String>,
    /// The titles before the one on the air, the latest first.
    pub history: Vec<PlayedJson>,
    /// Listener counts.
    pub listeners: ListenersJson,
    /// The id of the station whose programme it has at another bit rate; `None` unless it is a rendition.
    pub rendition_of: Option<u32>,
    /// Its renditions, the highest bit rate first.
    pub renditions: Vec<RenditionJson>,
}

/// A rendition, as its station lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenditionJson {
    /// The SHOUTcast stream id.
    pub id: u32,
    /// The path of the stream.
    pub mount: String,
    /// The URL of the stream.
    pub stream_url: String,
    /// `mp3`.
    pub codec: Option<&'static str>,
    /// Kilobits per second.
    pub bitrate_kbps: Option<u32>,
    /// Samples per second.
    pub sample_rate_hz: Option<u32>,
    /// The number of channels.
    pub channels: Option<u8>,
    /// Current listeners.
    pub listeners: usize,
    /// Whether it can be encoded at present. If not, new listeners are refused.
    pub available: bool,
}

/// The input on the air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnAirJson {
    /// `silence`, `autodj`, `live` or `relay`.
    pub kind: &'static str,
    /// When it went on the air; `None` in silence.
    pub since: Option<String>,
    /// The name of the input; `None` in silence.
    pub name: Option<String>,
}

/// Listener counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenersJson {
    /// Current listeners.
    pub now: usize,
    /// Current listeners of the station and its renditions.
    pub with_renditions: usize,
    /// Distinct addresses of the current listeners.
    pub unique: usize,
    /// Distinct pairs of address and User-Agent of the current listeners.
    pub unique_clients: usize,
    /// Peak number of concurrent listeners.
    pub peak: usize,
    /// The listener limit.
    pub max: usize,
    /// Average time that the current listeners have been connected, in seconds.
    pub average_connected_s: u64,
    /// Listener sessions, in all runs of the server.
    pub total: u64,
}

impl StationJson {
    /// Creates the JSON of a station of `snapshot`, for a client that reached the server at `base`.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        let page = |path: &str| format!("{base}{path}?sid={}", station.id);
        let current = TitleJson::from_station(snapshot, station);
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
            history: previous_titles(snapshot, station, base),
            title: current,
            next: station.next_titles.iter().map(|title| printable(title)).collect(),
            listeners: ListenersJson::new(snapshot, station),
            rendition_of: station.rendition.map(|it| it.parent),
            renditions: snapshot.renditions(station).map(|it| RenditionJson::new(it, base)).collect(),
        }
    }
}

impl RenditionJson {
    fn new(rendition: &StationSnapshot, base: &str) -> Self {
        Self {
            id: rendition.id,
            mount: rendition.mount.clone(),
            stream_url: stream_url(base, &rendition.mount),
            codec: rendition.codec.map(codec_name),
            bitrate_kbps: rendition.kbps,
            sample_rate_hz: rendition.rate,
            channels: rendition.channels,
            listeners: rendition.listeners,
            available: rendition.is_available(),
        }
    }
}

fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Mp3 => "mp3",
        Codec::Aac => "aac",
    }
}

/// Returns the latest titles without the one on the air.
fn previous_titles(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Vec<PlayedJson> {
    let is_current = station.history.first().is_some_and(|played| played.title.text == station.title.text);
    PlayedJson::all(snapshot, station, is_current.into(), base).take(HISTORY_MAX).collect()
}

impl OnAirJson {
    fn new(clock: WallClock, station: &StationSnapshot) -> Self {
        let (kind, since): (_, Option<Time>) = match station.on_air {
            OnAir::Silence => ("silence", None),
            OnAir::AutoDj(since) => ("autodj", Some(since)),
            OnAir::Live(since) => ("live", Some(since)),
            OnAir::Relay(since) => ("relay", Some(since)),
        };
        let name = since.map(|_| printable(&station.input_name)).filter(|name| !name.is_empty());
        Self { kind, since: since.map(|since| rfc3339(clock, since)), name }
    }
}

impl ListenersJson {
    fn new(snapshot: &Snapshot, station: &StationSnapshot) -> Self {
        Self {
            now: station.listeners,
            with_renditions: snapshot.listeners_with_renditions(station),
            unique: station.unique,
            unique_clients: station.unique_clients,
            peak: station.peak,
            max: snapshot.listener_limit(station),
            average_connected_s: station.average_connected_s,
            total: station.hits,
        }
    }
}
