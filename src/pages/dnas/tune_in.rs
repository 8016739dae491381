//! `/listen.pls` and similar: playlists with the URL of the stream.

use super::fields::escape_xml;
use crate::pages::{RenderedPage, StationSnapshot, printable, stream_url};

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
    pub fn render(self, station: &StationSnapshot, base: &str) -> RenderedPage {
        let url = stream_url(base, &station.mount);
        let name = printable(&station.name);
        match self {
            Self::Pls => RenderedPage::ok("audio/x-scpls", pls(&url, &name)),
            Self::M3u => RenderedPage::ok("audio/x-mpegurl", format!("#EXTM3U\n#EXTINF:-1,{name}\n{url}\n")),
            Self::Asx => RenderedPage::ok("video/x-ms-asx", asx(&escape_xml(&url), &escape_xml(&name))),
            Self::Xspf => {
                RenderedPage::ok("application/xspf+xml", xspf(&escape_xml(&url), &escape_xml(&name)))
            }
            Self::Qtl => RenderedPage::ok("application/x-quicktimeplayer", qtl(&escape_xml(&url))),
        }
    }
}

fn pls(url: &str, name: &str) -> String {
    format!("[playlist]\nNumberOfEntries=1\nFile1={url}\nTitle1={name}\nLength1=-1\nVersion=2\n")
}

fn asx(url: &str, name: &str) -> String {
    format!(
        "<asx version=\"3.0\">\n<param name=\"encoding\" value=\"utf-8\"/>\n<title>{name}</title>\n\
         <entry>\n<title>{name}</title>\n<ref href=\"{url}\"/>\n</entry>\n</asx>\n"
    )
}

fn xspf(url: &str, name: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n\
         <title>{name}</title>\n<trackList>\n<track>\n<location>{url}</location>\n<title>{name}</title>\n\
         </track>\n</trackList>\n</playlist>\n"
    )
}

/// Renders QTL, which has no field for a name.
fn qtl(url: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?quicktime type=\"application/x-quicktime-media-link\"?>\n\
         <embed src=\"{url}\" autoplay=\"true\"/>\n"
    )
}
