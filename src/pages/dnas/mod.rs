//! The public pages of SHOUTcast's server, the DNAS (protocol-notes/pages-shoutcast.md).

pub mod admin;
pub mod fields;
mod home;
mod next_songs;
pub mod output_format;
pub mod played;
mod robots;
pub mod seven;
mod static_page;
pub mod stats;
mod tune_in;

pub use admin::DnasAdminPage;

use super::{RenderedPage, Snapshot, StationSnapshot};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use output_format::OutputFormat;
use static_page::StaticPage;
use tune_in::TuneInPlaylist;

/// A public page of SHOUTcast's server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DnasPage {
    /// A page about a station.
    Station(StationRef, DnasStationPage),
    /// `/statistics`: the statistics of all stations.
    Statistics(OutputFormat),
    /// A page without data of stations.
    Static(StaticPage),
}

/// A page about one station.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DnasStationPage {
    /// `/7.html`: six numbers and the title.
    Seven,
    /// `/stats`: all statistics.
    Stats(OutputFormat),
    /// `/currentsong`: the title alone.
    CurrentSong,
    /// `/nextsong`: the next title alone.
    NextSong,
    /// `/nextsongs`: the next titles.
    NextSongs(OutputFormat),
    /// `/played.html`: the title history as HTML.
    Played,
    /// `/played?type=`: the title history in another format.
    PlayedAs(OutputFormat),
    /// `/listen.pls` and similar: a playlist with the URL of the stream, and those of its renditions.
    TuneIn(TuneInPlaylist),
    /// `/home.html`: a redirect to the home page of the station.
    Home,
}

impl DnasPage {
    /// Returns the page at `path`, if there is one.
    pub fn from_path(path: &str, form: &FormData) -> Option<Self> {
        if path == "/statistics" {
            return Some(Self::Statistics(OutputFormat::from_form(form)));
        }
        let fixed = || StaticPage::from_path(path).map(Self::Static);
        DnasStationPage::from_path(path, form).map(|page| Self::Station(form.station(), page)).or_else(fixed)
    }

    /// Returns whether the page shows every station.
    pub fn shows_all_stations(&self) -> bool {
        matches!(
            self,
            Self::Statistics(_)
                | Self::Static(StaticPage::Robots)
                | Self::Station(StationRef::Default, DnasStationPage::Stats(OutputFormat::Xml))
        )
    }

    /// Returns the station whose links the page shows, unless it shows those of all stations or none.
    pub fn linked_station(&self) -> Option<&StationRef> {
        match self {
            Self::Station(
                _,
                DnasStationPage::Seven | DnasStationPage::CurrentSong | DnasStationPage::NextSong,
            ) => None,
            Self::Station(station, _) => Some(station),
            Self::Statistics(_) | Self::Static(_) => None,
        }
    }

    /// Returns the output format, if the page has one.
    pub fn format_mut(&mut self) -> Option<&mut OutputFormat> {
        match self {
            Self::Statistics(format)
            | Self::Station(
                _,
                DnasStationPage::Stats(format)
                | DnasStationPage::NextSongs(format)
                | DnasStationPage::PlayedAs(format),
            ) => Some(format),
            Self::Station(..) | Self::Static(_) => None,
        }
    }

    /// Renders the page from `snapshot`, for a client that reached the server at `base`. Returns a 404 page
    /// if there is no such station.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Station(station_ref, page) => match snapshot.find(station_ref) {
                Some(station) => page.render(snapshot, station, *station_ref == StationRef::Default, base),
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

    /// Renders the page about `station`. `by_default` means that the request named no station.
    fn render(
        &self,
        snapshot: &Snapshot,
        station: &StationSnapshot,
        by_default: bool,
        base: &str,
    ) -> RenderedPage {
        match self {
            // Without a charset, because one client compares the complete Content-Type.
            Self::Seven => RenderedPage::ok("text/html", seven::render(snapshot, station)),
            Self::Stats(format) => stats::render_station(snapshot, station, by_default, format),
            Self::CurrentSong => title_page(&station.title.text),
            Self::NextSong => title_page(station.next_titles.first().map_or("", String::as_str)),
            Self::NextSongs(format) => next_songs::render(station, format),
            Self::Played => played::render_page(snapshot, station),
            Self::PlayedAs(format) => played::render_list(snapshot, station, format),
            Self::TuneIn(playlist) => playlist.render(snapshot, station, base),
            Self::Home => home::render(station, base),
        }
    }
}

/// Returns a page that consists of `title`.
fn title_page(title: &str) -> RenderedPage {
    RenderedPage::ok("text/plain; charset=utf-8", super::printable(title))
}

#[cfg(test)]
mod tests;
