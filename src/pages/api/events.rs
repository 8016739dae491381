//! Changes of stations as server-sent events (protocol-notes/api.md, "Events").

use serde::Serialize;

use super::time::rfc3339;
use super::title::{TitleParts, TitleProgress};
use crate::pages::{Snapshot, StationSnapshot, printable};

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
    /// The public name of the input on the air, or of the user who set the title; `None` in silence, and if
    /// there is none.
    pub set_by: Option<String>,
    /// When it began at the live edge.
    pub on_air_at: String,
    /// When it begins for a listener with a full burst.
    pub audible_at: String,
    /// The album of the track.
    pub album: Option<String>,
    /// For how long it has been on the air at the live edge, in seconds.
    pub elapsed_s: u64,
    /// How long it is on the air, in seconds, if it is that of a track.
    pub duration_s: Option<u64>,
    /// The URL of the cover of the track, or of the picture of the station.
    pub artwork_url: Option<String>,
}

/// Data of a `listeners` event: the number of listeners of the station or one of its renditions changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenersEvent {
    /// The id of the station.
    pub station: u32,
    /// Number of listeners.
    pub listeners: usize,
    /// Distinct addresses of the listeners.
    pub unique: usize,
    /// Peak number of concurrent listeners.
    pub peak: usize,
    /// Number of listeners of the station and its renditions.
    pub with_renditions: usize,
    /// The listeners of each rendition, in the order of the `station` event.
    pub renditions: Vec<RenditionListeners>,
}

/// The listeners of a rendition in the event of its station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenditionListeners {
    /// The id of the rendition.
    pub id: u32,
    /// Number of listeners.
    pub listeners: usize,
}

/// Data of a `removed` event: the station was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedEvent {
    /// The id of the station.
    pub station: u32,
}

impl TitleEvent {
    /// Creates the event for the current title of a station of `snapshot`, for a client that reached the
    /// server at `base`.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        let clock = snapshot.clock;
        let StationSnapshot { id, title, input_name, names, title_since, album, .. } = station;
        let TitleProgress { elapsed_s, duration_s } = TitleProgress::new(snapshot, station);
        let TitleParts { artist, song } = TitleParts::from_title(title);
        let set_by = title.set_by.as_ref().map_or(Some(input_name.as_str()), |user| names.public_name(user));
        let known = |text: &str| Some(printable(text)).filter(|text| !text.is_empty());
        Self {
            station: *id,
            title: known(&title.text),
            artist,
            song,
            set_by: set_by.and_then(known),
            on_air_at: rfc3339(clock, title_since.live_edge_at),
            audible_at: rfc3339(clock, title_since.audible_at),
            album: album.as_deref().and_then(known),
            elapsed_s,
            duration_s,
            artwork_url: station.artwork_url(base),
        }
    }

    /// Returns whether the title differs between two states of a station. A change between two unknown titles
    /// does not count.
    pub fn has_title_changed(before: &StationSnapshot, after: &StationSnapshot) -> bool {
        let is_known = |station: &StationSnapshot| !station.title.text.is_empty();
        let state = |it: &StationSnapshot| (it.title_since, it.cover_version, it.title_length);
        let is_same = before.title == after.title && state(before) == state(after);
        !is_same && (is_known(before) || is_known(after))
    }
}

impl ListenersEvent {
    /// Creates the event for the current listeners of a station of `snapshot`.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot) -> Self {
        let StationSnapshot { id, listeners, unique, peak, .. } = *station;
        let rendition = |it: &StationSnapshot| RenditionListeners { id: it.id, listeners: it.listeners };
        Self {
            station: id,
            listeners,
            unique,
            peak,
            with_renditions: snapshot.listeners_with_renditions(station),
            renditions: snapshot.renditions(station).map(rendition).collect(),
        }
    }
}

/// Returns whether the input, the format, the mount, the description or a rendition differs between two
/// states of a station, each with its snapshot.
pub fn has_station_changed(
    (old, before): (&Snapshot, &StationSnapshot),
    (new, after): (&Snapshot, &StationSnapshot),
) -> bool {
    let on_air = |it: &StationSnapshot| (it.on_air.clone(), it.codec, it.content_type, it.rate, it.channels);
    let description = |it: &StationSnapshot| {
        [&it.input_name, &it.mount, &it.name, &it.description, &it.genre, &it.url].map(Clone::clone)
    };
    let ladder =
        |it: &StationSnapshot| (it.id, it.mount.clone(), it.kbps, it.rate, it.channels, it.rendition);
    on_air(before) != on_air(after)
        || description(before) != description(after)
        || before.rendition != after.rendition
        || !old.renditions(before).map(ladder).eq(new.renditions(after).map(ladder))
}

/// Encodes an event. The JSON of `data` contains no line ends, so it fits on one `data:` line.
pub fn encode_event(kind: &str, number: u64, data: &impl Serialize) -> Vec<u8> {
    let data = serde_json::to_string(data).expect("plain data with string keys serializes to JSON");
    format!("event: {kind}\nid: {number}\ndata: {data}\n\n").into_bytes()
}
