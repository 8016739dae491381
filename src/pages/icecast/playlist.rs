//! `/live.m3u` and similar: playlists with the URL of the stream `/live`.

use askama::Template;

use super::source::IcecastSource;
use crate::http::request::station_ref::MOUNT_MAX;
use crate::pages::RenderedPage;

/// The format of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountPlaylist {
    /// One URL on a line.
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

    /// Renders the playlist of a station, which need not have a source at the moment.
    pub fn render(self, source: &IcecastSource<'_>) -> RenderedPage {
        match self {
            Self::M3u => RenderedPage::ok("audio/x-mpegurl", format!("{}\r\n", source.listen_url)),
            Self::Xspf => RenderedPage::from_template("application/xspf+xml", &XspfPlaylist { source }),
            Self::Vclt => RenderedPage::ok("audio/x-vclt; charset=UTF-8", vclt(source)),
        }
    }
}

#[derive(Template)]
#[template(path = "icecast/xspf.xml")]
struct XspfPlaylist<'a> {
    source: &'a IcecastSource<'a>,
}

fn vclt(source: &IcecastSource<'_>) -> String {
    let IcecastSource { listen_url, name, description, genre, title, .. } = source;
    let title = if title.is_empty() { String::new() } else { format!("TITLE={title}\n") };
    format!(
        "STREAMURL={listen_url}\n{title}SERVER_NAME={name}\nDESCRIPTION={description}\nSIGNALINFO=\n\
         GENRE={genre}\n==\n"
    )
}
