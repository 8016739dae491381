//! Pages with comma-separated values for old scripts.

use askama::Template;

use super::source::{IcecastSource, sources};
use crate::http::request::station_ref::StationRef;
use crate::pages::{Snapshot, StationSnapshot, dnas};

/// `/status2.xsl`. Commas in texts are replaced by semicolons, because a comma separates values.
#[derive(Template)]
#[template(path = "icecast/table.xml")]
pub struct TablePage {
    listeners: usize,
    rows: Vec<String>,
}

impl TablePage {
    /// Creates the page with these sources.
    pub fn new(sources: &[IcecastSource<'_>]) -> Self {
        let listeners = sources.iter().map(|source| source.station.listeners).sum();
        Self { listeners, rows: sources.iter().map(row).collect() }
    }
}

/// Returns the values of a source: mount, connections, name, listeners, description, title and home page.
fn row(source: &IcecastSource<'_>) -> String {
    let (listeners, hits) = (source.station.listeners.to_string(), source.station.hits.to_string());
    let IcecastSource { mount, name, description, title, url, .. } = source;
    let fields = [*mount, &hits, name, &listeners, description, title, url];
    fields.map(|field| field.replace(',', ";")).join(",")
}

/// Renders `/7.xsl`. It has the form of `/7.html`, but contains the number of all listeners in place of the
/// number of unique listeners. If there is no source, the listener counts and the bit rate are zero.
pub fn seven(snapshot: &Snapshot, station_ref: &StationRef, base: &str) -> String {
    let sources = sources(snapshot, station_ref, base);
    let empty = StationSnapshot::default();
    let station = sources.first().map_or(&empty, |source| source.station);
    let station = StationSnapshot { unique: station.listeners, ..station.clone() };
    dnas::seven::render(snapshot, &station)
}
