//! Changes of stations as server-sent events (protocol-notes/api.md, "Events").

use serde::Serialize;

use super::time::rfc3339;
use super::title::TitleParts;
use crate::pages::{StationSnapshot, printable};
use crate::time::WallClock;

/// The path of the event stream.
pub const PATH: &str = "/api/v1/events";

/// The first bytes of an event stream: the time after which a browser reconnects, in milliseconds.
pub const STREAM_PREAMBLE: &[u8] = b"retry: 3000\n\n";

/// A comment that keeps an idle connection open.
pub const HEARTBEAT: &[u8] = b":\n\n";

/// Data of a `title` event: the title changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TitleEvent {
    /// The id of the station.
    pub station: u32,
    /// The title as players show it; `None` if the new title is unknown.
    pub title: Option<String>,
    /// See [`TitleParts`].
    pub artist: Option<String>,
    /// See [`TitleParts`].
    pub song: Option<String>,
    /// The input on the air, or the user who set the title; `None` in silence.
    pub set_by: Option<String>,
    /// When it began at the live edge.
    pub on_air_at: String,
    /// When it begins for a listener with a full burst.
    pub audible_at: String,
}

/// Data of a `listeners` event: the number of listeners changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenersEvent {
    /// The id of the station.
    pub station: u32,
    /// Number of listeners.
    pub listeners: usize,
    /// Distinct addresses of the listeners.
    pub unique: usize,
    /// Peak number of concurrent listeners since the server started.
    pub peak: usize,
}

/// Data of a `removed` event: the station was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedEvent {
    /// The id of the station.
    pub station: u32,
}

impl TitleEvent {
    /// Creates the event for the current title of `station`.
    pub fn new(clock: WallClock, station: &StationSnapshot) -> Self {
        let StationSnapshot { id, title, input_name, title_since, .. } = station;
        let TitleParts { artist, song } = TitleParts::from_title(title);
        let set_by = title.set_by.as_ref().unwrap_or(input_name);
        let known = |text: &str| Some(printable(text)).filter(|text| !text.is_empty());
        Self {
            station: *id,
            title: known(&title.text),
            artist,
            song,
            set_by: known(set_by),
            on_air_at: rfc3339(clock, title_since.live_edge_at),
            audible_at: rfc3339(clock, title_since.audible_at),
        }
    }

    /// Returns whether the title differs between two states of a station. A change between two unknown titles
    /// does not count.
    pub fn has_title_changed(before: &StationSnapshot, after: &StationSnapshot) -> bool {
        let is_known = |station: &StationSnapshot| !station.title.text.is_empty();
        let is_same = (&before.title, before.title_since) == (&after.title, after.title_since);
        !is_same && (is_known(before) || is_known(after))
    }
}

impl ListenersEvent {
    /// Creates the event for the current listeners of `station`.
    pub fn new(station: &StationSnapshot) -> Self {
        let StationSnapshot { id, listeners, unique, peak, .. } = *station;
        Self { station: id, listeners, unique, peak }
    }
}

/// Returns whether the input, the format, the mount or the description differs between two states of a
/// station.
pub fn has_station_changed(before: &StationSnapshot, after: &StationSnapshot) -> bool {
    let on_air = |it: &StationSnapshot| (it.on_air.clone(), it.codec, it.content_type, it.rate, it.channels);
    let description = |it: &StationSnapshot| {
        [&it.input_name, &it.mount, &it.name, &it.description, &it.genre, &it.url].map(Clone::clone)
    };
    on_air(before) != on_air(after) || description(before) != description(after)
}

/// Encodes an event. The JSON of `data` contains no line ends, so it fits on one `data:` line.
pub fn encode_event(kind: &str, number: u64, data: &impl Serialize) -> Vec<u8> {
    let data = serde_json::to_string(data).expect("plain data with string keys serializes to JSON");
    format!("event: {kind}\nid: {number}\ndata: {data}\n\n").into_bytes()
}
