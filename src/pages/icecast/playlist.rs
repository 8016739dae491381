//! `/live.m3u` and similar: playlists with the URL of the stream `/live`, and those of its renditions.

use askama::Template;

use super::source::IcecastSource;
use crate::http::request::station_ref::MOUNT_MAX;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, StreamEntry};

/// The format of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountPlaylist {
    /// One URL on each line.
    M3u,
    /// Numbered entries with names. Icecast does not have it, but it is what directories link to.
    Pls,
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
            "pls" => Self::Pls,
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
        let entries = StreamEntry::all(snapshot, station, base);
        match self {
            Self::M3u => RenderedPage::ok("audio/x-mpegurl", m3u(entries.iter().map(|it| it.url.as_str()))),
            Self::Pls => RenderedPage::ok("audio/x-scpls", StreamEntry::pls(&entries)),
            Self::Xspf => {
                let tracks = tracks(snapshot, entries, base).collect();
                RenderedPage::from_template("application/xspf+xml", &XspfPlaylist { tracks })
            }
            Self::Vclt => {
                let all: String = tracks(snapshot, entries, base).map(|track| vclt(&track)).collect();
                RenderedPage::ok("audio/x-vclt; charset=UTF-8", all)
            }
        }
    }
}

/// Returns a playlist with these URLs.
pub fn m3u<'a>(urls: impl Iterator<Item = &'a str>) -> String {
    urls.map(|url| format!("{url}\r\n")).collect()
}

fn tracks<'a>(
    snapshot: &'a Snapshot,
    entries: Vec<StreamEntry<'a>>,
    base: &'a str,
) -> impl Iterator<Item = XspfTrack<'a>> {
    let source = |entry: &StreamEntry<'a>| IcecastSource::new(snapshot, entry.station, base);
    entries.into_iter().map(move |entry| XspfTrack { source: source(&entry), entry })
}

/// A station or rendition in a playlist.
struct XspfTrack<'a> {
    source: IcecastSource<'a>,
    entry: StreamEntry<'a>,
}

impl XspfTrack<'_> {
    /// Returns the current title, distinct from those of the other entries.
    fn title(&self) -> String {
        format!("{}{}", self.source.title, self.entry.suffix).trim_start().to_owned()
    }
}

#[derive(Template)]
#[template(path = "icecast/xspf.xml")]
struct XspfPlaylist<'a> {
    tracks: Vec<XspfTrack<'a>>,
}

fn vclt(track: &XspfTrack<'_>) -> String {
    let IcecastSource { listen_url, description, genre, title, .. } = &track.source;
    let title = if title.is_empty() { String::new() } else { format!("TITLE={title}\n") };
    let name = track.entry.name();
    format!(
        "STREAMURL={listen_url}\n{title}SERVER_NAME={name}\nDESCRIPTION={description}\nSIGNALINFO=\n\
         GENRE={genre}\n==\n"
    )
}
