//! `/stats` and `/statistics`: the statistics of one station and of all stations.

use std::sync::Arc;

use serde::Serialize;

use super::fields::{Fields, document};
use super::output_format::OutputFormat;
use crate::pages::{OnAir, RenderedPage, Snapshot, StationSnapshot};

/// The version in the form that SHOUTcast uses: four numbers and a text in parentheses. The numbers are those
/// of coldwave. A client that interprets them as an old version of SHOUTcast requests the pages of that
/// version, which coldwave has too.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), ".0 (coldwave)");

/// Renders `/stats` of a station. With `all`, the statistics of all stations follow: if the request names no
/// station, some clients read the former and some the latter. Only XML can hold both.
pub fn render_station(
    snapshot: &Snapshot,
    station: &StationSnapshot,
    all: bool,
    format: &OutputFormat,
) -> RenderedPage {
    let fields = summary(snapshot, station);
    let xml = || {
        document(&(fields.to_xml() + &if all { Statistics::new(snapshot).to_xml() } else { String::new() }))
    };
    format.render(xml, &fields.clone().number_as_text("BITRATE"))
}

/// Renders `/statistics`.
pub fn render_all(snapshot: &Snapshot, format: &OutputFormat) -> RenderedPage {
    let statistics = Statistics::new(snapshot);
    format.render(|| document(&statistics.to_xml()), &statistics)
}

/// Returns the statistics of a station and the version.
pub fn summary(snapshot: &Snapshot, station: &StationSnapshot) -> Fields {
    station_fields(snapshot, station).text("VERSION", VERSION)
}

fn station_fields(snapshot: &Snapshot, station: &StationSnapshot) -> Fields {
    let up_since = station.on_air_since();
    Fields::default()
        .number("CURRENTLISTENERS", station.listeners as u64)
        .number("PEAKLISTENERS", station.peak as u64)
        .number("MAXLISTENERS", snapshot.listener_limit(station) as u64)
        .number("UNIQUELISTENERS", station.unique as u64)
        .number("AVERAGETIME", station.average_connected_s)
        .text("SERVERGENRE", &station.genre)
        .text("SERVERURL", &station.url)
        .text("SERVERTITLE", &station.name)
        .text("SONGTITLE", &station.title.text)
        .text_if_not_empty("NEXTTITLE", station.next_titles.first().map_or("", String::as_str))
        .text_if_not_empty("DJ", dj(station))
        .text_if_not_empty("SONGURL", &station.title.url)
        .number("STREAMHITS", station.hits)
        .number("STREAMSTATUS", u64::from(up_since.is_some()))
        // SHOUTcast has a backup URL for a lost source, and its own directory. coldwave supports neither.
        .number("BACKUPSTATUS", 0)
        .number("STREAMLISTED", 0)
        .text("STREAMPATH", &station.mount)
        .number_if_known("STREAMUPTIME", up_since.map(|since| snapshot.seconds_since(since)))
        .number("BITRATE", station.kbps.unwrap_or(0).into())
        .text("CONTENT", station.content_type)
}

/// Returns the public name of the user of the live source on the air.
fn dj(station: &StationSnapshot) -> &str {
    match (&station.on_air, &station.source_user) {
        (OnAir::Live(_), Some(user)) => user,
        _ => "",
    }
}

/// The statistics of all stations.
#[derive(Serialize)]
struct Statistics {
    #[serde(flatten)]
    totals: Fields,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    streams: Vec<StreamFields>,
}

#[derive(Serialize)]
struct StreamFields {
    id: u32,
    #[serde(flatten)]
    fields: Fields,
}

impl Statistics {
    fn new(snapshot: &Snapshot) -> Self {
        let stream = |station: &Arc<StationSnapshot>| StreamFields {
            id: station.id,
            fields: station_fields(snapshot, station),
        };
        Self { totals: totals(snapshot), streams: snapshot.stations.iter().map(stream).collect() }
    }

    fn to_xml(&self) -> String {
        let element = |stream: &StreamFields| {
            format!("<STREAM id=\"{}\">{}</STREAM>", stream.id, stream.fields.to_xml())
        };
        let streams: String = self.streams.iter().map(element).collect();
        format!("<STREAMSTATS>{}{streams}</STREAMSTATS>", self.totals.to_xml())
    }
}

fn totals(snapshot: &Snapshot) -> Fields {
    let stations = &snapshot.stations;
    let active = stations.iter().filter(|station| station.on_air_since().is_some()).count();
    let listeners: usize = stations.iter().map(|station| station.listeners).sum();
    let seconds: u64 =
        stations.iter().map(|station| station.average_connected_s * station.listeners as u64).sum();
    Fields::default()
        .number("TOTALSTREAMS", stations.len() as u64)
        .number("ACTIVESTREAMS", active as u64)
        .number("CURRENTLISTENERS", listeners as u64)
        .number("PEAKLISTENERS", snapshot.peak as u64)
        .number("MAXLISTENERS", snapshot.max_listeners as u64)
        .number("UNIQUELISTENERS", snapshot.unique as u64)
        .number("AVERAGETIME", seconds / listeners.max(1) as u64)
        .text("VERSION", VERSION)
}
