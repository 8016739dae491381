//! The pages of SHOUTcast's own server that anybody may see (protocol-notes/pages-shoutcast.md).

pub mod fields;
mod fixed;
mod home;
mod next;
pub mod operator;
pub mod played;
pub mod seven;
pub mod shape;
pub mod stats;
mod tune_in;

pub use operator::OperatorPage;

use super::{Shown, Snapshot, StationSnapshot};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use fixed::Fixed;
use shape::Shape;
use tune_in::Playlist;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// What is shown of a station.
    Of(StationRef, OfStation),
    /// `/statistics`: the numbers of all stations.
    Statistics(Shape),
    /// What has nothing to do with any station.
    Fixed(Fixed),
}

/// What is shown of a station.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OfStation {
    /// `/7.html`: six numbers and the title.
    Seven,
    /// `/stats`: all the numbers.
    Stats(Shape),
    /// `/currentsong`: the title alone.
    CurrentSong,
    /// `/nextsong`: the next title alone.
    NextSong,
    /// `/nextsongs`: the next titles.
    NextSongs(Shape),
    /// `/played.html`: the titles that were, as a page.
    Played,
    /// `/played?type=`: the titles that were.
    PlayedAs(Shape),
    /// `/listen.pls` and its like: where the stream is.
    TuneIn(Playlist),
    /// `/home.html`: on to the station's own page.
    Home,
}

impl Page {
    /// The page at `path`, if there is one.
    pub fn of(path: &str, form: &FormData) -> Option<Self> {
        if path == "/statistics" {
            return Some(Self::Statistics(Shape::of(form)));
        }
        let fixed = || Fixed::at(path).map(Self::Fixed);
        OfStation::at(path, form).map(|page| Self::Of(form.station(), page)).or_else(fixed)
    }

    /// The page as of `snapshot`, for who reached us at `base`; that there is no such station, where there is not.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> Shown {
        match self {
            Self::Of(which, page) => match snapshot.find(which) {
                Some(station) => page.render(snapshot, station, *which == StationRef::Default, base),
                None => Shown::not_found(),
            },
            Self::Statistics(shape) => stats::all(snapshot, shape),
            Self::Fixed(fixed) => fixed.render(snapshot),
        }
    }
}

impl OfStation {
    fn at(path: &str, form: &FormData) -> Option<Self> {
        Some(match path {
            "/7" | "/7.html" => Self::Seven,
            "/stats" => Self::Stats(Shape::of(form)),
            "/currentsong" => Self::CurrentSong,
            "/nextsong" => Self::NextSong,
            "/nextsongs" => Self::NextSongs(Shape::of(form)),
            "/played" | "/played.html" => Shape::of_type(form).map_or(Self::Played, Self::PlayedAs),
            "/home" | "/home.html" => Self::Home,
            _ => Self::TuneIn(Playlist::at(path)?),
        })
    }

    /// `by_default` says that no station was named.
    fn render(&self, snapshot: &Snapshot, station: &StationSnapshot, by_default: bool, base: &str) -> Shown {
        match self {
            // No charset: one reader compares the type letter by letter.
            Self::Seven => Shown::ok("text/html", seven::render(snapshot, station)),
            Self::Stats(shape) => stats::one(snapshot, station, by_default, shape),
            Self::CurrentSong => line(&station.title.text),
            Self::NextSong => line(station.next.first().map_or("", String::as_str)),
            Self::NextSongs(shape) => next::songs(station, shape),
            Self::Played => played::page(snapshot, station),
            Self::PlayedAs(shape) => played::list(snapshot, station, shape),
            Self::TuneIn(playlist) => playlist.render(station, base),
            Self::Home => home::render(station, base),
        }
    }
}

/// A title and nothing else.
fn line(title: &str) -> Shown {
    Shown::ok("text/plain; charset=utf-8", super::plain(title))
}

#[cfg(test)]
mod tests;
