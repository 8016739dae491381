//! Whoever listens to a station, one by one.

use serde::Serialize;

use crate::pages::{AdminSnapshot, ListenerSnapshot, StationSnapshot};

/// Whoever listens to a station.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StationListenersJson {
    /// Its id.
    pub station: u32,
    /// Sorted by id, which is the order in which they connected.
    pub listeners: Vec<ListenerJson>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListenerJson {
    /// Unique while he is connected.
    pub id: u64,
    /// Where he is.
    pub address: String,
    /// His program; empty if it does not say.
    pub user_agent: String,
    /// The page that sent him; empty if none did.
    pub referer: String,
    /// For how long he has been connected, in seconds.
    pub connected_s: u64,
    /// How much audio the live edge is ahead of what he was sent, in seconds, to the tenth.
    pub behind_s: f64,
    /// How often he was too slow and was moved forward.
    pub skips: u32,
    /// Bytes that he was sent, head and titles included.
    pub bytes_sent: u64,
    /// Whether he has listened for long enough to be counted.
    pub counted: bool,
}

impl StationListenersJson {
    /// The listeners of `snapshot`, which are those of `station`.
    pub fn new(snapshot: &AdminSnapshot, station: &StationSnapshot) -> Self {
        Self { station: station.id, listeners: snapshot.listeners.iter().map(ListenerJson::new).collect() }
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
            counted: listener.is_counted,
        }
    }
}
