//! `/nextsongs`: what is on the air next.

use serde::Serialize;

use super::fields::{document, escaped};
use super::shape::Shape;
use crate::pages::{Shown, StationSnapshot, plain};

#[derive(Serialize)]
struct Song {
    title: String,
}

/// The titles to come, as far as they are known.
pub fn songs(station: &StationSnapshot, shape: &Shape) -> Shown {
    let songs: Vec<Song> = station.next.iter().map(|title| Song { title: plain(title) }).collect();
    shape.show(|| xml(&songs), &songs)
}

fn xml(songs: &[Song]) -> String {
    let title = |(before, song): (usize, &Song)| {
        format!("<TITLE seq=\"{}\">{}</TITLE>", before + 1, escaped(&song.title))
    };
    let titles: String = songs.iter().enumerate().map(title).collect();
    document(&format!("<NEXTSONGS>{titles}</NEXTSONGS>"))
}
