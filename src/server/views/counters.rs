//! Gathers the values of the metrics.

use crate::pages::{ServerMetrics, StationMetrics};
use crate::server::state::server::Server;
use crate::server::state::station::channel::Channel;

impl Server {
    /// Returns the current counters of the server.
    pub(super) fn counters(&self) -> ServerMetrics {
        let (stats, metrics) = (&self.stats, &self.views.metrics);
        let process = metrics.process.as_ref();
        ServerMetrics {
            process: process.map(|process| (process.usage)()).unwrap_or_default(),
            open_files_max: process.map(|process| process.open_files_max),
            connections: self.sessions.len(),
            request_memory: self.memory.budget.used(),
            request_memory_max: self.memory.budget.max(),
            accepted: stats.accepted,
            refused: stats.refused,
            tls_handshakes: stats.tls_handshakes(),
            tls_waiting: stats.tls_waiting,
            client_connections: stats.client_requests,
            page_connections: stats.page_requests,
            source_connections: stats.source_logins,
            failed_logins: stats.failed_logins,
            refused_logins: stats.refused_logins,
            waiting_logins: self.access.logins.waiting.len(),
            relay_connections: stats.relay_streams,
            removed_hits: stats.removed_hits,
            requests: stats.requests(),
            sessions_ended: stats.sessions_ended(),
            loop_lag: stats.loop_lag.clone(),
            delivery_delay: stats.delivery_delay.clone(),
            log_lines_suppressed: self.suppressed_lines(),
            access_log_lines_dropped: process.map_or(0, |process| (process.dropped_lines)()),
            reloads: self.reloads.counts().into(),
            scrapes: metrics.scrapes,
        }
    }

    /// Returns the suppressed lines of the log, by kind.
    fn suppressed_lines(&self) -> Vec<(&'static str, u64)> {
        let of_stations: u64 =
            self.stations.iter().map(|(_, channel)| channel.station.log.suppressed()).sum();
        let others = [
            ("stations", of_stations + self.unlisted.suppressed() + self.log.of_removed_stations),
            ("other", self.hooks.log_tail.suppressed()),
        ];
        self.log.suppressed().into_iter().chain(others).collect()
    }
}

/// Returns the current counters of a station.
pub fn station_counters(channel: &Channel) -> StationMetrics {
    let timeline = channel.station.timeline();
    StationMetrics {
        stream_connections: channel.wheel.len(),
        bytes_on_air: timeline.end(),
        bytes_sent: channel.bytes_sent,
        skips: channel.audience.skips,
        too_slow: channel.too_slow,
        title_changes: channel.station.title_changes(),
        ring_bytes: timeline.end() - timeline.start(),
        ring_capacity_bytes: timeline.capacity() as u64,
        ring_filled_s: timeline.buffered().duration().as_secs_f64(),
        ring_capacity_s: timeline.retention().duration().as_secs_f64(),
    }
}
