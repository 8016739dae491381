//! `/played.html`: the title history.

use quick_xml::escape::partial_escape;
use serde::Serialize;

use super::fields::{Fields, document};
use super::output_format::OutputFormat;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, printable};
use crate::station::PlayedTitle;
use crate::time::Moment;

/// Maximum number of titles, the default of SHOUTcast.
const HISTORY_MAX: usize = 20;

/// Renders the titles in XML or JSON, also as page 4 of `viewxml`.
pub fn render_list(snapshot: &Snapshot, station: &StationSnapshot, format: &OutputFormat) -> RenderedPage {
    let songs = SongHistory::new(snapshot, station);
    format.render(|| document(&songs.to_xml()), &songs)
}

/// The title history, the latest first.
#[derive(Serialize)]
#[serde(transparent)]
pub struct SongHistory(Vec<Fields>);

impl SongHistory {
    /// Returns the latest titles of a station. Their times are texts, in JSON as well.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot) -> Self {
        let latest = station.history.iter().take(HISTORY_MAX);
        let song = |played: &PlayedTitle| {
            Fields::default()
                .number("PLAYEDAT", snapshot.clock.unix_time(played.started_at).as_secs())
                .text("TITLE", &played.title.text)
                .number_as_text("PLAYEDAT")
        };
        Self(latest.map(|played| song(played)).collect())
    }

    /// Returns the titles as XML, on one line.
    pub fn to_xml(&self) -> String {
        let songs: String = self.0.iter().map(|song| format!("<SONG>{}</SONG>", song.to_xml())).collect();
        format!("<SONGHISTORY>{songs}</SONGHISTORY>")
    }
}

/// Renders the titles as HTML. Scripts parse its table: they find it by its attributes, skip the first two
/// rows or everything up to the words in the second row, and compare the tags of each row byte by byte.
pub fn render_page(snapshot: &Snapshot, station: &StationSnapshot) -> RenderedPage {
    let name = escape_html(&station.name);
    let latest = station.history.iter().take(HISTORY_MAX).enumerate();
    let rows: String = latest
        .map(|(index, played)| row(snapshot, played, index == 0 && is_current(station, played)))
        .collect();
    RenderedPage::ok(
        "text/html; charset=utf-8",
        format!(
            "<!DOCTYPE html><html><head><title>Song history of {name}</title></head><body><h1>{name}</h1>\
             <table border=0 cellpadding=2 cellspacing=2>\
             <tr><td><b>Played @</b></td><td><b>Song Title</b></td></tr>{rows}\
             </table><br><br><p>Times are UTC.</p></body></html>"
        ),
    )
}

fn row(snapshot: &Snapshot, played: &PlayedTitle, is_current: bool) -> String {
    let end = if is_current { "<td><b>Current Song</b></td></tr>" } else { "</td></tr>" };
    format!(
        "<tr><td>{}</td><td>{}{end}",
        time_of_day(snapshot, played.started_at),
        escape_html(&played.title.text)
    )
}

/// Returns whether the latest title of the history is on the air. The history has no entries for silence and
/// for inputs without titles.
fn is_current(station: &StationSnapshot, played: &PlayedTitle) -> bool {
    station.on_air_since().is_some() && station.title.text == played.title.text
}

fn time_of_day(snapshot: &Snapshot, at: Moment) -> String {
    let seconds = snapshot.clock.unix_time(at).as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Escapes `text` for HTML content and removes unprintable characters.
pub fn escape_html(text: &str) -> String {
    partial_escape(printable(text)).into_owned()
}
