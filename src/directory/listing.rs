//! The data about a station that is sent to a directory.

use crate::http::response::reply::audio_info;
use std::sync::Arc;

use crate::pages::{OnAir, Snapshot, StationSnapshot, printable, stream_url};
use crate::text::truncated;

/// The data of one station that is sent to a directory. All texts are single lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The id of the station.
    pub id: u32,
    /// The data that does not change with the programme.
    pub info: ListingInfo,
    /// Whether a live source or a relay is on air, whose audio stays as it is. The files of an AutoDJ may
    /// differ from each other.
    pub is_from_source: bool,
    /// The title on air; empty if it is not known.
    pub title: String,
    /// The number of listeners.
    pub listeners: usize,
    /// The most listeners that can connect.
    pub max_listeners: usize,
}

/// The data under which a directory lists a station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingInfo {
    /// The name.
    pub name: String,
    /// The genre. Never empty: dir.xiph.org refuses a station without one.
    pub genre: String,
    /// A description; may be empty.
    pub description: String,
    /// The home page; may be empty.
    pub url: String,
    /// The URL of the stream.
    pub listen_url: String,
    /// The media type of the stream.
    pub content_type: String,
    /// The bit rate in kbit/s.
    pub kbps: u32,
    /// `bitrate=128;samplerate=44100;channels=2`
    pub audio_info: String,
}

/// The genre that Icecast sends for a station without one.
const GENRE_UNKNOWN: &str = "various";

/// The most bytes of each text. Directories show one line.
const TEXT_MAX: usize = 200;

/// Returns the stations to list: all public stations that are not silent and accept listeners. `base` is the
/// public URL of this server, such as `http://radio.example:8000`.
pub fn listings(snapshot: &Snapshot, base: &str) -> Vec<Listing> {
    let is_on_air = |it: &StationSnapshot| it.on_air != OnAir::Silence && it.kbps.is_some();
    let is_listed =
        |it: &&Arc<StationSnapshot>| it.public && !it.hidden && is_on_air(it) && it.is_available();
    snapshot.stations.iter().filter(is_listed).map(|station| Listing::new(snapshot, station, base)).collect()
}

impl Listing {
    fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        Self {
            id: station.id,
            info: ListingInfo::from_station(station, base),
            is_from_source: matches!(station.on_air, OnAir::Live(_) | OnAir::Relay(_)),
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
            url: url_or_empty(&station.url),
            listen_url: stream_url(base, &station.mount),
            content_type: station.content_type.to_owned(),
            kbps: station.kbps.unwrap_or(0),
            audio_info: audio_info(station.kbps, station.rate, station.channels),
        }
    }
}

impl ListingInfo {
    /// Returns whether the directory's existing listing is still correct, apart from its
    /// [audio](Self::has_same_audio).
    pub fn is_same_station(&self, other: &Self) -> bool {
        let Self { kbps, audio_info, .. } = self;
        *self == Self { kbps: *kbps, audio_info: audio_info.clone(), ..other.clone() }
    }

    /// Returns whether bit rate, sampling rate and channels are the same. The bit rate may be a mean that
    /// changes every few seconds with the music.
    pub fn has_same_audio(&self, other: &Self) -> bool {
        (self.kbps, &self.audio_info) == (other.kbps, &other.audio_info)
    }
}

/// Returns a URL, or an empty text if it is too long: a truncated URL would be another URL.
fn url_or_empty(url: &str) -> String {
    let url = printable(url);
    if url.len() <= TEXT_MAX { url } else { String::new() }
}

fn line(text: &str) -> String {
    truncated(printable(text).trim(), TEXT_MAX).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_stations_on_air_are_listed() {
        let public = StationSnapshot { public: true, ..StationSnapshot::example() };
        let silent = StationSnapshot { on_air: OnAir::Silence, ..public.clone() };
        let not_started = StationSnapshot { kbps: None, ..public.clone() };
        let stations = [StationSnapshot::example(), silent, not_started, public].map(Arc::new).to_vec();
        let snapshot = Snapshot { stations, ..Snapshot::example() };
        let [listing] = &listings(&snapshot, "https://radio.example")[..] else { panic!() };
        assert_eq!(listing.info.listen_url, "https://radio.example/live");
        assert_eq!(listing.info.audio_info, "bitrate=128;samplerate=44100;channels=2");
        assert_eq!((listing.listeners, listing.max_listeners), (12, 512));
    }

    #[test]
    fn rendition_is_listed_while_it_can_be_encoded() {
        let mut snapshot = Snapshot::example_ladder();
        snapshot.stations.iter_mut().for_each(|station| Arc::make_mut(station).public = true);
        let listed: Vec<u32> = listings(&snapshot, "http://h").iter().map(|it| it.id).collect();
        assert_eq!(listed, [1, 2, 7, 8], "of 1, 2, 7, 8 and 9, which is not available");
    }

    #[test]
    fn rendition_is_listed_with_its_own_format_and_url() {
        let mut snapshot = Snapshot::example_ladder();
        for station in &mut snapshot.stations {
            Arc::make_mut(station).public = station.id != 8;
        }
        let all = listings(&snapshot, "https://radio.example");
        let info = |id| &all.iter().find(|it| it.id == id).expect("it is listed").info;
        let parent = ("https://radio.example/live", 128, "bitrate=128;samplerate=44100;channels=2");
        let rendition = ("https://radio.example/live-32", 32, "bitrate=32;samplerate=22050;channels=1");
        for (id, expected) in [(1, parent), (2, rendition)] {
            let info = info(id);
            assert_eq!((info.listen_url.as_str(), info.kbps, info.audio_info.as_str()), expected);
            assert_eq!(info.name, "Harbour FM");
        }
        assert!(all.iter().all(|it| it.id != 8), "a rendition that is not public");
    }

    #[test]
    fn texts_are_single_lines_and_the_genre_is_never_empty() {
        let long = format!("{}\r\n\u{1}", "é".repeat(1000));
        let station = StationSnapshot { name: long, genre: " \n".into(), ..StationSnapshot::example() };
        let info = ListingInfo::from_station(&station, "http://h");
        assert_eq!((info.name.len(), info.genre.as_str()), (200, "various"));
    }
}
