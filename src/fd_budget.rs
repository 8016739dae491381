//! The file descriptor budget: how the open-file limit of the system is divided.

use log::warn;

use crate::settings::StationSettings;

/// File descriptors for everything but connections and stations: standard streams, the event loop, signals,
/// the access log.
const FILES_RESERVED: usize = 20;

/// File descriptors of a station's AutoDJ: a track, and a directory or playlist that it scans.
const FILES_PER_STATION: usize = 3;

/// File descriptors of a recording: the audio file and its cue sheet.
const FILES_PER_RECORDING: usize = 2;

/// File descriptors of a relay: its connection, and the next one during a redirect.
const FILES_PER_RELAY: usize = 2;

/// Connections reserved for requests other than listeners: pages, scrapers, players that probe a stream
/// before they play it.
const CONNECTIONS_RESERVED: usize = 200;

/// Event readers may use one in this many connections. The rest remains for listeners and other requests.
const EVENT_READERS_DIVISOR: usize = 4;

/// Limits on connections and listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FdBudget {
    files: usize,
    /// Maximum number of incoming connections of any kind.
    pub connections: usize,
}

impl FdBudget {
    /// Divides `files` file descriptors between `listening` sockets, these stations and connections.
    pub fn new(files: usize, listening: usize, stations: &[StationSettings]) -> Self {
        let count = |predicate: fn(&StationSettings) -> bool| {
            stations.iter().filter(|station| predicate(station)).count()
        };
        let used_by_stations = FILES_PER_STATION * count(|station| station.rendition.is_none())
            + FILES_PER_RECORDING * count(|station| station.record.is_some())
            + FILES_PER_RELAY * count(|station| station.relay.is_some());
        let reserved = FILES_RESERVED + listening + used_by_stations;
        Self { files, connections: files.saturating_sub(reserved).max(1) }
    }

    /// Checks that this many open connections fit, so that a change does not lock everyone out.
    ///
    /// # Errors
    /// Returns one sentence about what does not fit.
    pub fn check_room(self, connections: usize) -> Result<(), String> {
        let Self { files, connections: fitting } = self;
        if connections <= fitting {
            return Ok(());
        }
        Err(format!(
            "an open file limit of {files} (ulimit -n) is too low for these stations: connections that fit beside \
             them: {fitting}, connections that are open: {connections}"
        ))
    }

    /// Returns the listener limit. `configured` is the limit in the settings, if there is one. With a low
    /// open-file limit, half of the connections are reserved for other requests.
    pub fn max_listeners(self, configured: Option<usize>) -> usize {
        let limit = self.files.saturating_sub(CONNECTIONS_RESERVED);
        let limit = limit.max(self.connections / 2).min(self.connections).max(1);
        if let Some(configured) = configured.filter(|&configured| configured > limit) {
            let files = self.files;
            warn!(
                "an open file limit of {files} (ulimit -n) is too low for {configured} listeners: the listener limit is {limit}"
            );
        }
        configured.unwrap_or(limit).min(limit)
    }

    /// Returns the limit on connections of any kind for this many listeners. Each connection may need memory
    /// for a complete request head, so further connections wait in the listen backlog until one closes.
    pub fn max_connections(self, listeners: usize) -> usize {
        let others = CONNECTIONS_RESERVED.max(listeners / 4);
        self.connections.min(listeners.saturating_add(others))
    }

    /// Returns the limit on event readers for this many listeners.
    pub fn max_event_readers(self, listeners: usize) -> usize {
        (self.max_connections(listeners) / EVENT_READERS_DIVISOR).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{RecordSettings, RelaySettings, RenditionSettings};
    use crate::stream_url::StreamUrl;

    fn stations(count: usize) -> Vec<StationSettings> {
        vec![StationSettings::default(); count]
    }

    #[test]
    fn listener_limit_reserves_connections_for_other_requests() {
        for (files, configured, connections, listeners) in [
            (20_000, None, 19_976, 19_800),
            (20_000, Some(15_000), 19_976, 15_000),
            (1_024, Some(15_000), 1_000, 824),
            (40, None, 16, 8),
            (40, Some(3), 16, 3),
            (3, None, 1, 1),
        ] {
            let budget = FdBudget::new(files, 1, &stations(1));
            assert_eq!(
                (budget.connections, budget.max_listeners(configured)),
                (connections, listeners),
                "{files}"
            );
            assert!(budget.max_connections(listeners) <= budget.connections);
        }
    }

    #[test]
    fn open_connections_must_fit_beside_the_stations() {
        let budget = FdBudget::new(400, 1, &stations(100));
        assert_eq!((budget.check_room(79), budget.connections), (Ok(()), 79));
        let error = FdBudget::new(400, 1, &stations(125)).check_room(36).expect_err("too many stations");
        assert!(
            error.contains("400") && error.contains("fit beside them: 4,") && error.ends_with("36"),
            "{error}"
        );
    }

    #[test]
    fn connection_limit_follows_a_low_listener_limit() {
        let budget = FdBudget::new(1_048_576, 1, &stations(1));
        assert_eq!(budget.max_connections(budget.max_listeners(Some(500))), 700);
        assert_eq!(budget.max_connections(budget.max_listeners(Some(15_000))), 18_750);
        assert_eq!((budget.max_event_readers(500), budget.max_event_readers(15_000)), (175, 4_687));
        assert_eq!(FdBudget::new(3, 1, &stations(1)).max_event_readers(1), 1);
    }

    #[test]
    fn stations_recordings_and_relays_reduce_the_connections() {
        let mut stations = stations(200);
        assert_eq!(FdBudget::new(1_024, 2, &stations).connections, 1_024 - 20 - 2 - 600);
        for station in &mut stations[..10] {
            station.record = Some(RecordSettings { folder: "x".into(), pattern: "y".into() });
        }
        assert_eq!(FdBudget::new(1_024, 2, &stations).connections, 1_024 - 20 - 2 - 600 - 20);
        for station in &mut stations[5..55] {
            let url = StreamUrl::parse("http://radio.example/live").expect("an address");
            station.relay = Some(RelaySettings::new(url, false));
        }
        assert_eq!(FdBudget::new(1_024, 2, &stations).connections, 1_024 - 20 - 2 - 600 - 20 - 100);
    }

    #[test]
    fn renditions_have_no_files() {
        let rendition = RenditionSettings { parent: "/live".into(), rate: 24_000, channels: 2, kbps: 64 };
        let rendition = StationSettings::default().as_rendition(rendition);
        let stations = [StationSettings::default(), rendition];
        assert_eq!(FdBudget::new(1_024, 1, &stations), FdBudget::new(1_024, 1, &stations[..1]));
    }
}
