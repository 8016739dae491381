//! `/live.m3u` and its like: small files that lead a player to the stream `/live`.

use askama::Template;

use super::source::IcecastSource;
use crate::pages::RenderedPage;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountPlaylist {
    /// An address on a line.
    M3u,
    /// XML, with what is on.
    Xspf,
    /// Lines for players on Amigas.
    Vclt,
}

impl MountPlaylist {
    /// The one at `path`, and the mount that it is for.
    pub fn from_path(path: &str) -> Option<(Self, &str)> {
        let (mount, ending) = path.rsplit_once('.')?;
        let playlist = match ending {
            "m3u" => Self::M3u,
            "xspf" => Self::Xspf,
            "vclt" => Self::Vclt,
            _ => return None,
        };
        Some((playlist, mount))
    }

    /// The playlist of a source, or of a station that may yet become one.
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
