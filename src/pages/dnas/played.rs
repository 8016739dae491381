//! `/played.html`: what was on the air.

use quick_xml::escape::partial_escape;
use serde::Serialize;

use super::fields::{Fields, document};
use super::output_format::OutputFormat;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, printable};
use crate::station::PlayedTitle;
use crate::time::Time;

/// How many titles are shown, as many as SHOUTcast does where it is not told otherwise.
const HISTORY_MAX: usize = 20;

/// The titles in XML or JSON: page 4 of `viewxml`.
pub fn render_list(snapshot: &Snapshot, station: &StationSnapshot, shape: &OutputFormat) -> RenderedPage {
    let songs = SongHistory::new(snapshot, station);
    shape.render(|| document(&songs.to_xml()), &songs)
}

/// What was on the air, the latest first.
#[derive(Serialize)]
#[serde(transparent)]
pub struct SongHistory(Vec<Fields>);

impl SongHistory {
    /// Those of a station. When one began is a text, also in JSON.
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

    /// As XML, on one line.
    pub fn to_xml(&self) -> String {
        let songs: String = self.0.iter().map(|song| format!("<SONG>{}</SONG>", song.to_xml())).collect();
        format!("<SONGHISTORY>{songs}</SONGHISTORY>")
    }
}

/// The titles as a page. Scripts cut its table apart: they know it by its attributes, leave out the first two rows, or
/// all up to the words in the second, and go by each row's tags to the letter.
pub fn render_page(snapshot: &Snapshot, station: &StationSnapshot) -> RenderedPage {
    let name = escape_html(&station.name);
    let latest = station.history.iter().take(HISTORY_MAX).enumerate();
    let rows: String =
        latest.map(|(before, played)| row(snapshot, played, before == 0 && is_on(station, played))).collect();
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

fn row(snapshot: &Snapshot, played: &PlayedTitle, is_on: bool) -> String {
    let mark = if is_on { "<td><b>Current Song</b></td></tr>" } else { "</td></tr>" };
    format!(
        "<tr><td>{}</td><td>{}{mark}",
        time_of_day(snapshot, played.started_at),
        escape_html(&played.title.text)
    )
}

/// Nothing is noted of silence, nor of whoever sends no titles.
fn is_on(station: &StationSnapshot, played: &PlayedTitle) -> bool {
    station.on_air_since().is_some() && station.title.text == played.title.text
}

fn time_of_day(snapshot: &Snapshot, at: Time) -> String {
    let seconds = snapshot.clock.unix_time(at).as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Text between tags.
pub fn escape_html(text: &str) -> String {
    partial_escape(printable(text)).into_owned()
}
