//! The JSON of the listeners of a station.

use serde::Serialize;

use super::listener_query::ListenerQuery;
use crate::pages::{AdminSnapshot, ListenerSnapshot, StationSnapshot};

/// The listeners of a station.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StationListenersJson {
    /// The id of the station.
    pub station: u32,
    /// The number of its listeners.
    pub total: usize,
    /// The number of its listeners that match the search: all without one.
    pub matching: usize,
    /// The requested part of them in the requested order: without one by id, which is the order in which they
    /// connected.
    pub listeners: Vec<ListenerJson>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListenerJson {
    /// Unique while the listener is connected.
    pub id: u64,
    /// Its IP address.
    pub address: String,
    /// Its User-Agent; empty if it sent none.
    pub user_agent: String,
    /// Its Referer; empty if it sent none.
    pub referer: String,
    /// Time since it connected, in seconds.
    pub connected_s: u64,
    /// Duration of audio between its position and the live edge, in seconds, rounded to tenths.
    pub behind_s: f64,
    /// Times that it fell too far behind and skipped forward.
    pub skips: u32,
    /// Bytes sent to it, response head and metadata included.
    pub bytes_sent: u64,
    /// Whether its connection to this server uses TLS; behind a proxy, that of the proxy.
    pub tls: bool,
    /// Whether it has been connected for long enough to be counted.
    pub counted: bool,
}

impl StationListenersJson {
    /// Creates the list of the listeners in `snapshot`, which must be those of `station` that `query` needs.
    pub fn new(snapshot: &AdminSnapshot, station: &StationSnapshot, query: &ListenerQuery) -> Self {
        let total = snapshot.listener_count;
        let (listeners, matching) = query.select(&snapshot.listeners, total);
        let listeners = listeners.into_iter().map(ListenerJson::new).collect();
        Self { station: station.id, total, matching, listeners }
    }
}

impl ListenerJson {
    fn new(listener: &ListenerSnapshot) -> Self {
        let ListenerSnapshot { user_agent, referer, .. } = listener.to_printable();
        Self {
            id: listener.id,
            address: listener.address.to_string(),
            user_agent,
            referer,
            connected_s: listener.connected_s,
            behind_s: (listener.behind.as_secs_f64() * 10.0).round() / 10.0,
            skips: listener.skips,
            bytes_sent: listener.bytes_sent,
            tls: listener.is_encrypted,
            counted: listener.is_counted,
        }
    }
}
