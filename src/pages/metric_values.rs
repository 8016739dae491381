//! Counters and gauges of the server and of its stations: what changes with every request.

use super::histogram::Histogram;
use crate::process_usage::ProcessUsage;

/// The server's numbers. What has no unit counts since the server started.
///
/// They are no part of the public [`Snapshot`](super::Snapshot), whose equality decides whether a rendered page is still
/// good: a request for a page changes some of these.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerMetrics {
    /// What the process needs of the machine.
    pub process: ProcessUsage,
    /// Files that may be open at once, if that is known.
    pub open_files_max: Option<u64>,
    /// Connections that are open now, those to relayed servers included.
    pub connections: usize,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that were not accepted, or not at once.
    pub refused: RefusedConnections,
    /// Connections that asked for something, except to go live.
    pub client_connections: u64,
    /// Connections that got a page or a playlist that everybody may see.
    pub page_connections: u64,
    /// Connections of sources that were admitted.
    pub source_connections: u64,
    /// Streams of relayed servers that began.
    pub relay_connections: u64,
    /// Listeners that were counted on stations that have been removed.
    pub removed_hits: u64,
    /// Requests that were answered: what each was for, the status code, how many.
    pub requests: Vec<(&'static str, u16, u64)>,
    /// Sessions that ended, by reason.
    pub sessions_ended: Vec<(&'static str, u64)>,
    /// How late the event loop woke.
    pub loop_lag: Histogram,
    /// How late listeners were served.
    pub delivery_delay: Histogram,
    /// Log lines about misbehaving peers that were suppressed.
    pub log_lines_suppressed: u64,
    /// Lines that are missing from the access log.
    pub access_log_lines_dropped: u64,
    /// Requests for the metrics.
    pub scrapes: u64,
}

/// Why connections were not accepted, or not at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefusedConnections {
    /// The address had as many connections as one may have. They were closed at once.
    pub address_limit: u64,
    /// The server had as many connections as it may have. They waited in the system's queue.
    pub connection_limit: u64,
    /// The system had no resources left. They waited in the system's queue.
    pub system_limit: u64,
}

impl ServerMetrics {
    /// Connections that others have opened, those included that were closed at once.
    pub fn opened_connections(&self) -> u64 {
        self.accepted + self.refused.address_limit
    }
}

/// A station's numbers. What has no unit counts since the server started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StationMetrics {
    /// Connections that get the stream now, whether they count as listeners yet or not.
    pub stream_connections: usize,
    /// Bytes of audio that were put on the air.
    pub bytes_on_air: u64,
    /// Bytes sent to listeners, heads and titles included.
    pub bytes_sent: u64,
    /// How often a listener fell too far behind and was moved forward.
    pub skips: u64,
    /// Listeners that were disconnected because they did not keep up.
    pub too_slow: u64,
    /// How often the title on the air changed.
    pub title_changes: u64,
    /// Audio that is held for listeners that are behind, in bytes.
    pub ring_bytes: u64,
    /// Capacity of the ring buffer, in bytes.
    pub ring_capacity_bytes: u64,
    /// Audio that is held, in seconds.
    pub ring_filled_s: f64,
    /// Audio that is held at least, once so much was played, in seconds.
    pub ring_capacity_s: f64,
}
