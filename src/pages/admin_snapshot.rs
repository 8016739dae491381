//! What an admin may see of the server at one moment, as plain data.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::metric_values::{ServerMetrics, StationMetrics};
use super::printable;
use super::snapshot::{Snapshot, StationSnapshot};
use crate::bans::Ban;
use crate::http::request::station_ref::StationRef;
use crate::log_tail::LogLine;
use crate::station::TrackInfo;
use crate::time::Time;

/// For each stretch of this length it is known how many listeners there were at most.
pub const AUDIENCE_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// What an admin may see of the server at one moment.
///
/// The numbers and what feeds the stations are always there: they cost a little for every station. Lists cost as much as
/// they are long, one entry for each listener, so they are empty unless the page asks for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdminSnapshot {
    /// What everybody may see.
    pub public: Rc<Snapshot>,
    /// The server's numbers.
    pub metrics: ServerMetrics,
    /// The stations, sorted by id.
    pub stations: Vec<AdminStation>,
    /// The listeners of the station that the page is about, sorted by id, if asked for. Those that have just come are among
    /// them.
    pub listeners: Vec<ListenerSnapshot>,
    /// All bans, the oldest first, if asked for.
    pub bans: Vec<Arc<Ban>>,
    /// Lines of the log, and the number of the last there is, if asked for.
    pub log: (Vec<Arc<LogLine>>, u64),
}

/// What an admin may see of a station.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdminStation {
    /// What everybody may see.
    pub public: Rc<StationSnapshot>,
    /// Its numbers.
    pub metrics: StationMetrics,
    /// The live source, on the air or about to be.
    pub source: Option<SourceSnapshot>,
    /// What is known of the track on the air, its file included.
    pub track: Option<Arc<TrackInfo>>,
    /// The station elsewhere that it relays, if it does.
    pub relay: Option<RelayStatus>,
    /// Whether it has music of its own.
    pub has_music: bool,
    /// Whether there is an account that may go live on it.
    pub accepts_sources: bool,
    /// Since when there has been nothing but silence, if there is.
    pub silent_since: Option<Time>,
    /// When there first were as many listeners as there ever were.
    pub peak_at: Option<Time>,
    /// How many listeners it had, if asked for: when each [`SAMPLED_EVERY`] of the last 24 hours began, and the most there
    /// were in it.
    pub audience: Vec<(Time, u32)>,
}

impl AdminSnapshot {
    /// One that has nothing to add to what everybody may see.
    pub fn from_public(public: Snapshot) -> Self {
        let public = Rc::new(public);
        let stations = public.stations.iter().cloned().map(AdminStation::from_public).collect();
        Self { public, stations, ..Self::default() }
    }

    /// The station that is meant.
    pub fn find(&self, which: &StationRef) -> Option<&AdminStation> {
        let meant = self.public.find(which)?.id;
        self.stations.iter().find(|station| station.public.id == meant)
    }
}

impl AdminStation {
    /// One that has nothing to add to what everybody may see.
    pub fn from_public(public: Rc<StationSnapshot>) -> Self {
        Self { public, ..Self::default() }
    }
}

/// A live source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSnapshot {
    /// Whose password it gave.
    pub user: String,
    /// Where it is.
    pub address: IpAddr,
    /// Its program; empty if it does not say.
    pub user_agent: String,
    /// When it began.
    pub since: Time,
}

/// A station elsewhere that is relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayStatus {
    /// Its address, without the password.
    pub url: String,
    /// How far we are with it.
    pub state: RelayState,
}

/// How far we are with a station elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayState {
    /// Nobody wants to hear it.
    Idle,
    /// It is asked again in a while.
    Waiting,
    /// It is being asked.
    Connecting,
    /// It plays.
    Streaming,
}

impl RelayState {
    /// One word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "retrying",
            Self::Connecting => "connecting",
            Self::Streaming => "streaming",
        }
    }
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSnapshot {
    /// Unique while he is connected; what [`ClientSelector::Id`](crate::http::admin::Client::Id) names.
    pub id: u64,
    /// Where he is.
    pub address: IpAddr,
    /// His program; empty if it does not say.
    pub user_agent: String,
    /// The page that sent him; empty if none did.
    pub referer: String,
    /// What a proxy says of where he is; empty if there is none.
    pub forwarded_for: String,
    /// For how long he has been connected, in seconds.
    pub connected_s: u64,
    /// Bytes that he was sent, head and titles included.
    pub bytes_sent: u64,
    /// How much audio the live edge is ahead of what he was sent.
    pub behind: Duration,
    /// How often he was too slow and was moved forward.
    pub skips: u32,
    /// Whether he has listened for [long enough](crate::server::COUNTED_AFTER) to be counted.
    pub is_counted: bool,
}

impl ListenerSnapshot {
    /// The same without what no page can show.
    pub fn to_printable(&self) -> Self {
        Self {
            user_agent: printable(&self.user_agent),
            referer: printable(&self.referer),
            forwarded_for: printable(&self.forwarded_for),
            ..self.clone()
        }
    }
}

#[cfg(test)]
impl AdminSnapshot {
    /// The station of the examples in the notes with two listeners: an ordinary one, and one that sends hostile headers.
    pub fn example() -> Self {
        let vlc = ListenerSnapshot {
            id: 5,
            address: [203, 0, 113, 9].into(),
            user_agent: "VLC/3.0".into(),
            referer: String::new(),
            forwarded_for: String::new(),
            connected_s: 77,
            bytes_sent: 1_232_000,
            behind: Duration::from_millis(4_960),
            skips: 2,
            is_counted: true,
        };
        let evil = ListenerSnapshot {
            id: u64::MAX,
            address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
            user_agent: String::new(),
            referer: "http://h/?a=1&b=\"<c>'\u{1b}\u{ffff}".into(),
            forwarded_for: "192.0.2.1, \u{85}x".into(),
            connected_s: 0,
            bytes_sent: 0,
            behind: Duration::ZERO,
            skips: 0,
            is_counted: false,
        };
        Self { listeners: vec![vlc, evil], ..Self::from_public(Snapshot::example()) }
    }
}
