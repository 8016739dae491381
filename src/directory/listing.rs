//! What a directory is told of a station.

use crate::http::response::reply::audio_info;
use std::rc::Rc;

use crate::pages::{OnAir, Snapshot, StationSnapshot, printable, stream_url};
use crate::text::truncated;

/// What a directory shows of a station. Texts are one line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Which station it is, for us.
    pub id: u32,
    /// What stays the same while nothing but the programme goes on.
    pub info: ListingInfo,
    /// What is on the air; empty where that is not known.
    pub title: String,
    /// How many listen.
    pub listeners: usize,
    /// How many can.
    pub max_listeners: usize,
}

/// What a directory finds a station by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingInfo {
    /// What it is called.
    pub name: String,
    /// Never empty: dir.xiph.org refuses a station without one.
    pub genre: String,
    /// A sentence on it; may be empty.
    pub description: String,
    /// Its home page; may be empty.
    pub url: String,
    /// Where it is heard.
    pub listen_url: String,
    /// The media type of its stream.
    pub content_type: String,
    /// In kbit/s.
    pub kbps: u32,
    /// `bitrate=128;samplerate=44100;channels=2`
    pub audio_info: String,
}

/// What Icecast says of a station that does not say itself.
const GENRE_UNKNOWN: &str = "various";

/// Bytes of each text. Directories show a line.
const TEXT_MAX: usize = 200;

/// The stations that are to be listed: those that are public and have something on the air. `base` is where we are
/// reached, as `http://radio.example:8000`.
pub fn listings(snapshot: &Snapshot, base: &str) -> Vec<Listing> {
    let is_listed = |it: &&Rc<StationSnapshot>| it.public && it.on_air != OnAir::Silence && it.kbps.is_some();
    snapshot.stations.iter().filter(is_listed).map(|station| Listing::new(snapshot, station, base)).collect()
}

impl Listing {
    fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        Self {
            id: station.id,
            info: ListingInfo::from_station(station, base),
            title: line(&station.title.text),
            listeners: station.listeners,
            max_listeners: snapshot.listener_limit(station),
        }
    }
}

impl ListingInfo {
    fn from_station(station: &StationSnapshot, base: &str) -> Self {
        Self {
            name: line(&station.name),
            genre: Some(line(&station.genre)).filter(|it| !it.is_empty()).unwrap_or(GENRE_UNKNOWN.into()),
            description: line(&station.description),
            url: line(&station.url),
            listen_url: stream_url(base, &station.mount),
            content_type: station.content_type.to_owned(),
            kbps: station.kbps.unwrap_or(0),
            audio_info: audio_info(station.kbps, station.rate, station.channels),
        }
    }
}

impl ListingInfo {
    /// Whether it is the same station to a directory. The bit rate is a mean, and another with every few seconds of most
    /// music: the one that it was listed with stays.
    pub fn is_same_station(&self, other: &Self) -> bool {
        let Self { kbps, audio_info, .. } = self;
        *self == Self { kbps: *kbps, audio_info: audio_info.clone(), ..other.clone() }
    }
}

fn line(text: &str) -> String {
    truncated(printable(text).trim(), TEXT_MAX).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_public_and_to_be_heard_is_listed() {
        let public = StationSnapshot { public: true, ..StationSnapshot::example() };
        let silent = StationSnapshot { on_air: OnAir::Silence, ..public.clone() };
        let not_begun = StationSnapshot { kbps: None, ..public.clone() };
        let stations = [StationSnapshot::example(), silent, not_begun, public].map(Rc::new).to_vec();
        let snapshot = Snapshot { stations, ..Snapshot::example() };
        let [listing] = &listings(&snapshot, "https://radio.example")[..] else { panic!() };
        assert_eq!(listing.info.listen_url, "https://radio.example/live");
        assert_eq!(listing.info.audio_info, "bitrate=128;samplerate=44100;channels=2");
        assert_eq!((listing.listeners, listing.max_listeners), (12, 512));
    }

    #[test]
    fn texts_are_lines_and_a_genre_is_there() {
        let long = format!("{}\r\n\u{1}", "é".repeat(1000));
        let station = StationSnapshot { name: long, genre: " \n".into(), ..StationSnapshot::example() };
        let about = ListingInfo::from_station(&station, "http://h");
        assert_eq!((about.name.len(), about.genre.as_str()), (200, "various"));
    }
}
