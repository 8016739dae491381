//! Stations that Icecast's pages list as sources.

use super::date;
use super::url::query_value;
use crate::http::request::station_ref::StationRef;
use crate::pages::{OnAir, Snapshot, StationSnapshot, is_http_url, printable, stream_url};

/// A station for which Icecast would list a source: an input is on the air, or a relay would start for the
/// first listener.
pub struct IcecastSource<'a> {
    /// The station.
    pub station: &'a StationSnapshot,
    /// The mount, not encoded.
    pub mount: &'a str,
    /// The mount, percent-encoded as the path of a URL.
    pub path: String,
    /// The URL of the stream.
    pub listen_url: String,
    /// The name of the station.
    pub name: String,
    /// A description; may be empty.
    pub description: String,
    /// The genre; may be empty.
    pub genre: String,
    /// The home page; may be empty, and need not be a valid URL.
    pub url: String,
    /// The title in one text, as Icecast shows it for MP3; may be empty.
    pub title: String,
    /// When the input went on the air, as RFC 2822 and as ISO 8601.
    pub started: Option<[String; 2]>,
    /// Time since then, in seconds.
    pub connected_s: u64,
}

impl<'a> IcecastSource<'a> {
    /// Creates the source of a station, for a client that reached the server at `base`.
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

    /// Returns the mount as the value of a query parameter.
    pub fn query(&self) -> String {
        query_value(self.mount)
    }

    /// Returns whether [`url`](Self::url) may become a link.
    pub fn has_link(&self) -> bool {
        is_http_url(&self.url)
    }
}

/// Returns all sources, sorted by the ids of the stations. If `station_ref` names a station, returns only its
/// source.
pub fn sources<'a>(snapshot: &'a Snapshot, station_ref: &StationRef, base: &str) -> Vec<IcecastSource<'a>> {
    let is_source = source_filter(snapshot, station_ref);
    let sources = snapshot.stations.iter().filter(|station| is_source(station));
    sources.map(|station| IcecastSource::new(snapshot, station, base)).collect()
}

/// Returns a predicate for stations of `snapshot` that are sources. If `station_ref` names a station, only
/// that station matches.
pub fn source_filter<'a>(
    snapshot: &Snapshot,
    station_ref: &'a StationRef,
) -> impl Fn(&StationSnapshot) -> bool + use<'a> {
    let id = snapshot.find_named(station_ref).map(|station| station.id);
    move |station| {
        (*station_ref == StationRef::Default || Some(station.id) == id)
            && (station.on_air != OnAir::Silence || station.on_demand)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn silent_station_is_no_source_unless_on_demand() {
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
        let stations = stations.map(Arc::new).to_vec();
        let snapshot = Snapshot { stations, ..Snapshot::example() };
        let ids = |station_ref: &StationRef| -> Vec<u32> {
            sources(&snapshot, station_ref, "http://h").iter().map(|source| source.station.id).collect()
        };
        assert_eq!(ids(&StationRef::Default), [2, 3, 7]);
        assert_eq!(ids(&StationRef::Mount("/3".into())), [3]);
        assert!(
            ids(&StationRef::Mount("/1".into())).is_empty()
                && ids(&StationRef::Mount("/8".into())).is_empty()
        );
        assert_eq!(sources(&snapshot, &StationRef::Id(3), "http://h")[0].started, None);
    }
}
