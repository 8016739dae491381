//! The JSON of stations with their inputs, for administrators.

use serde::Serialize;

use crate::pages::api::{StationJson, rfc3339};
use crate::pages::{AdminSnapshot, AdminStation, RelayStatus, Snapshot, SourceSnapshot, printable};
use crate::time::WallClock;

/// All stations with their inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminStationsJson {
    /// The stations, sorted by id.
    pub stations: Vec<AdminStationJson>,
}

/// A station with the fields for administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminStationJson {
    /// The public fields.
    #[serde(flatten)]
    pub station: StationJson,
    /// The live source, on the air or waiting to go on the air.
    pub source: Option<SourceJson>,
    /// The relay, if the station has one.
    pub relay: Option<RelayJson>,
    /// Whether the station has an AutoDJ.
    pub autodj: bool,
    /// Whether any user may go live on the station.
    pub accepts_sources: bool,
    /// When the listener peak was reached; `None` while there were no listeners.
    pub peak_at: Option<String>,
    /// Times that a listener too far behind skipped forward.
    pub skips: u64,
    /// Bytes sent to listeners since the server started.
    pub bytes_sent: u64,
}

/// A live source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceJson {
    /// The user name with which it logged in.
    pub user: String,
    /// Its IP address.
    pub address: String,
    /// Its User-Agent; empty if it sent none.
    pub user_agent: String,
    /// When it connected.
    pub since: String,
}

/// A relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayJson {
    /// The URL of the upstream, without the password.
    pub url: String,
    /// `idle`, `retrying`, `connecting` or `streaming`.
    pub state: &'static str,
}

impl AdminStationsJson {
    /// Creates the list of the stations of `snapshot`, for a client that reached the server at `base`.
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
