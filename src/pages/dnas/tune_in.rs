//! `/listen.pls` and its like: small files that lead a player to the stream.

use super::fields::escape_xml;
use crate::pages::{RenderedPage, StationSnapshot, printable, stream_url};

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TuneInPlaylist {
    /// Winamp's, which nearly every player takes.
    Pls,
    /// The same.
    M3u,
    /// Windows Media Player's.
    Asx,
    /// XML that is meant for everybody.
    Xspf,
    /// QuickTime's.
    Qtl,
}

impl TuneInPlaylist {
    /// The one at that path.
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

    /// The playlist of a station, for who reached us at `base`.
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

/// It has no place for a name.
fn qtl(url: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?quicktime type=\"application/x-quicktime-media-link\"?>\n\
         <embed src=\"{url}\" autoplay=\"true\"/>\n"
    )
}
