//! `/stats` and `/statistics`: all the numbers, of one station and of all.

use std::rc::Rc;

use serde::Serialize;

use super::fields::{Fields, document};
use super::output_format::OutputFormat;
use crate::pages::{OnAir, RenderedPage, Snapshot, StationSnapshot};

/// What we are, in the form in which SHOUTcast tells its own version: four numbers, and something in parentheses. The
/// numbers are ours. Whoever takes them for an old SHOUTcast's asks for pages that are here, too.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), ".0 (coldwave)");

/// `/stats` of a station. `all` says whether those of all are to stand behind: where no station was named, some read the
/// one and some the other. Only XML has room for both.
pub fn render_station(
    snapshot: &Snapshot,
    station: &StationSnapshot,
    all: bool,
    shape: &OutputFormat,
) -> RenderedPage {
    let fields = summary(snapshot, station);
    let xml = || {
        document(&(fields.to_xml() + &if all { Statistics::new(snapshot).to_xml() } else { String::new() }))
    };
    shape.render(xml, &fields.clone().number_as_text("BITRATE"))
}

/// `/statistics`.
pub fn render_all(snapshot: &Snapshot, shape: &OutputFormat) -> RenderedPage {
    let statistics = Statistics::new(snapshot);
    shape.render(|| document(&statistics.to_xml()), &statistics)
}

/// All that is told of a station, and our version.
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
        // SHOUTcast has an address that fills in for a source that is lost, and its own directory. We have neither.
        .number("BACKUPSTATUS", 0)
        .number("STREAMLISTED", 0)
        .text("STREAMPATH", &station.mount)
        .number_if_known("STREAMUPTIME", up_since.map(|since| snapshot.seconds_since(since)))
        .number("BITRATE", station.kbps.unwrap_or(0).into())
        .text("CONTENT", station.content_type)
}

/// Who is live on the air. What encoders say who have a password and no name is nobody.
fn dj(station: &StationSnapshot) -> &str {
    match (&station.on_air, &station.source_user) {
        (OnAir::Live(_), Some(user)) if user != "source" => user,
        _ => "",
    }
}

/// What is told of all stations.
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
        let stream = |station: &Rc<StationSnapshot>| StreamFields {
            id: station.id,
            fields: station_fields(snapshot, station),
        };
        Self { totals: totals(snapshot), streams: snapshot.stations.iter().map(stream).collect() }
    }

    fn to_xml(&self) -> String {
        let of = |stream: &StreamFields| {
            format!("<STREAM id=\"{}\">{}</STREAM>", stream.id, stream.fields.to_xml())
        };
        let streams: String = self.streams.iter().map(of).collect();
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
