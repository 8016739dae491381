//! Stations, and what feeds each.

use serde::Serialize;

use crate::pages::api::{StationJson, rfc3339};
use crate::pages::{AdminSnapshot, AdminStation, RelayStatus, Snapshot, SourceSnapshot, printable};
use crate::time::WallClock;

/// All stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminStationsJson {
    /// Sorted by id.
    pub stations: Vec<AdminStationJson>,
}

/// A station, with what only its operator may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminStationJson {
    /// What everybody may know.
    #[serde(flatten)]
    pub station: StationJson,
    /// Who is live, on the air or about to be.
    pub source: Option<SourceJson>,
    /// The station elsewhere that it relays, if it does.
    pub relay: Option<RelayJson>,
    /// Whether it has music of its own.
    pub autodj: bool,
    /// Whether there is anybody who may go live on it.
    pub accepts_sources: bool,
    /// When there were as many listeners as there ever were; none while there were none.
    pub peak_at: Option<String>,
    /// How often a listener was too slow and was moved forward.
    pub skips: u64,
    /// Bytes sent to listeners.
    pub bytes_sent: u64,
}

/// Who is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceJson {
    /// Whose password it gave.
    pub user: String,
    /// Where it is.
    pub address: String,
    /// Its program; empty if it does not say.
    pub user_agent: String,
    /// When it began.
    pub since: String,
}

/// A station elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayJson {
    /// Where it is, without the password.
    pub url: String,
    /// `idle`, `waiting`, `connecting` or `streaming`.
    pub state: &'static str,
}

impl AdminStationsJson {
    /// The stations of `snapshot`, for a client that reached the server at `base`.
    pub fn new(snapshot: &AdminSnapshot, base: &str) -> Self {
        let station = |it| AdminStationJson::new(&snapshot.public, it, base);
        Self { stations: snapshot.stations.iter().map(station).collect() }
    }
}

impl AdminStationJson {
    fn new(snapshot: &Snapshot, station: &AdminStation, base: &str) -> Self {
        Self {
            station: StationJson::new(snapshot, &station.public, base),
            source: station.source.as_ref().map(|source| SourceJson::new(snapshot.clock, source)),
            relay: station.relay.as_ref().map(RelayJson::new),
            autodj: station.has_music,
            accepts_sources: station.accepts_sources,
            peak_at: station.peak_at.map(|at| rfc3339(snapshot.clock, at)),
            skips: station.metrics.skips,
            bytes_sent: station.metrics.bytes_sent,
        }
    }
}

impl SourceJson {
    fn new(clock: WallClock, source: &SourceSnapshot) -> Self {
        Self {
            user: printable(&source.user),
            address: source.address.to_string(),
            user_agent: printable(&source.user_agent),
            since: rfc3339(clock, source.since),
        }
    }
}

impl RelayJson {
    fn new(relay: &RelayStatus) -> Self {
        Self { url: printable(&relay.url), state: relay.state.as_str() }
    }
}
