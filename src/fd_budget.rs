//! For how many there is room: what the system's limit of open files is shared out to.

use log::warn;

use crate::settings::StationSettings;

/// Files for everything that is neither a connection nor a station's own: standard streams, the event loop, signals,
/// the access log.
const FILES_RESERVED: usize = 20;

/// Files that a station's AutoDJ may have open at once: a track, and a folder or playlist that it looks into.
const FILES_PER_STATION: usize = 3;

/// Files that a recording has open: the audio, and its cue sheet.
const FILES_PER_RECORDING: usize = 2;

/// Files that a relay may have open at once: its connection, and the next one where it is redirected.
const FILES_PER_RELAY: usize = 2;

/// Connections that listeners leave to those who only ask: pages, scrapers, players that look before they listen.
const CONNECTIONS_RESERVED: usize = 200;

/// The part of all connections that may be readers of events: beside them there is room for three times as many who listen
/// or ask.
const EVENT_READERS_DIVISOR: usize = 4;

/// How many connections and listeners there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FdBudget {
    files: usize,
    /// Connections of any kind that there are files for, beside those of relays.
    pub connections: usize,
}

impl FdBudget {
    /// Shares out `files` open files among these stations and the connections from `listening` sockets.
    pub fn new(files: usize, listening: usize, stations: &[StationSettings]) -> Self {
        let count = |is: fn(&StationSettings) -> bool| stations.iter().filter(|station| is(station)).count();
        let of_stations = FILES_PER_STATION * stations.len()
            + FILES_PER_RECORDING * count(|station| station.record.is_some())
            + FILES_PER_RELAY * count(|station| station.relay.is_some());
        let kept = FILES_RESERVED + listening + of_stations;
        Self { files, connections: files.saturating_sub(kept).max(1) }
    }

    /// How many listeners there may be where `wanted` are wanted. Where the system allows few files, half of the
    /// connections are left to others.
    pub fn max_listeners(self, wanted: Option<usize>) -> usize {
        let most = self.files.saturating_sub(CONNECTIONS_RESERVED);
        let most = most.max(self.connections / 2).min(self.connections).max(1);
        if let Some(wanted) = wanted.filter(|&wanted| wanted > most) {
            let files = self.files;
            warn!(
                "an open file limit of {files} (ulimit -n) is too low for {wanted} listeners: the listener limit is {most}"
            );
        }
        wanted.unwrap_or(most).min(most)
    }

    /// How many connections of any kind there may be beside so many listeners. More have to wait outside until one
    /// ends: each may cost the memory of a whole request's head.
    pub fn max_connections(self, listeners: usize) -> usize {
        let others = CONNECTIONS_RESERVED.max(listeners / 4);
        self.connections.min(listeners.saturating_add(others))
    }

    /// How many may be told of events beside so many listeners.
    pub fn max_event_readers(self, listeners: usize) -> usize {
        (self.max_connections(listeners) / EVENT_READERS_DIVISOR).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{RecordSettings, RelaySettings};
    use crate::stream_url::StreamUrl;

    fn stations(count: usize) -> Vec<StationSettings> {
        vec![StationSettings::default(); count]
    }

    #[test]
    fn listeners_leave_room_for_others() {
        for (files, wanted, connections, listeners) in [
            (20_000, None, 19_976, 19_800),
            (20_000, Some(15_000), 19_976, 15_000),
            (1_024, Some(15_000), 1_000, 824),
            (40, None, 16, 8),
            (40, Some(3), 16, 3),
            (3, None, 1, 1),
        ] {
            let room = FdBudget::new(files, 1, &stations(1));
            assert_eq!((room.connections, room.max_listeners(wanted)), (connections, listeners), "{files}");
            assert!(room.max_connections(listeners) <= room.connections);
        }
    }

    #[test]
    fn few_listeners_do_not_make_room_for_a_million_strangers() {
        let room = FdBudget::new(1_048_576, 1, &stations(1));
        assert_eq!(room.max_connections(room.max_listeners(Some(500))), 700);
        assert_eq!(room.max_connections(room.max_listeners(Some(15_000))), 18_750);
        assert_eq!((room.max_event_readers(500), room.max_event_readers(15_000)), (175, 4_687));
        assert_eq!(FdBudget::new(3, 1, &stations(1)).max_event_readers(1), 1);
    }

    #[test]
    fn stations_have_files_of_their_own() {
        let mut stations = stations(200);
        assert_eq!(FdBudget::new(1_024, 2, &stations).connections, 1_024 - 20 - 2 - 600);
        for station in &mut stations[..10] {
            station.record = Some(RecordSettings { folder: "x".into(), pattern: "y".into() });
        }
        assert_eq!(FdBudget::new(1_024, 2, &stations).connections, 1_024 - 20 - 2 - 600 - 20);
        for station in &mut stations[5..55] {
            let url = StreamUrl::parse("http://radio.example/live").expect("an address");
            station.relay = Some(RelaySettings { url, on_demand: false });
        }
        assert_eq!(FdBudget::new(1_024, 2, &stations).connections, 1_024 - 20 - 2 - 600 - 20 - 100);
    }
}
