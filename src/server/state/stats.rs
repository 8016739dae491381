//! Counters since the server's start, for monitoring (protocol-notes/metrics.md).
//!
//! The counters are plain integers. On the hot path of delivery, counting costs one addition.

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
    /// TLS handshakes of clients that began a new session.
    pub tls_full: u64,
    /// TLS handshakes of clients that continued an earlier session.
    pub tls_resumed: u64,
    /// TLS handshakes of clients that were not completed.
    pub tls_failures: u64,
    /// TLS handshakes that wait for their turn.
    pub tls_waiting: usize,
    requests: BTreeMap<(RequestKind, u16), u64>,
    ended: BTreeMap<&'static str, u64>,
    /// How late the event loop woke up.
    pub loop_lag: Histogram,
    /// How late listeners were served.
    pub delivery_delay: Histogram,
    /// Requests other than source logins.
    pub client_requests: u64,
    /// Requests for pages.
    pub page_requests: u64,
    /// Accepted source logins.
    pub source_logins: u64,
    /// Logins whose password was compared and wrong.
    pub failed_logins: u64,
    /// Logins refused without comparing their password.
    pub refused_logins: u64,
    /// Upstream streams that began.
    pub relay_streams: u64,
    /// Listener sessions counted on stations that have been removed.
    pub removed_hits: u64,
    /// The most counted listeners at once, of all stations together.
    pub peak_listeners: usize,
}

/// The kinds of requests that the counters distinguish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKind {
    /// A stream.
    Stream,
    /// A page, artwork, events.
    Page,
    /// The admin interface.
    Admin,
    /// A source login.
    Source,
    /// The metrics.
    Metrics,
    /// Anything else, including invalid requests.
    #[default]
    Other,
}

/// Why a connection is not accepted, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCause {
    /// Its address reached the limit of connections per address.
    AddressLimit,
    /// The connection limit is reached; it waits in the system's queue.
    ConnectionLimit,
    /// The system has no resources for it; it waits in the system's queue.
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
            Route::Challenge(_)
            | Route::Health
            | Route::ServerOptions
            | Route::Preflight
            | Route::NotAllowed
            | Route::NotFound => Self::Other,
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
    /// Returns counters that begin at zero, except for the most listeners at once in the earlier runs.
    pub fn with_peak(peak_listeners: usize) -> Self {
        Self { peak_listeners, ..Self::default() }
    }

    /// Counts a connection that was not accepted.
    pub fn note_refused(&mut self, reason: RefusalCause) {
        let RefusedConnections { address_limit: address, connection_limit: full, system_limit: system } =
            &mut self.refused;
        *match reason {
            RefusalCause::AddressLimit => address,
            RefusalCause::ConnectionLimit => full,
            RefusalCause::SystemLimit => system,
        } += 1;
    }

    /// Counts a response.
    pub fn note_answered(&mut self, kind: RequestKind, status: u16) {
        *self.requests.entry((kind, status)).or_default() += 1;
    }

    /// Counts a session that ended.
    pub fn note_ended(&mut self, reason: CloseReason) {
        *self.ended.entry(reason.as_str()).or_default() += 1;
    }

    /// TLS handshakes of clients by result.
    pub fn tls_handshakes(&self) -> Vec<(&'static str, u64)> {
        vec![("full", self.tls_full), ("resumed", self.tls_resumed), ("failed", self.tls_failures)]
    }

    /// Responses by kind of request and status code.
    pub fn requests(&self) -> Vec<(&'static str, u16, u64)> {
        self.requests.iter().map(|(&(kind, status), &count)| (kind.label(), status, count)).collect()
    }

    /// Ended sessions by reason. Every reason is listed, also with zero, because monitoring can compute an
    /// increase only from an earlier value.
    pub fn sessions_ended(&self) -> Vec<(&'static str, u64)> {
        let count =
            |reason: CloseReason| (reason.as_str(), self.ended.get(reason.as_str()).copied().unwrap_or(0));
        CloseReason::ALL.map(count).to_vec()
    }
}
