//! A station as web pages show it: the values of the API, and the paths of its pictures and its stream.

use super::cover::CoverFormat;
use crate::pages::api::{StationJson, TitleJson};
use crate::pages::{Snapshot, StationSnapshot, is_http_url, stream_url};

/// A station for a template.
pub struct StationView {
    /// The values of the API.
    pub station: StationJson,
    /// The path of the stream. The player requests it from the server that sent the page.
    pub stream: String,
    /// The path of the generated picture.
    pub placeholder: String,
    /// The path of a picture as PNG or JPEG: that of the station, or the generated one.
    preview: String,
    /// The `rel` of the link to the home page.
    pub home_relation: &'static str,
    /// Bit rate and codec as far as they are known.
    pub quality: String,
}

/// A choice of the player: the station itself or one of its renditions.
pub struct RungView {
    /// The SHOUTcast stream id.
    pub id: u32,
    /// The path of the stream.
    pub stream: String,
    /// The URL of the stream.
    pub stream_url: String,
    /// Bit rate and codec.
    pub quality: String,
    /// Current listeners.
    pub listeners: usize,
    /// Whether the page is about this one.
    pub is_current: bool,
    /// Whether it can be played at present.
    pub is_available: bool,
}

impl RungView {
    /// Returns the choices of a station of `snapshot`, the best first, with those that are not available now.
    /// One of them has the id `current`.
    pub fn all(snapshot: &Snapshot, station: &StationSnapshot, base: &str, current: u32) -> Vec<Self> {
        let rung = |it: &StationSnapshot| Self {
            id: it.id,
            stream: stream_url("", &it.mount),
            stream_url: stream_url(base, &it.mount),
            quality: Some(unbroken(it.quality()))
                .filter(|it| !it.is_empty())
                .unwrap_or_else(|| it.mount.clone()),
            listeners: it.listeners,
            is_current: it.id == current,
            is_available: it.is_available(),
        };
        std::iter::once(station).chain(snapshot.renditions(station)).map(rung).collect()
    }
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
        let placeholder = CoverFormat::Svg.url(it.id, &station.name);
        let preview = station.widely_supported_artwork_url("");
        let preview = preview.unwrap_or_else(|| CoverFormat::Png.url(it.id, &station.name));
        let home_relation = if station.is_url_configured { FOLLOWED } else { NOT_FOLLOWED };
        Self {
            station: it,
            stream,
            placeholder,
            preview,
            home_relation,
            quality: unbroken(station.quality()),
        }
    }

    /// Returns the path of the picture to show: the artwork on the air, or else the generated picture.
    pub fn cover<'a>(&'a self, base: &str) -> &'a str {
        self.station.artwork_url.as_deref().map_or(&self.placeholder, |url| path_of(url, base))
    }

    /// Returns the absolute URL of a picture for programs that show neither SVG nor WebP, such as previews
    /// of links and lock screens: the artwork of the station if it is PNG or JPEG, or else the generated
    /// picture.
    pub fn preview_image(&self, base: &str) -> String {
        format!("{base}{}", self.preview)
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
}

/// Returns a bit rate and codec whose number and unit stay in one line.
fn unbroken(quality: String) -> String {
    quality.replace(" kbit/s", "\u{a0}kbit/s")
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
