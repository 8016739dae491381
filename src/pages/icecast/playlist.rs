//! `/live.m3u` and its like: small files that lead a player to the stream `/live`.

use askama::Template;

use super::source::Source;
use crate::pages::Shown;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Playlist {
    /// An address on a line.
    M3u,
    /// XML, with what is on.
    Xspf,
    /// Lines for players on Amigas.
    Vclt,
}

impl Playlist {
    /// The one at `path`, and the mount that it is for.
    pub fn at(path: &str) -> Option<(Self, &str)> {
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
    pub fn render(self, source: &Source<'_>) -> Shown {
        match self {
            Self::M3u => Shown::ok("audio/x-mpegurl", format!("{}\r\n", source.listen_url)),
            Self::Xspf => Shown::template("application/xspf+xml", &Xspf { source }),
            Self::Vclt => Shown::ok("audio/x-vclt; charset=UTF-8", vclt(source)),
        }
    }
}

#[derive(Template)]
#[template(path = "icecast/xspf.xml")]
struct Xspf<'a> {
    source: &'a Source<'a>,
}

fn vclt(source: &Source<'_>) -> String {
    let Source { listen_url, name, description, genre, title, .. } = source;
    let title = if title.is_empty() { String::new() } else { format!("TITLE={title}\n") };
    format!(
        "STREAMURL={listen_url}\n{title}SERVER_NAME={name}\nDESCRIPTION={description}\nSIGNALINFO=\n\
         GENRE={genre}\n==\n"
    )
}
