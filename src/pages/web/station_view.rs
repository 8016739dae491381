//! A station as the pages for people show it: what the API tells of it, and where its pictures and players' links are.

use super::cover;
use crate::pages::api::{StationJson, TitleJson};
use crate::pages::{Snapshot, StationSnapshot};

/// A station, for a template.
pub struct StationView {
    /// What the API tells of it.
    pub station: StationJson,
    /// The path of its stream: a page's player asks the server that the page came from.
    pub stream: String,
    /// Where a picture drawn for it is.
    pub placeholder: String,
}

impl StationView {
    /// `station` of `snapshot`, for a client that reached the server at `base`.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        let it = StationJson::new(snapshot, station, base);
        let stream = path_of(&it.stream_url, base).to_owned();
        let stand_in = cover::url(it.id, &station.name);
        Self { station: it, stream, placeholder: stand_in }
    }

    /// Where the picture to show is: the cover of what is on, or that drawn for the station.
    pub fn cover<'a>(&'a self, base: &str) -> &'a str {
        self.station.artwork_url.as_deref().map_or(&self.placeholder, |url| path_of(url, base))
    }

    /// Its home page, if that is one: a link could also be a script.
    pub fn home(&self) -> Option<&str> {
        Some(self.station.url.as_str())
            .filter(|url| url.starts_with("http://") || url.starts_with("https://"))
    }

    /// What is on: the song, where that is known apart.
    pub fn song(&self) -> &str {
        match &self.station.title {
            Some(TitleJson { song: Some(song), .. }) => song,
            Some(title) => &title.text,
            None if self.station.on_air.kind == "silence" => "Nothing is on the air right now",
            None => "Unknown title",
        }
    }

    /// Who plays it, where the song is known apart.
    pub fn artist(&self) -> &str {
        let apart = self.station.title.as_ref().filter(|title| title.song.is_some());
        apart.and_then(|title| title.artist.as_deref()).unwrap_or_default()
    }

    /// What it was published on.
    pub fn album(&self) -> &str {
        self.station.title.as_ref().and_then(|title| title.album.as_deref()).unwrap_or_default()
    }

    /// Whose it is that is on.
    pub fn kind(&self) -> String {
        match (self.station.on_air.kind, &self.station.on_air.name) {
            ("silence", _) => "Off air".to_owned(),
            ("live", Some(by)) if !by.is_empty() => format!("Live: {by}"),
            ("live", _) => "Live".to_owned(),
            _ => "On air".to_owned(),
        }
    }

    /// `128 kbit/s MP3`, as far as that is known.
    pub fn quality(&self) -> String {
        let kbps = self.station.bitrate_kbps.map(|kbps| format!("{kbps} kbit/s"));
        let codec = self.station.codec.map(str::to_uppercase);
        [kbps, codec].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Hours and minutes of a time as the API writes it; the page's script puts the visitor's own in their place.
pub fn clock(rfc3339: &str) -> &str {
    rfc3339.get(11..16).unwrap_or_default()
}

fn path_of<'a>(url: &'a str, base: &str) -> &'a str {
    url.strip_prefix(base).unwrap_or(url)
}
