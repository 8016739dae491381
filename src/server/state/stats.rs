//! What has happened since the server started, counted for those who watch it (protocol-notes/metrics.md).
//!
//! Plain numbers, counted where things happen. On the path of the audio that costs an addition.

use std::collections::BTreeMap;

use crate::pages::{Histogram, RefusedConnections};
use crate::router::Route;
use crate::session::CloseReason;

/// The counters of the server.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that were not accepted, or not at once.
    pub refused: RefusedConnections,
    requests: BTreeMap<(RequestKind, u16), u64>,
    ended: BTreeMap<&'static str, u64>,
    /// How late the loop woke.
    pub loop_lag: Histogram,
    /// How late listeners were served.
    pub delivery_delay: Histogram,
    /// Requests other than logins of sources.
    pub client_requests: u64,
    /// Requests for pages.
    pub page_requests: u64,
    /// Logins of sources that were accepted.
    pub source_logins: u64,
    /// Streams of upstreams that began.
    pub relay_streams: u64,
    /// Listeners that were counted on stations that have been removed.
    pub removed_hits: u64,
    /// The most listeners that counted at once, all stations together.
    pub peak_listeners: usize,
}

/// What a request is for, as far as the counters tell requests apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKind {
    /// A stream.
    Stream,
    /// A page, a picture, events.
    Page,
    /// The administration.
    Admin,
    /// The login of a source.
    Source,
    /// The metrics.
    Metrics,
    /// Anything else, or nothing that makes sense.
    #[default]
    Other,
}

/// Why a connection is not accepted, or not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCause {
    /// Its address has as many as one may have.
    AddressLimit,
    /// There are as many as there may be; it waits in the system's queue.
    ConnectionLimit,
    /// The system has no room for it; it waits in the system's queue.
    SystemLimit,
}

impl From<&Route> for RequestKind {
    fn from(route: &Route) -> Self {
        match route {
            Route::Stream(_) => Self::Stream,
            Route::Page(_) | Route::Artwork(_) | Route::Events => Self::Page,
            Route::Source | Route::SourcesOff => Self::Source,
            Route::Admin | Route::AdminOptions => Self::Admin,
            Route::Metrics => Self::Metrics,
            Route::ServerOptions | Route::Preflight | Route::NotAllowed | Route::NotFound => Self::Other,
        }
    }
}

impl RequestKind {
    fn label(self) -> &'static str {
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

impl Stats {
    /// A connection was not accepted.
    pub fn note_refused(&mut self, reason: RefusalCause) {
        let RefusedConnections { address_limit: address, connection_limit: full, system_limit: system } =
            &mut self.refused;
        *match reason {
            RefusalCause::AddressLimit => address,
            RefusalCause::ConnectionLimit => full,
            RefusalCause::SystemLimit => system,
        } += 1;
    }

    /// A request was answered.
    pub fn note_answered(&mut self, kind: RequestKind, status: u16) {
        *self.requests.entry((kind, status)).or_default() += 1;
    }

    /// A session ended.
    pub fn note_ended(&mut self, reason: CloseReason) {
        *self.ended.entry(reason.as_str()).or_default() += 1;
    }

    /// Requests that were answered, by what they were for and the code of the answer.
    pub fn requests(&self) -> Vec<(&'static str, u16, u64)> {
        self.requests.iter().map(|(&(kind, status), &count)| (kind.label(), status, count)).collect()
    }

    /// Sessions that ended, by every reason there is: only from a zero on can an increase be seen.
    pub fn sessions_ended(&self) -> Vec<(&'static str, u64)> {
        let count =
            |reason: CloseReason| (reason.as_str(), self.ended.get(reason.as_str()).copied().unwrap_or(0));
        CloseReason::ALL.map(count).to_vec()
    }
}
