//! A station as web pages show it: the values of the API, and the paths of its pictures and its stream.

use super::cover;
use crate::pages::api::{StationJson, TitleJson};
use crate::pages::{Snapshot, StationSnapshot, is_http_url};

/// A station for a template.
pub struct StationView {
    /// The values of the API.
    pub station: StationJson,
    /// The path of the stream. The player requests it from the server that sent the page.
    pub stream: String,
    /// The path of the generated picture.
    pub placeholder: String,
    /// The `rel` of the link to the home page.
    pub home_relation: &'static str,
}

/// The `rel` of a link that the operator configured. The other page gets neither a handle of this page nor a
/// Referer.
const FOLLOWED: &str = "noopener noreferrer";

/// The `rel` of a link that a source or an upstream sent. It also tells search engines that the operator does
/// not recommend the page.
const NOT_FOLLOWED: &str = "noopener noreferrer nofollow ugc";

impl StationView {
    /// Creates the view of a station of `snapshot`, for a client that reached the server at `base`.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        let it = StationJson::new(snapshot, station, base);
        let stream = path_of(&it.stream_url, base).to_owned();
        let placeholder = cover::url(it.id, &station.name);
        let home_relation = if station.is_url_configured { FOLLOWED } else { NOT_FOLLOWED };
        Self { station: it, stream, placeholder, home_relation }
    }

    /// Returns the path of the picture to show: the artwork on the air, or else the generated picture.
    pub fn cover<'a>(&'a self, base: &str) -> &'a str {
        self.station.artwork_url.as_deref().map_or(&self.placeholder, |url| path_of(url, base))
    }

    /// Returns the home page if it is an HTTP URL. Any other URL could be a script.
    pub fn home(&self) -> Option<&str> {
        Some(self.station.url.as_str()).filter(|url| is_http_url(url))
    }

    /// Returns the song on the air, or the complete title if it cannot be split into artist and song.
    pub fn song(&self) -> &str {
        match &self.station.title {
            Some(TitleJson { song: Some(song), .. }) => song,
            Some(title) => &title.text,
            None if self.station.on_air.kind == "silence" => "Nothing is on the air right now",
            None => "Unknown title",
        }
    }

    /// Returns the artist if the title can be split into artist and song; otherwise an empty text.
    pub fn artist(&self) -> &str {
        let title = self.station.title.as_ref().filter(|title| title.song.is_some());
        title.and_then(|title| title.artist.as_deref()).unwrap_or_default()
    }

    /// Returns the album of the track on the air, or an empty text.
    pub fn album(&self) -> &str {
        self.station.title.as_ref().and_then(|title| title.album.as_deref()).unwrap_or_default()
    }

    /// Returns the label for the kind of input on the air.
    pub fn kind(&self) -> String {
        match (self.station.on_air.kind, &self.station.on_air.name) {
            ("silence", _) => "Off air".to_owned(),
            ("live", Some(by)) if !by.is_empty() => format!("Live: {by}"),
            ("live", _) => "Live".to_owned(),
            _ => "On air".to_owned(),
        }
    }

    /// Returns bit rate and codec as far as they are known, such as `128 kbit/s MP3`.
    pub fn quality(&self) -> String {
        let kbps = self.station.bitrate_kbps.map(|kbps| format!("{kbps} kbit/s"));
        let codec = self.station.codec.map(str::to_uppercase);
        [kbps, codec].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Returns hours and minutes of an RFC 3339 time. The script of the page replaces them by the visitor's local
/// time.
pub fn clock(rfc3339: &str) -> &str {
    rfc3339.get(11..16).unwrap_or_default()
}

/// Returns the path of a URL that begins with `base`.
fn path_of<'a>(url: &'a str, base: &str) -> &'a str {
    url.strip_prefix(base).unwrap_or(url)
}
