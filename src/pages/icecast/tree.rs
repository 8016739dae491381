//! What is told of the server and of every source, by Icecast's names: the one list that is shown as JSON, as XML and as
//! tables (protocol-notes/pages-icecast.md, "The tree").

use std::fmt;

use serde::Serialize;
use serde_json::{Map, json};

use super::source::{Source, sources};
use super::{date, host_of, query};
use crate::http::reply::SERVER;
use crate::http::which::Which;
use crate::pages::{Facts, StationFacts, StationTraffic, Traffic, plain};
use crate::time::Time;

/// Everything, each list sorted by name as Icecast sorts it.
pub struct Tree {
    /// Of the server.
    pub global: Vec<Element>,
    /// Of every source.
    pub sources: Vec<Branch>,
}

/// A source.
pub struct Branch {
    /// Its path.
    pub mount: String,
    /// What is told of it.
    pub elements: Vec<Element>,
}

/// One name and what it stands for.
pub type Element = (&'static str, Value);

/// Typed for what it is, and not for what it looks like: a song called `1999` is no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Shows no control characters.
    Text(String),
    /// A count.
    Number(u64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl Tree {
    /// What everybody may see.
    pub fn open(facts: &Facts, which: &Which, base: &str) -> Self {
        let sources = sources(facts, which, base);
        let branches = sources.iter().map(|source| Branch::of(source, open_elements(source)));
        Self { global: sorted(about_server(facts, base)), sources: branches.collect() }
    }

    /// What operators may see.
    pub fn whole(facts: &Facts, traffic: &Traffic, which: &Which, base: &str) -> Self {
        let all = sources(facts, &Which::Lowest, base);
        let global = [about_server(facts, base), counted(facts, traffic, all.len())].concat();
        let branches = sources(facts, which, base).into_iter().map(|source| {
            let at = facts.stations.iter().position(|station| station.id == source.station.id);
            let traffic = at.and_then(|at| traffic.stations.get(at)).copied().unwrap_or_default();
            let elements = [open_elements(&source), inner_elements(facts, &source, traffic)].concat();
            Branch::of(&source, elements)
        });
        Self { global: sorted(global), sources: branches.collect() }
    }

    /// As Icecast has it: an object for one source, an array for several, nothing for none.
    pub fn json(&self) -> String {
        let object = |elements: &[Element]| -> Map<String, serde_json::Value> {
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

impl Branch {
    fn of(source: &Source<'_>, elements: Vec<Element>) -> Self {
        Self { mount: source.mount.to_owned(), elements: sorted(elements) }
    }

    /// The mount as the value of a query.
    pub fn query(&self) -> String {
        query(&self.mount)
    }
}

/// Sorts by name, as byte for byte as Icecast does.
fn sorted(mut elements: Vec<Element>) -> Vec<Element> {
    elements.sort_by_key(|(name, _)| *name);
    elements
}

/// A text as a value.
fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// A count as a value.
fn number(number: impl TryInto<u64>) -> Value {
    Value::Number(number.try_into().unwrap_or(u64::MAX))
}

/// Where the server is and who looks after it nobody has told us. Scripts ask for them all the same.
fn about_server(facts: &Facts, base: &str) -> Vec<Element> {
    vec![
        ("admin", text("")),
        ("host", text(host_of(base))),
        ("location", text("")),
        ("server_id", text(SERVER)),
        ("server_start", text(date::for_people(facts.clock, Time::START))),
        ("server_start_iso8601", text(date::iso8601(facts.clock, Time::START))),
    ]
}

/// There is no `STATS` method here, and so nobody who is told of changes by it.
fn counted(facts: &Facts, traffic: &Traffic, sources: usize) -> Vec<Element> {
    let stations = &facts.stations;
    vec![
        ("client_connections", number(traffic.asked)),
        ("clients", number(traffic.connections)),
        ("connections", number(traffic.connected)),
        ("file_connections", number(traffic.pages)),
        ("listener_connections", number(stations.iter().map(|station| station.hits).sum::<u64>())),
        ("listeners", number(stations.iter().map(|station| station.listeners).sum::<usize>())),
        ("source_client_connections", number(traffic.sources)),
        ("source_relay_connections", number(traffic.relayed)),
        ("source_total_connections", number(traffic.sources + traffic.relayed)),
        ("sources", number(sources)),
        ("stats", number(0_u64)),
        ("stats_connections", number(0_u64)),
    ]
}

fn inner_elements(facts: &Facts, source: &Source<'_>, traffic: StationTraffic) -> Vec<Element> {
    let station = source.station;
    let most = facts.most_listeners(station);
    let most = if most == usize::MAX { text("unlimited") } else { number(most) };
    let mut elements = vec![
        ("listener_connections", number(station.hits)),
        ("max_listeners", most),
        ("public", number(u8::from(station.public))),
        ("slow_listeners", number(traffic.too_slow)),
        ("total_bytes_read", number(traffic.on_air)),
        ("total_bytes_sent", number(station.bytes_sent)),
    ];
    if let Some(live) = &station.source {
        elements.push(("source_ip", text(live.address.to_string())));
        elements.push(("user_agent", text(plain(&live.user_agent))));
    }
    if station.on_demand {
        elements.push(("on_demand", number(1_u64)));
    }
    elements
}

fn open_elements(source: &Source<'_>) -> Vec<Element> {
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
    elements.extend(audio(station));
    if let Some([for_people, iso8601]) = &source.started {
        elements.push(("stream_start", text(for_people)));
        elements.push(("stream_start_iso8601", text(iso8601)));
    }
    elements
}

/// What Icecast knows where the source has sent `ice-audio-info`.
fn audio(station: &StationFacts) -> Vec<Element> {
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
