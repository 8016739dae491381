//! `/listen.pls` and similar: playlists with the URL of the stream, and those of its renditions.

use super::fields::escape_xml;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, StreamEntry};

/// The format of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TuneInPlaylist {
    /// The format of Winamp, which nearly every player supports.
    Pls,
    /// Extended M3U, which nearly every player supports.
    M3u,
    /// The format of Windows Media Player.
    Asx,
    /// A vendor-independent XML format.
    Xspf,
    /// The format of QuickTime.
    Qtl,
}

impl TuneInPlaylist {
    /// Returns the format of the playlist at `path`, if there is one.
    pub fn from_path(path: &str) -> Option<Self> {
        Some(match path {
            "/listen" | "/listen.pls" => Self::Pls,
            "/listen.m3u" => Self::M3u,
            "/listen.asx" => Self::Asx,
            "/listen.xspf" => Self::Xspf,
            "/listen.qtl" => Self::Qtl,
            _ => return None,
        })
    }

    /// Renders the playlist of a station, for a client that reached the server at `base`.
    pub fn render(self, snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> RenderedPage {
        let entries = StreamEntry::all(snapshot, station, base);
        match self {
            Self::Pls => RenderedPage::ok("audio/x-scpls", StreamEntry::pls(&entries)),
            Self::M3u => RenderedPage::ok("audio/x-mpegurl", m3u(&entries)),
            Self::Asx => RenderedPage::ok("video/x-ms-asx", asx(&station.name, &entries)),
            Self::Xspf => RenderedPage::ok("application/xspf+xml", xspf(&station.name, &entries)),
            Self::Qtl => RenderedPage::ok("application/x-quicktimeplayer", qtl(&entries[0])),
        }
    }
}

fn m3u(entries: &[StreamEntry<'_>]) -> String {
    let all: String = entries.iter().map(|it| format!("#EXTINF:-1,{}\n{}\n", it.name(), it.url)).collect();
    format!("#EXTM3U\n{all}")
}

fn asx(name: &str, entries: &[StreamEntry<'_>]) -> String {
    let all = xml(entries, |name, url| {
        format!("<entry>\n<title>{name}</title>\n<ref href=\"{url}\"/>\n</entry>\n")
    });
    let name = escape_xml(name);
    format!(
        "<asx version=\"3.0\">\n<param name=\"encoding\" value=\"utf-8\"/>\n<title>{name}</title>\n{all}</asx>\n"
    )
}

fn xspf(name: &str, entries: &[StreamEntry<'_>]) -> String {
    let all = xml(entries, |name, url| {
        format!("<track>\n<location>{url}</location>\n<title>{name}</title>\n</track>\n")
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n\
         <title>{}</title>\n<trackList>\n{all}</trackList>\n</playlist>\n",
        escape_xml(name)
    )
}

/// Writes all entries with their names and URLs, which are escaped.
fn xml(entries: &[StreamEntry<'_>], entry: impl Fn(&str, &str) -> String) -> String {
    entries.iter().map(|it| entry(&escape_xml(&it.name()), &escape_xml(&it.url))).collect()
}

/// Renders QTL, which has one stream and no field for a name.
fn qtl(entry: &StreamEntry<'_>) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?quicktime type=\"application/x-quicktime-media-link\"?>\n\
         <embed src=\"{}\" autoplay=\"true\"/>\n",
        escape_xml(&entry.url)
    )
}
