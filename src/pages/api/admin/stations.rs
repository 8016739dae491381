//! The JSON of stations with their inputs, for administrators.

use serde::Serialize;

use super::conversion::{AudioJson, EncoderJson, MusicFormatJson};
use super::rendition::RenditionStatusJson;
use crate::pages::api::{StationJson, rfc3339};
use crate::pages::{
    AdminSnapshot, AdminStation, MasterStatus, RelayStatus, Snapshot, SourceSnapshot, printable,
};
use crate::time::WallClock;

/// All stations with their inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdminStationsJson {
    /// The stations, sorted by id.
    pub stations: Vec<AdminStationJson>,
    /// The master whose mounts are relayed, if there is one.
    pub master: Option<MasterJson>,
}

/// The master whose mounts are relayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MasterJson {
    /// Its URL, without the password.
    pub url: String,
    /// When its list was last followed; `None` if it never was.
    pub listed_at: Option<String>,
    /// Why the latest list was not followed; `None` if it was.
    pub last_error: Option<String>,
    /// The number of its mounts that are relayed.
    pub relayed: usize,
    /// How many of them are being received now.
    pub streaming: usize,
    /// How many mounts of its list are not relayed.
    pub left_out: usize,
}

/// A station with the fields for administrators.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdminStationJson {
    /// The public fields.
    #[serde(flatten)]
    pub station: StationJson,
    /// The audio on the air; `None` in silence.
    pub audio: Option<AudioJson>,
    /// The format to which music is converted; `None` until it is known, and if nothing is converted.
    pub music_format: Option<MusicFormatJson>,
    /// The number of files that are left out.
    pub left_out: usize,
    /// Why no file of the music can be played; `None` while some can, and without music.
    pub music_problem: Option<String>,
    /// What encode workers did for the station.
    pub encoder: EncoderJson,
    /// The encoding of the station, if it is a rendition.
    pub rendition_status: Option<RenditionStatusJson>,
    /// The live source, on the air or waiting to go on the air.
    pub source: Option<SourceJson>,
    /// The relay, if the station has one.
    pub relay: Option<RelayJson>,
    /// Whether the station has an AutoDJ.
    pub autodj: bool,
    /// Whether any user may go live on the station.
    pub accepts_sources: bool,
    /// Whether the configuration says that live sessions are recorded.
    pub records_sources: bool,
    /// When the listener peak was reached; `None` while there were no listeners.
    pub peak_at: Option<String>,
    /// Times that a listener too far behind skipped forward.
    pub skips: u64,
    /// Bytes sent to listeners.
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
    /// Whether its connection to this server uses TLS; behind a proxy, that of the proxy.
    pub tls: bool,
    /// Whether its session is recorded.
    pub recorded: bool,
}

/// A relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayJson {
    /// The URL of the upstream, without the password.
    pub url: String,
    /// `idle`, `retrying`, `connecting` or `streaming`.
    pub state: &'static str,
    /// Why the latest attempt to connect failed; `None` if none has failed since the stream was received.
    pub last_error: Option<String>,
}

impl AdminStationsJson {
    /// Creates the list of the stations of `snapshot`, for a client that reached the server at `base`.
    pub fn new(snapshot: &AdminSnapshot, base: &str) -> Self {
        let station = |it| AdminStationJson::new(&snapshot.public, it, base);
        let master = snapshot.master.as_ref().map(|it| MasterJson::new(snapshot.public.clock, it));
        Self { stations: snapshot.stations.iter().map(station).collect(), master }
    }
}

impl AdminStationJson {
    fn new(snapshot: &Snapshot, station: &AdminStation, base: &str) -> Self {
        let music = station.music.as_deref();
        Self {
            station: StationJson::new(snapshot, &station.public, base),
            audio: station.audio.as_ref().map(AudioJson::new),
            music_format: music.and_then(|music| music.format.as_ref()).map(MusicFormatJson::new),
            left_out: music.map_or(0, |music| music.left_out_count),
            music_problem: music.and_then(|music| music.problem.as_deref()).map(printable),
            encoder: EncoderJson::new(&station.encoder),
            rendition_status: station.rendition.as_ref().map(RenditionStatusJson::new),
            source: station.source.as_ref().map(|source| SourceJson::new(snapshot.clock, source)),
            relay: station.relay.as_ref().map(RelayJson::new),
            autodj: station.has_music,
            accepts_sources: station.accepts_sources,
            records_sources: station.records_sources,
            peak_at: station.peak_at.map(|at| rfc3339(snapshot.clock, at)),
            skips: station.earlier.skips.saturating_add(station.metrics.skips),
            bytes_sent: station.earlier.bytes_sent.saturating_add(station.metrics.bytes_sent),
        }
    }
}

impl MasterJson {
    fn new(clock: WallClock, master: &MasterStatus) -> Self {
        Self {
            url: printable(&master.url),
            listed_at: master.listed_at.map(|at| rfc3339(clock, at)),
            last_error: master.last_error.as_deref().map(printable),
            relayed: master.relayed,
            streaming: master.streaming,
            left_out: master.left_out,
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
            tls: source.is_encrypted,
            recorded: source.is_recorded,
        }
    }
}

impl RelayJson {
    fn new(relay: &RelayStatus) -> Self {
        let last_error = relay.last_error.as_deref().map(printable);
        Self { url: printable(&relay.url), state: relay.state.as_str(), last_error }
    }
}
