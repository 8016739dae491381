//! `/nextsongs`: what is on the air next.

use serde::Serialize;

use super::fields::{document, escape_xml};
use super::output_format::OutputFormat;
use crate::pages::{RenderedPage, StationSnapshot, printable};

#[derive(Serialize)]
struct NextSong {
    title: String,
}

/// The titles to come, as far as they are known.
pub fn render(station: &StationSnapshot, shape: &OutputFormat) -> RenderedPage {
    let songs: Vec<NextSong> =
        station.next_titles.iter().map(|title| NextSong { title: printable(title) }).collect();
    shape.render(|| xml(&songs), &songs)
}

fn xml(songs: &[NextSong]) -> String {
    let title = |(before, song): (usize, &NextSong)| {
        format!("<TITLE seq=\"{}\">{}</TITLE>", before + 1, escape_xml(&song.title))
    };
    let titles: String = songs.iter().enumerate().map(title).collect();
    document(&format!("<NEXTSONGS>{titles}</NEXTSONGS>"))
}
