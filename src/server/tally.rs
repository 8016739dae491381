//! What has happened since the server started, counted for whoever watches it (protocol-notes/metrics.md).
//!
//! Plain numbers, put up where things happen. What is on the way of the audio costs an addition.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Peer, Server};
use crate::http::request::route::Route;
use crate::pages::{Histogram, Refusals};
use crate::session::Why;

/// The counters of the server.
#[derive(Debug, Default)]
pub struct Tally {
    /// Connections that were taken.
    pub accepted: u64,
    /// Connections that were not taken, or not at once.
    pub refused: Refusals,
    requests: BTreeMap<(Kind, u16), u64>,
    ended: BTreeMap<&'static str, u64>,
    /// How late the loop woke.
    pub lag: Histogram,
    /// How late listeners were served.
    pub lateness: Histogram,
}

/// What a request is for, as far as it is told apart when it is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A stream.
    Stream,
    /// Something to look at.
    Page,
    /// Something of the operator's.
    Admin,
    /// Going on the air.
    Source,
    /// These numbers.
    Metrics,
    /// Anything else, or nothing that makes sense.
    #[default]
    Other,
}

/// Why a connection is not taken, or not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its address has as many as one may have.
    Address,
    /// There are as many as there may be; it waits outside.
    Full,
    /// The system has no room for it; it waits outside.
    System,
}

impl Kind {
    /// What goes this way.
    pub fn of(route: &Route) -> Self {
        match route {
            Route::Stream(_) => Self::Stream,
            Route::Page(_) => Self::Page,
            Route::Source(_) => Self::Source,
            Route::Admin | Route::AdminOptions => Self::Admin,
            Route::ServerOptions | Route::Preflight | Route::NotAllowed | Route::NotFound => Self::Other,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Page => "page",
            Self::Admin => "admin",
            Self::Source => "source",
            Self::Metrics => "metrics",
            Self::Other => "other",
        }
    }
}

impl Tally {
    /// A request was answered.
    pub fn answered(&mut self, kind: Kind, status: u16) {
        *self.requests.entry((kind, status)).or_default() += 1;
    }

    /// A session ended.
    pub fn ended(&mut self, why: Why) {
        *self.ended.entry(why.word()).or_default() += 1;
    }

    /// Requests that were answered.
    pub fn requests(&self) -> Vec<(&'static str, u16, u64)> {
        self.requests.iter().map(|(&(kind, status), &count)| (kind.word(), status, count)).collect()
    }

    /// Sessions that ended, also by what none has ended by yet: only from a zero on can it be seen that there is one.
    pub fn sessions_ended(&self) -> Vec<(&'static str, u64)> {
        let count = |why: Why| (why.word(), self.ended.get(why.word()).copied().unwrap_or(0));
        Why::ALL.map(count).to_vec()
    }
}

impl Server {
    /// The loop woke so much later than it wanted.
    pub fn woke(&mut self, late: Duration) {
        self.tally.lag.note(late, 1);
    }

    /// A connection was not taken.
    pub fn refused(&mut self, why: Refused) {
        let Refusals { address, full, system } = &mut self.tally.refused;
        *match why {
            Refused::Address => address,
            Refused::Full => full,
            Refused::System => system,
        } += 1;
    }

    pub(super) fn is_for(&mut self, peer: Peer, kind: Kind) {
        self.sessions.get_mut(peer).into_iter().for_each(|entry| entry.kind = kind);
    }
}
