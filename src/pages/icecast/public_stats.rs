//! `/admin/publicstats`: the public statistics of Icecast 2.5, as XML and as JSON
//! (protocol-notes/pages-icecast.md, "/admin/publicstats").

use std::collections::HashMap;

use askama::Template;
use serde_json::{Map, Value, json};

use super::markup::XML;
use super::stats_tree::{ElementValue, SourceElements, StatsElement, StatsTree};
use crate::http::request::station_ref::StationRef;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, printable};

/// The elements of the server that Icecast shows there.
const SERVER_NAMES: [&str; 5] = ["admin", "host", "location", "server_id", "server_start_iso8601"];

/// The elements of a source that Icecast shows there, besides those that only this page has.
const SOURCE_NAMES: [&str; 6] =
    ["genre", "listeners", "listenurl", "server_description", "server_name", "stream_start_iso8601"];

/// The name that Icecast gives the title of an MP3 stream among the metadata.
const METADATA_TITLE: &str = "x_icy_title";

/// The name space of the JSON, from which readers recognise it.
const NAME_SPACE: &str = "http://icecast.org/specs/legacystats-0.0.1";

/// The most titles of a source, the latest ones.
const TRACKS_MAX: usize = 10;

/// The forms of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublicStatsFormat {
    /// `/admin/publicstats`.
    Xml,
    /// `/admin/publicstats.json`.
    Json,
}

#[derive(Template)]
#[template(path = "icecast/public_stats.xml")]
struct PublicStats {
    global: Vec<StatsElement>,
    sources: Vec<PublicSource>,
}

struct PublicSource {
    mount: String,
    elements: Vec<StatsElement>,
    /// The titles, the earliest first, as Icecast has them.
    tracks: Vec<String>,
    title: String,
}

impl PublicStatsFormat {
    /// Returns the form at `path`, if it is the page.
    pub fn from_path(path: &str) -> Option<Self> {
        match path {
            "/admin/publicstats" => Some(Self::Xml),
            "/admin/publicstats.json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Renders the statistics of all sources, or of the one that `station_ref` names.
    pub fn render(self, snapshot: &Snapshot, station_ref: &StationRef, base: &str) -> RenderedPage {
        let stats = PublicStats::new(snapshot, station_ref, base);
        match self {
            Self::Xml => RenderedPage::from_template(XML, &stats),
            Self::Json => RenderedPage::ok("application/json; charset=utf-8", stats.to_json()),
        }
    }
}

impl PublicStats {
    fn new(snapshot: &Snapshot, station_ref: &StationRef, base: &str) -> Self {
        let StatsTree { mut global, sources } = StatsTree::from_snapshot(snapshot, station_ref, base);
        global.retain(|(name, _)| SERVER_NAMES.contains(name));
        // To search all stations for each source would take too long with many of them.
        let stations = snapshot.stations.iter().map(|station| (station.mount.as_str(), &**station));
        let stations: HashMap<_, _> = stations.collect();
        let sources = sources.into_iter().map(|source| {
            let station = stations.get(source.mount.as_str()).copied();
            PublicSource::new(station, source)
        });
        Self { global, sources: sources.collect() }
    }

    /// Returns the statistics as Icecast writes them: an array of the kind of the element and the element,
    /// with an object of sources by their mounts.
    fn to_json(&self) -> String {
        let mut icestats = object(&self.global);
        icestats.insert("modules".to_owned(), json!({}));
        if !self.sources.is_empty() {
            let sources = self.sources.iter().map(|source| (source.mount.clone(), source.to_json()));
            icestats.insert("source".to_owned(), Value::Object(sources.collect()));
        }
        json!([{ "name": "icestats", "ns": NAME_SPACE }, icestats]).to_string()
    }
}

impl PublicSource {
    fn new(station: Option<&StationSnapshot>, source: SourceElements) -> Self {
        let SourceElements { mount, mut elements } = source;
        let title = station.map(|station| printable(&station.title.text)).unwrap_or_default();
        let played = station.iter().flat_map(|station| &station.history).take(TRACKS_MAX);
        let mut tracks: Vec<String> = played.map(|played| printable(&played.title.text)).collect();
        tracks.reverse();
        elements.retain(|(name, _)| SOURCE_NAMES.contains(name));
        elements.push(("display-title", ElementValue::Text(title.clone())));
        let content_type = station.map_or("", |station| station.content_type);
        elements.push(("content-type", ElementValue::Text(content_type.to_owned())));
        elements.sort_by_key(|(name, _)| *name);
        Self { mount, elements, tracks, title }
    }

    fn to_json(&self) -> Value {
        let tracks: Vec<_> = self.tracks.iter().map(|title| json!({ "title": title })).collect();
        let mut source = object(&self.elements);
        source.insert("metadata".to_owned(), json!({ METADATA_TITLE: self.title }));
        source.insert("playlist".to_owned(), json!({ "playlist": { "track": tracks } }));
        Value::Object(source)
    }
}

fn object(elements: &[StatsElement]) -> Map<String, Value> {
    elements.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}
