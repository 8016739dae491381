//! The pages of SHOUTcast's own server that anybody may see (protocol-notes/pages-shoutcast.md).

pub mod fields;
mod home;
mod next_songs;
pub mod operator;
pub mod output_format;
pub mod played;
pub mod seven;
mod static_page;
pub mod stats;
mod tune_in;

pub use operator::DnasOperatorPage;

use super::{RenderedPage, Snapshot, StationSnapshot};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use output_format::OutputFormat;
use static_page::StaticPage;
use tune_in::TuneInPlaylist;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DnasPage {
    /// What is shown of a station.
    Station(StationRef, DnasStationPage),
    /// `/statistics`: the numbers of all stations.
    Statistics(OutputFormat),
    /// What has nothing to do with any station.
    Static(StaticPage),
}

/// What is shown of a station.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DnasStationPage {
    /// `/7.html`: six numbers and the title.
    Seven,
    /// `/stats`: all the numbers.
    Stats(OutputFormat),
    /// `/currentsong`: the title alone.
    CurrentSong,
    /// `/nextsong`: the next title alone.
    NextSong,
    /// `/nextsongs`: the next titles.
    NextSongs(OutputFormat),
    /// `/played.html`: the titles that were, as a page.
    Played,
    /// `/played?type=`: the titles that were.
    PlayedAs(OutputFormat),
    /// `/listen.pls` and its like: where the stream is.
    TuneIn(TuneInPlaylist),
    /// `/home.html`: on to the station's own page.
    Home,
}

impl DnasPage {
    /// The page at `path`, if there is one.
    pub fn from_path(path: &str, form: &FormData) -> Option<Self> {
        if path == "/statistics" {
            return Some(Self::Statistics(OutputFormat::from_form(form)));
        }
        let fixed = || StaticPage::from_path(path).map(Self::Static);
        DnasStationPage::from_path(path, form).map(|page| Self::Station(form.station(), page)).or_else(fixed)
    }

    /// The page as of `snapshot`, for who reached us at `base`; that there is no such station, where there is not.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Station(which, page) => match snapshot.find(which) {
                Some(station) => page.render(snapshot, station, *which == StationRef::Default, base),
                None => RenderedPage::not_found(),
            },
            Self::Statistics(format) => stats::render_all(snapshot, format),
            Self::Static(fixed) => fixed.render(snapshot),
        }
    }
}

impl DnasStationPage {
    fn from_path(path: &str, form: &FormData) -> Option<Self> {
        Some(match path {
            "/7" | "/7.html" => Self::Seven,
            "/stats" => Self::Stats(OutputFormat::from_form(form)),
            "/currentsong" => Self::CurrentSong,
            "/nextsong" => Self::NextSong,
            "/nextsongs" => Self::NextSongs(OutputFormat::from_form(form)),
            "/played" | "/played.html" => OutputFormat::from_type(form).map_or(Self::Played, Self::PlayedAs),
            "/home" | "/home.html" => Self::Home,
            _ => Self::TuneIn(TuneInPlaylist::from_path(path)?),
        })
    }

    /// `by_default` says that no station was named.
    fn render(
        &self,
        snapshot: &Snapshot,
        station: &StationSnapshot,
        by_default: bool,
        base: &str,
    ) -> RenderedPage {
        match self {
            // No charset: one reader compares the type letter by letter.
            Self::Seven => RenderedPage::ok("text/html", seven::render(snapshot, station)),
            Self::Stats(format) => stats::render_station(snapshot, station, by_default, format),
            Self::CurrentSong => title_page(&station.title.text),
            Self::NextSong => title_page(station.next_titles.first().map_or("", String::as_str)),
            Self::NextSongs(format) => next_songs::render(station, format),
            Self::Played => played::render_page(snapshot, station),
            Self::PlayedAs(format) => played::render_list(snapshot, station, format),
            Self::TuneIn(playlist) => playlist.render(station, base),
            Self::Home => home::render(station, base),
        }
    }
}

/// A title and nothing else.
fn title_page(title: &str) -> RenderedPage {
    RenderedPage::ok("text/plain; charset=utf-8", super::printable(title))
}

#[cfg(test)]
mod tests;
