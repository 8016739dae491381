//! What is told of the server and of every source, by Icecast's names: the one list that is shown as JSON, as XML and as
//! tables (protocol-notes/pages-icecast.md, "The tree").

use std::fmt;

use serde::Serialize;
use serde_json::{Map, json};

use super::date;
use super::source::{IcecastSource, source_filter, sources};
use super::url::{host_of, query_value};
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::SERVER;
use crate::pages::{AdminSnapshot, AdminStation, Snapshot, StationSnapshot, printable};
use crate::time::Time;

/// Everything, each list sorted by name as Icecast sorts it.
pub struct StatsTree {
    /// Of the server.
    pub global: Vec<StatsElement>,
    /// Of every source.
    pub sources: Vec<SourceElements>,
}

/// A source.
pub struct SourceElements {
    /// Its path.
    pub mount: String,
    /// What is told of it.
    pub elements: Vec<StatsElement>,
}

/// One name and what it stands for.
pub type StatsElement = (&'static str, ElementValue);

/// Typed for what it is, and not for what it looks like: a song called `1999` is no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ElementValue {
    /// Shows no control characters.
    Text(String),
    /// A count.
    Number(u64),
}

impl fmt::Display for ElementValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl StatsTree {
    /// What everybody may see.
    pub fn from_snapshot(snapshot: &Snapshot, which: &StationRef, base: &str) -> Self {
        let sources = sources(snapshot, which, base);
        let branches = sources.iter().map(|source| SourceElements::new(source, public_elements(source)));
        Self { global: sorted(server_elements(snapshot, base)), sources: branches.collect() }
    }

    /// What operators may see.
    pub fn from_admin_snapshot(snapshot: &AdminSnapshot, which: &StationRef, base: &str) -> Self {
        let public = &snapshot.public;
        let is_source = source_filter(public, which);
        let branches = snapshot.stations.iter().filter(|it| is_source(&it.public)).map(|station| {
            let source = IcecastSource::new(public, &station.public, base);
            SourceElements::new(&source, [public_elements(&source), admin_elements(public, station)].concat())
        });
        let global = [server_elements(public, base), server_counters(snapshot)].concat();
        Self { global: sorted(global), sources: branches.collect() }
    }

    /// As Icecast has it: an object for one source, an array for several, nothing for none.
    pub fn to_json(&self) -> String {
        let object = |elements: &[StatsElement]| -> Map<String, serde_json::Value> {
            elements.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
        };
        let mut icestats = object(&self.global);
        let mut sources: Vec<_> = self.sources.iter().map(|source| json!(object(&source.elements))).collect();
        match sources.len() {
            0 => None,
            1 => icestats.insert("source".to_owned(), sources.remove(0)),
            _ => icestats.insert("source".to_owned(), sources.into()),
        };
        json!({ "icestats": icestats }).to_string()
    }
}

impl SourceElements {
    fn new(source: &IcecastSource<'_>, elements: Vec<StatsElement>) -> Self {
        Self { mount: source.mount.to_owned(), elements: sorted(elements) }
    }

    /// The mount as the value of a query.
    pub fn query(&self) -> String {
        query_value(&self.mount)
    }
}

/// Sorts by name, as byte for byte as Icecast does.
fn sorted(mut elements: Vec<StatsElement>) -> Vec<StatsElement> {
    elements.sort_by_key(|(name, _)| *name);
    elements
}

/// A text as a value.
fn text(text: impl Into<String>) -> ElementValue {
    ElementValue::Text(text.into())
}

/// A count as a value.
fn number(number: impl TryInto<u64>) -> ElementValue {
    ElementValue::Number(number.try_into().unwrap_or(u64::MAX))
}

/// Where the server is and who looks after it nobody has told us. Scripts ask for them all the same.
fn server_elements(snapshot: &Snapshot, base: &str) -> Vec<StatsElement> {
    vec![
        ("admin", text("")),
        ("host", text(host_of(base))),
        ("location", text("")),
        ("server_id", text(SERVER)),
        ("server_start", text(date::rfc2822(snapshot.clock, Time::START))),
        ("server_start_iso8601", text(date::iso8601(snapshot.clock, Time::START))),
    ]
}

/// There is no `STATS` method here, and so nobody who is told of changes by it.
fn server_counters(AdminSnapshot { public, metrics: counters, .. }: &AdminSnapshot) -> Vec<StatsElement> {
    let stations = &public.stations;
    let hits = counters.removed_hits + stations.iter().map(|station| station.hits).sum::<u64>();
    let is_source = source_filter(public, &StationRef::Default);
    let (sources, relays) = (counters.source_connections, counters.relay_connections);
    vec![
        ("client_connections", number(counters.client_connections)),
        ("clients", number(counters.connections)),
        ("connections", number(counters.opened_connections())),
        ("file_connections", number(counters.page_connections)),
        ("listener_connections", number(hits)),
        ("listeners", number(stations.iter().map(|station| station.listeners).sum::<usize>())),
        ("source_client_connections", number(sources)),
        ("source_relay_connections", number(relays)),
        ("source_total_connections", number(sources + relays)),
        ("sources", number(stations.iter().filter(|station| is_source(station)).count())),
        ("stats", number(0_u64)),
        ("stats_connections", number(0_u64)),
    ]
}

fn admin_elements(snapshot: &Snapshot, admin: &AdminStation) -> Vec<StatsElement> {
    let AdminStation { public: station, metrics: counters, .. } = admin;
    let most = snapshot.listener_limit(station);
    let most = if most == usize::MAX { text("unlimited") } else { number(most) };
    let mut elements = vec![
        ("listener_connections", number(station.hits)),
        ("max_listeners", most),
        ("public", number(u8::from(station.public))),
        ("slow_listeners", number(counters.too_slow)),
        ("total_bytes_read", number(counters.bytes_on_air)),
        ("total_bytes_sent", number(counters.bytes_sent)),
    ];
    if let Some(live) = &admin.source {
        elements.push(("source_ip", text(live.address.to_string())));
        elements.push(("user_agent", text(printable(&live.user_agent))));
    }
    if station.on_demand {
        elements.push(("on_demand", number(1_u64)));
    }
    elements
}

fn public_elements(source: &IcecastSource<'_>) -> Vec<StatsElement> {
    let station = source.station;
    let mut elements = vec![
        ("genre", text(&source.genre)),
        ("listener_peak", number(station.peak)),
        ("listeners", number(station.listeners)),
        ("listenurl", text(&source.listen_url)),
        ("server_description", text(&source.description)),
        ("server_name", text(&source.name)),
        ("server_type", text(station.content_type)),
        ("server_url", text(&source.url)),
        ("title", text(&source.title)),
    ];
    elements.extend(audio_elements(station));
    if let Some([for_people, iso8601]) = &source.started {
        elements.push(("stream_start", text(for_people)));
        elements.push(("stream_start_iso8601", text(iso8601)));
    }
    elements
}

/// What Icecast knows where the source has sent `ice-audio-info`.
fn audio_elements(station: &StationSnapshot) -> Vec<StatsElement> {
    let (Some(kbps), Some(rate), Some(channels)) = (station.kbps, station.rate, station.channels) else {
        return Vec::new();
    };
    vec![
        ("audio_info", text(format!("bitrate={kbps};channels={channels};samplerate={rate}"))),
        ("bitrate", number(kbps)),
        ("channels", number(channels)),
        ("ice-bitrate", number(kbps)),
        ("samplerate", number(rate)),
    ]
}
