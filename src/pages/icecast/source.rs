//! What counts as a source, and what is said of one.

use super::date;
use super::url::query_value;
use crate::http::request::station_ref::StationRef;
use crate::pages::{OnAir, Snapshot, StationSnapshot, is_http_url, printable, stream_url};

/// A station that Icecast would have a source for: something is on the air there, or would be if somebody listened.
pub struct IcecastSource<'a> {
    /// All that is known of it.
    pub station: &'a StationSnapshot,
    /// Its path, as it stands.
    pub mount: &'a str,
    /// Its path, as in an address.
    pub path: String,
    /// Where it is heard.
    pub listen_url: String,
    /// What it is called.
    pub name: String,
    /// May be empty.
    pub description: String,
    /// May be empty.
    pub genre: String,
    /// May be empty, and need be no address.
    pub url: String,
    /// The whole title line, as Icecast shows it for MP3; may be empty.
    pub title: String,
    /// Since when it has been on the air, for people and for programs.
    pub started: Option<[String; 2]>,
    /// For how many seconds that is.
    pub connected_s: u64,
}

impl<'a> IcecastSource<'a> {
    /// What there is to say of a station, for a client that reached the server at `base`.
    pub fn new(snapshot: &Snapshot, station: &'a StationSnapshot, base: &str) -> Self {
        let since = station.on_air_since();
        Self {
            station,
            mount: &station.mount,
            path: stream_url("", &station.mount),
            listen_url: stream_url(base, &station.mount),
            name: printable(&station.name),
            description: printable(&station.description),
            genre: printable(&station.genre),
            url: printable(&station.url),
            title: printable(&station.title.text),
            started: since
                .map(|since| [date::rfc2822(snapshot.clock, since), date::iso8601(snapshot.clock, since)]),
            connected_s: since.map_or(0, |since| snapshot.seconds_since(since)),
        }
    }

    /// The mount as the value of a query.
    pub fn query(&self) -> String {
        query_value(self.mount)
    }

    /// Whether [`url`](Self::url) may be linked to.
    pub fn has_link(&self) -> bool {
        is_http_url(&self.url)
    }
}

/// Those that there are, by the ids of the stations; with `which` none but that.
pub fn sources<'a>(snapshot: &'a Snapshot, which: &StationRef, base: &str) -> Vec<IcecastSource<'a>> {
    let is_source = source_filter(snapshot, which);
    let sources = snapshot.stations.iter().filter(|station| is_source(station));
    sources.map(|station| IcecastSource::new(snapshot, station, base)).collect()
}

/// Tells whether a station of `snapshot` is a source; with `which` none but that.
pub fn source_filter<'a>(
    snapshot: &Snapshot,
    which: &'a StationRef,
) -> impl Fn(&StationSnapshot) -> bool + use<'a> {
    let meant = snapshot.find(which).map(|station| station.id);
    move |station| {
        (*which == StationRef::Default || Some(station.id) == meant)
            && (station.on_air != OnAir::Silence || station.on_demand)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn whoever_is_silent_is_no_source() {
        let station = |id: u32, on_air, on_demand| StationSnapshot {
            id,
            mount: format!("/{id}"),
            on_air,
            on_demand,
            ..StationSnapshot::example()
        };
        let on_air = OnAir::AutoDj(crate::time::Time::START);
        let stations = [
            station(1, OnAir::Silence, false),
            station(2, on_air.clone(), false),
            station(3, OnAir::Silence, true),
            station(7, on_air, true),
        ];
        let stations = stations.map(Rc::new).to_vec();
        let snapshot = Snapshot { stations, ..Snapshot::example() };
        let of = |which: &StationRef| -> Vec<u32> {
            sources(&snapshot, which, "http://h").iter().map(|source| source.station.id).collect()
        };
        assert_eq!(of(&StationRef::Default), [2, 3, 7]);
        assert_eq!(of(&StationRef::Mount("/3".into())), [3]);
        assert!(
            of(&StationRef::Mount("/1".into())).is_empty() && of(&StationRef::Mount("/8".into())).is_empty()
        );
        assert_eq!(sources(&snapshot, &StationRef::Id(3), "http://h")[0].started, None);
    }
}
