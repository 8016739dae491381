//! `/nextsongs`: the next titles.

use serde::Serialize;

use super::fields::{document, escape_xml};
use super::output_format::OutputFormat;
use crate::pages::{RenderedPage, StationSnapshot, printable};

#[derive(Serialize)]
struct NextSong {
    title: String,
}

/// Renders the next titles, as far as they are known.
pub fn render(station: &StationSnapshot, format: &OutputFormat) -> RenderedPage {
    let songs: Vec<NextSong> =
        station.next_titles.iter().map(|title| NextSong { title: printable(title) }).collect();
    format.render(|| xml(&songs), &songs)
}

fn xml(songs: &[NextSong]) -> String {
    let title = |(index, song): (usize, &NextSong)| {
        format!("<TITLE seq=\"{}\">{}</TITLE>", index + 1, escape_xml(&song.title))
    };
    let titles: String = songs.iter().enumerate().map(title).collect();
    document(&format!("<NEXTSONGS>{titles}</NEXTSONGS>"))
}
