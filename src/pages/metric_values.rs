//! Counters and gauges of the server and of its stations.

use super::histogram::Histogram;
use crate::process_usage::ProcessUsage;

/// Counters and gauges of the server. Counters start at zero when the server starts.
///
/// They are not part of the public [`Snapshot`](super::Snapshot), because every request for a page changes
/// some of them, and cached pages are valid only while the snapshot stays equal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerMetrics {
    /// CPU time, memory and open files of the process.
    pub process: ProcessUsage,
    /// Maximum number of open file descriptors, if known.
    pub open_files_max: Option<u64>,
    /// Open connections, including connections to upstreams.
    pub connections: usize,
    /// Bytes that clients hold with incomplete requests and unread responses.
    pub request_memory: usize,
    /// Maximum of [`request_memory`](Self::request_memory).
    pub request_memory_max: usize,
    /// Accepted connections.
    pub accepted: u64,
    /// Connections refused or left in the listen backlog.
    pub refused: RefusedConnections,
    /// TLS handshakes of clients: result and number.
    pub tls_handshakes: Vec<(&'static str, u64)>,
    /// TLS handshakes that wait for their turn.
    pub tls_waiting: usize,
    /// Connections that sent a request other than a source login.
    pub client_connections: u64,
    /// Connections that received a public page or playlist.
    pub page_connections: u64,
    /// Accepted source connections.
    pub source_connections: u64,
    /// Logins whose password was compared and wrong.
    pub failed_logins: u64,
    /// Logins refused without comparing their password.
    pub refused_logins: u64,
    /// Logins that wait for their turn.
    pub waiting_logins: usize,
    /// Established upstream streams.
    pub relay_connections: u64,
    /// Listener sessions of stations that have been removed.
    pub removed_hits: u64,
    /// Answered requests: kind, HTTP status and number.
    pub requests: Vec<(&'static str, u16, u64)>,
    /// Ended sessions: close reason and number.
    pub sessions_ended: Vec<(&'static str, u64)>,
    /// Delay between a timer's deadline and the event loop handling it.
    pub loop_lag: Histogram,
    /// Delay between a listener's slot of the delivery wheel and the write to it.
    pub delivery_delay: Histogram,
    /// Log lines suppressed by rate limiting, by kind.
    pub log_lines_suppressed: Vec<(&'static str, u64)>,
    /// Access log lines dropped because they could not be written in time.
    pub access_log_lines_dropped: u64,
    /// Ended reloads of the configuration: result and number.
    pub reloads: Vec<(&'static str, u64)>,
    /// Requests for the metrics page.
    pub scrapes: u64,
}

/// Connections refused or left in the listen backlog, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefusedConnections {
    /// The address had reached its connection limit. The connections were closed at once.
    pub address_limit: u64,
    /// The server had reached its connection limit. The connections waited in the listen backlog.
    pub connection_limit: u64,
    /// The system had no resources left. The connections waited in the listen backlog.
    pub system_limit: u64,
}

impl ServerMetrics {
    /// Returns the number of incoming connections, including those closed at once.
    pub fn opened_connections(&self) -> u64 {
        self.accepted + self.refused.address_limit
    }
}

/// Counters and gauges of a station. Counters start at zero when the server starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StationMetrics {
    /// Connections that receive the stream, counted as listeners or not.
    pub stream_connections: usize,
    /// Bytes of audio written to the ring buffer.
    pub bytes_on_air: u64,
    /// Bytes sent to listeners, response heads and metadata included.
    pub bytes_sent: u64,
    /// Times that a listener too far behind skipped forward.
    pub skips: u64,
    /// Listeners disconnected because they were too slow.
    pub too_slow: u64,
    /// Title changes at the live edge.
    pub title_changes: u64,
    /// Audio in the ring buffer, in bytes.
    pub ring_bytes: u64,
    /// Capacity of the ring buffer, in bytes.
    pub ring_capacity_bytes: u64,
    /// Audio in the ring buffer, in seconds.
    pub ring_filled_s: f64,
    /// Minimum duration that the full ring buffer keeps, in seconds.
    pub ring_capacity_s: f64,
}
