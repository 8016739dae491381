//! What scripts of old read as values between commas.

use askama::Template;

use super::source::{IcecastSource, sources};
use crate::http::request::station_ref::StationRef;
use crate::pages::{Snapshot, StationSnapshot, dnas};

/// `/status2.xsl`. A comma in a text would be taken for the end of it: a semicolon stands for it.
#[derive(Template)]
#[template(path = "icecast/table.xml")]
pub struct TablePage {
    listeners: usize,
    rows: Vec<String>,
}

impl TablePage {
    /// Of these sources.
    pub fn new(sources: &[IcecastSource<'_>]) -> Self {
        let listeners = sources.iter().map(|source| source.station.listeners).sum();
        Self { listeners, rows: sources.iter().map(row).collect() }
    }
}

/// Mount, connections, name, listeners, description, title, home page.
fn row(source: &IcecastSource<'_>) -> String {
    let (listeners, hits) = (source.station.listeners.to_string(), source.station.hits.to_string());
    let IcecastSource { mount, name, description, title, url, .. } = source;
    let fields = [*mount, &hits, name, &listeners, description, title, url];
    fields.map(|field| field.replace(',', ";")).join(",")
}

/// `/7.xsl`: in the words of `/7.html`, but every listener is one. All zero where there is no source.
pub fn seven(snapshot: &Snapshot, which: &StationRef, base: &str) -> String {
    let sources = sources(snapshot, which, base);
    let none = StationSnapshot::default();
    let station = sources.first().map_or(&none, |source| source.station);
    let alike = StationSnapshot { unique: station.listeners, ..station.clone() };
    dnas::seven::render(snapshot, &alike)
}
