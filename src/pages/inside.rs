//! What only an operator may know of the server, as plain data.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Traffic, plain};
use crate::bans::Ban;
use crate::log_tail::LogLine;
use crate::time::Time;

/// For each stretch of this length it is known how many listeners there were at most.
pub const SAMPLED_EVERY: Duration = Duration::from_secs(5 * 60);

/// What there is to know beside [`Facts`](super::Facts), at the same moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inside {
    /// Whoever listens to the station that is asked for, by id. Those who have just come are among them.
    pub listeners: Vec<ListenerFacts>,
    /// Who came.
    pub traffic: Traffic,
    /// The stations, in the order in which they are in the facts, where they are asked for.
    pub stations: Vec<InsideStation>,
    /// Who is not let in, the oldest ban first, where it is asked for.
    pub bans: Vec<Arc<Ban>>,
    /// How many listeners each station had, in the same order, where it is asked for: when each [`SAMPLED_EVERY`] of the
    /// last 24 hours began, and the most there were in it.
    pub audience: Vec<Vec<(Time, u32)>>,
    /// The lines of the log that are asked for, and the number of the last there is.
    pub log: (Vec<Arc<LogLine>>, u64),
}

/// What feeds a station, and how it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InsideStation {
    /// The station elsewhere that it relays, if it does.
    pub relay: Option<RelayFacts>,
    /// Whether it has music of its own.
    pub has_music: bool,
    /// Whether there is anybody who may go live on it.
    pub accepts_sources: bool,
    /// When there first were as many listeners as there ever were.
    pub peak_at: Option<Time>,
    /// How often a listener was too slow and was moved forward.
    pub skips: u64,
}

/// A station elsewhere that is relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayFacts {
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
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Connecting => "connecting",
            Self::Streaming => "streaming",
        }
    }
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerFacts {
    /// Unique while he is connected; what [`Client::Id`](crate::http::admin::Client::Id) names.
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
    pub counts: bool,
}

impl ListenerFacts {
    /// The same without what no page can show.
    pub fn plain(&self) -> Self {
        Self {
            user_agent: plain(&self.user_agent),
            referer: plain(&self.referer),
            forwarded_for: plain(&self.forwarded_for),
            ..self.clone()
        }
    }
}

#[cfg(test)]
impl Inside {
    /// A listener like any other, and one who means no good.
    pub fn example() -> Self {
        let vlc = ListenerFacts {
            id: 5,
            address: [203, 0, 113, 9].into(),
            user_agent: "VLC/3.0".into(),
            referer: String::new(),
            forwarded_for: String::new(),
            connected_s: 77,
            bytes_sent: 1_232_000,
            behind: Duration::from_millis(4_960),
            skips: 2,
            counts: true,
        };
        let evil = ListenerFacts {
            id: u64::MAX,
            address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
            user_agent: String::new(),
            referer: "http://h/?a=1&b=\"<c>'\u{1b}\u{ffff}".into(),
            forwarded_for: "192.0.2.1, \u{85}x".into(),
            connected_s: 0,
            bytes_sent: 0,
            behind: Duration::ZERO,
            skips: 0,
            counts: false,
        };
        Self { listeners: vec![vlc, evil], ..Self::default() }
    }
}
