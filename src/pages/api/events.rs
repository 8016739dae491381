//! What changes on stations, as server-sent events (protocol-notes/api.md, "Events").

use serde::Serialize;

use super::time::rfc3339;
use super::title::TitleParts;
use crate::pages::{StationSnapshot, printable};
use crate::time::WallClock;

/// Where they are.
pub const PATH: &str = "/api/v1/events";

/// What a stream of events begins with: milliseconds after which a browser comes again that lost it.
pub const STREAM_PREAMBLE: &[u8] = b"retry: 3000\n\n";

/// Says nothing, but that somebody is there: a comment.
pub const HEARTBEAT: &[u8] = b":\n\n";

/// A title became true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TitleEvent {
    /// The id of the station.
    pub station: u32,
    /// The line that players show; none where no title is known any more.
    pub title: Option<String>,
    /// See [`TitleParts`].
    pub artist: Option<String>,
    /// See [`TitleParts`].
    pub song: Option<String>,
    /// Who set it; none in silence.
    pub set_by: Option<String>,
    /// When it became true at the live edge.
    pub on_air_at: String,
    /// When it does for a listener with a whole burst.
    pub audible_at: String,
}

/// There are more listeners, or fewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenersEvent {
    /// The id of the station.
    pub station: u32,
    /// How many there are.
    pub listeners: usize,
    /// How many addresses they have.
    pub unique: usize,
    /// The most there were at once since the server started.
    pub peak: usize,
}

/// A station was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedEvent {
    /// Its id.
    pub station: u32,
}

impl TitleEvent {
    /// The title that is on the air on a station.
    pub fn new(clock: WallClock, station: &StationSnapshot) -> Self {
        let StationSnapshot { id, title, input_name: by, title_since: titled, .. } = station;
        let TitleParts { artist, song } = TitleParts::from_title(title);
        let set_by = title.set_by.as_ref().unwrap_or(by);
        let known = |text: &str| Some(printable(text)).filter(|text| !text.is_empty());
        Self {
            station: *id,
            title: known(&title.text),
            artist,
            song,
            set_by: known(set_by),
            on_air_at: rfc3339(clock, titled.live_edge_at),
            audible_at: rfc3339(clock, titled.audible_at),
        }
    }

    /// Whether there is another title than there was.
    pub fn has_title_changed(before: &StationSnapshot, after: &StationSnapshot) -> bool {
        let is_known = |station: &StationSnapshot| !station.title.text.is_empty();
        let is_same = (&before.title, before.title_since) == (&after.title, after.title_since);
        !is_same && (is_known(before) || is_known(after))
    }
}

impl ListenersEvent {
    /// Those who listen to a station.
    pub fn new(station: &StationSnapshot) -> Self {
        let StationSnapshot { id, listeners, unique, peak, .. } = *station;
        Self { station: id, listeners, unique, peak }
    }
}

/// Whether another input is on the air than before, or in another format, or under another name or mount.
pub fn has_station_changed(before: &StationSnapshot, after: &StationSnapshot) -> bool {
    let on_air = |it: &StationSnapshot| (it.on_air.clone(), it.codec, it.content_type, it.rate, it.channels);
    let about = |it: &StationSnapshot| {
        [&it.input_name, &it.mount, &it.name, &it.description, &it.genre, &it.url].map(Clone::clone)
    };
    on_air(before) != on_air(after) || about(before) != about(after)
}

/// An event of this kind as it is sent. The JSON of `data` has no line ends, so it is one line.
pub fn encode_event(kind: &str, number: u64, data: &impl Serialize) -> Vec<u8> {
    let data = serde_json::to_string(data).expect("what is plain data with names for keys has a JSON");
    format!("event: {kind}\nid: {number}\ndata: {data}\n\n").into_bytes()
}
