//! The pages of Icecast (protocol-notes/pages-icecast.md).

mod admin;
mod date;
mod listing;
mod m3u;
mod markup;
mod playlist;
mod public_stats;
mod source;
mod stats_pages;
mod stats_tree;
mod status;
mod table;
mod url;

pub use admin::IcecastAdminPage;
pub use playlist::MountPlaylist;
pub use public_stats::PublicStatsFormat;

use super::{RenderedPage, Snapshot};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use markup::{XHTML, XML};
use source::sources;
use stats_tree::StatsTree;

/// A public page of Icecast.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IcecastPage {
    /// `/status-json.xsl`: the statistics as JSON.
    Json(StationRef),
    /// `/status.xsl`: the statistics as XHTML.
    Status(StationRef),
    /// `/status2.xsl`: the statistics as comma-separated values.
    Table(StationRef),
    /// `/7.xsl`: the values of SHOUTcast's `/7.html`, of the first source.
    Seven(StationRef),
    /// `/admin/publicstats`: the statistics that Icecast 2.5 shows everyone.
    PublicStats(PublicStatsFormat, StationRef),
    /// `/server_version.xsl`: program and version.
    Version,
    /// `/style.css`: the style sheet of the pages.
    Style,
    /// `/live.m3u` and similar: a playlist for the mount `/live`.
    Playlist(MountPlaylist, StationRef),
}

impl IcecastPage {
    /// Returns the page at `path`, if there is one.
    pub fn from_path(path: &str, form: &FormData) -> Option<Self> {
        if let Some(format) = PublicStatsFormat::from_path(path) {
            return Some(Self::PublicStats(format, form.station()));
        }
        Some(match path {
            "/status-json.xsl" => Self::Json(form.station()),
            "/status.xsl" => Self::Status(form.station()),
            "/status2.xsl" => Self::Table(form.station()),
            "/7.xsl" => Self::Seven(form.station()),
            "/server_version.xsl" => Self::Version,
            "/style.css" => Self::Style,
            _ => {
                return MountPlaylist::from_path(path)
                    .map(|(playlist, mount)| Self::Playlist(playlist, StationRef::from_mount(mount.into())));
            }
        })
    }

    /// Returns the station that the request names, if the page can be about one.
    pub fn station(&self) -> Option<&StationRef> {
        match self {
            Self::Json(station)
            | Self::Status(station)
            | Self::Table(station)
            | Self::Seven(station)
            | Self::PublicStats(_, station) => Some(station),
            Self::Version | Self::Style | Self::Playlist(..) => None,
        }
    }

    /// Returns whether the page shows every station.
    pub fn shows_all_stations(&self) -> bool {
        matches!(
            self,
            Self::Json(StationRef::Default)
                | Self::Status(StationRef::Default)
                | Self::Table(StationRef::Default)
                | Self::Seven(StationRef::Default)
                | Self::PublicStats(_, StationRef::Default)
        )
    }

    /// Renders the page from `snapshot`, for a client that reached the server at `base`.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        match self {
            Self::Json(station_ref) => {
                let tree = StatsTree::from_snapshot(snapshot, station_ref, base);
                RenderedPage::ok("application/json; charset=UTF-8", tree.to_json())
            }
            Self::Status(station_ref) => {
                RenderedPage::from_template(XHTML, &status::StatusPage::new(snapshot, station_ref, base))
            }
            Self::Table(station_ref) => RenderedPage::from_template(
                XHTML,
                &table::TablePage::new(&sources(snapshot, station_ref, base)),
            ),
            Self::Seven(station_ref) => {
                RenderedPage::ok("text/html", table::seven(snapshot, station_ref, base))
            }
            Self::PublicStats(format, station_ref) => format.render(snapshot, station_ref, base),
            Self::Version => RenderedPage::from_template(XHTML, &status::VersionPage::new(base)),
            Self::Style => RenderedPage::ok("text/css", include_str!("style.css")),
            Self::Playlist(playlist, mount) => match snapshot.find(mount) {
                Some(station) => playlist.render(snapshot, station, base),
                None => RenderedPage::not_found(),
            },
        }
    }
}

#[cfg(test)]
mod hostile_texts;
#[cfg(test)]
mod tests;
