//! The statistics of the server and of all sources under Icecast's names. The same tree is rendered as JSON,
//! as XML and as tables (protocol-notes/pages-icecast.md, "The tree").

use std::fmt;

use serde::Serialize;
use serde_json::{Map, json};

use super::date;
use super::source::{IcecastSource, source_filter, sources};
use super::url::query_value;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::SERVER;
use crate::pages::{AdminSnapshot, AdminStation, Snapshot, StationSnapshot, host_of, printable};
use crate::time::Time;

/// The statistics, each list sorted by name as in Icecast.
pub struct StatsTree {
    /// The elements of the server.
    pub global: Vec<StatsElement>,
    /// The elements of each source.
    pub sources: Vec<SourceElements>,
}

/// The elements of a source.
pub struct SourceElements {
    /// The mount.
    pub mount: String,
    /// Names and values.
    pub elements: Vec<StatsElement>,
}

/// A name and its value.
pub type StatsElement = (&'static str, ElementValue);

/// The value of an element. Its type follows from its meaning and not from its form: the title `1999` is a
/// text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ElementValue {
    /// A text without control characters.
    Text(String),
    /// A number.
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
    /// Creates the tree with the public elements.
    pub fn from_snapshot(snapshot: &Snapshot, station_ref: &StationRef, base: &str) -> Self {
        let sources = sources(snapshot, station_ref, base);
        let branches = sources.iter().map(|source| SourceElements::new(source, public_elements(source)));
        Self { global: sorted(server_elements(snapshot, base)), sources: branches.collect() }
    }

    /// Creates the tree with the public elements and those for administrators.
    pub fn from_admin_snapshot(snapshot: &AdminSnapshot, station_ref: &StationRef, base: &str) -> Self {
        let public = &snapshot.public;
        let is_source = source_filter(public, station_ref);
        let branches = snapshot.stations.iter().filter(|it| is_source(&it.public)).map(|station| {
            let source = IcecastSource::new(public, &station.public, base);
            SourceElements::new(&source, [public_elements(&source), admin_elements(public, station)].concat())
        });
        let global = [server_elements(public, base), server_counters(snapshot)].concat();
        Self { global: sorted(global), sources: branches.collect() }
    }

    /// Returns the tree as JSON. As in Icecast, `source` is an object for one source, an array for several,
    /// and absent for none.
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

    /// Returns the mount as the value of a query parameter.
    pub fn query(&self) -> String {
        query_value(&self.mount)
    }
}

/// Sorts by the bytes of the names, as Icecast does.
fn sorted(mut elements: Vec<StatsElement>) -> Vec<StatsElement> {
    elements.sort_by_key(|(name, _)| *name);
    elements
}

/// Returns a text as a value.
fn text(text: impl Into<String>) -> ElementValue {
    ElementValue::Text(text.into())
}

/// Returns a number as a value.
fn number(number: impl TryInto<u64>) -> ElementValue {
    ElementValue::Number(number.try_into().unwrap_or(u64::MAX))
}

/// Returns the public elements of the server. Scripts expect location and admin also if they are empty.
fn server_elements(snapshot: &Snapshot, base: &str) -> Vec<StatsElement> {
    vec![
        ("admin", text(printable(&snapshot.info.admin_contact))),
        ("host", text(host_of(base))),
        ("location", text(printable(&snapshot.info.location))),
        ("server_id", text(SERVER)),
        ("server_start", text(date::rfc2822(snapshot.clock, Time::START))),
        ("server_start_iso8601", text(date::iso8601(snapshot.clock, Time::START))),
    ]
}

/// Returns the counters of the server. coldwave does not support the `STATS` method, so the numbers of its
/// clients are 0.
fn server_counters(AdminSnapshot { public, metrics, .. }: &AdminSnapshot) -> Vec<StatsElement> {
    let stations = &public.stations;
    let hits = metrics.removed_hits + stations.iter().map(|station| station.hits).sum::<u64>();
    let is_source = source_filter(public, &StationRef::Default);
    let (sources, relays) = (metrics.source_connections, metrics.relay_connections);
    vec![
        ("client_connections", number(metrics.client_connections)),
        ("clients", number(metrics.connections)),
        ("connections", number(metrics.opened_connections())),
        ("file_connections", number(metrics.page_connections)),
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
    let AdminStation { public: station, metrics, earlier, .. } = admin;
    let limit = snapshot.listener_limit(station);
    let max_listeners = if limit == usize::MAX { text("unlimited") } else { number(limit) };
    let mut elements = vec![
        ("listener_connections", number(station.hits)),
        ("max_listeners", max_listeners),
        ("public", number(u8::from(station.public))),
        ("slow_listeners", number(metrics.too_slow.saturating_add(earlier.too_slow))),
        ("total_bytes_read", number(metrics.bytes_on_air.saturating_add(earlier.bytes_on_air))),
        ("total_bytes_sent", number(metrics.bytes_sent.saturating_add(earlier.bytes_sent))),
    ];
    if let Some(source) = &admin.source {
        elements.push(("source_ip", text(source.address.to_string())));
        elements.push(("user_agent", text(printable(&source.user_agent))));
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
    if let Some([rfc2822, iso8601]) = &source.started {
        elements.push(("stream_start", text(rfc2822)));
        elements.push(("stream_start_iso8601", text(iso8601)));
    }
    elements
}

/// Returns the elements that Icecast has if the source sent `ice-audio-info`.
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
