//! `/live.m3u` and similar: playlists with the URL of the stream `/live`, and those of its renditions.

use askama::Template;

use super::source::IcecastSource;
use crate::http::request::station_ref::MOUNT_MAX;
use crate::pages::{PlaylistEntry, RenderedPage, Snapshot, StationSnapshot};

/// The format of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountPlaylist {
    /// One URL on each line.
    M3u,
    /// XML with the current title.
    Xspf,
    /// VCLT, a line format of Amiga players.
    Vclt,
}

impl MountPlaylist {
    /// Returns the format of the playlist at `path` and its mount, if `path` ends in a known extension.
    pub fn from_path(path: &str) -> Option<(Self, &str)> {
        let (mount, extension) = path.rsplit_once('.')?;
        let playlist = match extension {
            "m3u" => Self::M3u,
            "xspf" => Self::Xspf,
            "vclt" => Self::Vclt,
            _ => return None,
        };
        // No station has a longer mount, and the page cache would keep it.
        (mount.len() <= MOUNT_MAX).then_some((playlist, mount))
    }

    /// Renders the playlist of a station, which need not have a source at the moment, for a client that
    /// reached the server at `base`.
    pub fn render(self, snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> RenderedPage {
        let tracks: Vec<_> = PlaylistEntry::all(snapshot, station, base)
            .into_iter()
            .map(|entry| Track { source: IcecastSource::new(snapshot, entry.station, base), entry })
            .collect();
        match self {
            Self::M3u => {
                RenderedPage::ok("audio/x-mpegurl", m3u(tracks.iter().map(|it| it.entry.url.as_str())))
            }
            Self::Xspf => RenderedPage::from_template("application/xspf+xml", &XspfPlaylist { tracks }),
            Self::Vclt => {
                let all: String = tracks.iter().map(vclt).collect();
                RenderedPage::ok("audio/x-vclt; charset=UTF-8", all)
            }
        }
    }
}

/// Returns a playlist with these URLs.
pub fn m3u<'a>(urls: impl Iterator<Item = &'a str>) -> String {
    urls.map(|url| format!("{url}\r\n")).collect()
}

/// A station or rendition in a playlist.
struct Track<'a> {
    source: IcecastSource<'a>,
    entry: PlaylistEntry<'a>,
}

impl Track<'_> {
    /// Returns the current title, distinct from those of the other entries.
    fn title(&self) -> String {
        format!("{}{}", self.source.title, self.entry.suffix).trim_start().to_owned()
    }
}

#[derive(Template)]
#[template(path = "icecast/xspf.xml")]
struct XspfPlaylist<'a> {
    tracks: Vec<Track<'a>>,
}

fn vclt(track: &Track<'_>) -> String {
    let IcecastSource { listen_url, description, genre, title, .. } = &track.source;
    let title = if title.is_empty() { String::new() } else { format!("TITLE={title}\n") };
    let name = track.entry.name();
    format!(
        "STREAMURL={listen_url}\n{title}SERVER_NAME={name}\nDESCRIPTION={description}\nSIGNALINFO=\n\
         GENRE={genre}\n==\n"
    )
}
