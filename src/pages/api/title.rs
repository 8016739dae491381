//! The JSON of a title in the API.

use serde::Serialize;

use super::time::rfc3339;
use crate::icy::Title;
use crate::pages::{PublicNames, Snapshot, StationSnapshot, printable};
use crate::station::{COVERS_KEPT, PlayedTitle, cover_url};
use crate::time::WallClock;

/// The title on the air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TitleJson {
    /// The title as players show it.
    pub text: String,
    /// See [`TitleParts`].
    pub artist: Option<String>,
    /// See [`TitleParts`].
    pub song: Option<String>,
    /// The album of the track.
    pub album: Option<String>,
    /// The `StreamUrl` as sent; need not be a valid URL.
    pub url: Option<String>,
    /// When it began at the live edge.
    pub on_air_at: String,
    /// When it begins for a listener with a full burst.
    pub audible_at: String,
    /// For how long it has been on the air at the live edge, in seconds.
    pub elapsed_s: u64,
    /// How long it is on the air, in seconds, if it is that of a track.
    pub duration_s: Option<u64>,
}

/// A title of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlayedJson {
    /// The title as players showed it.
    pub title: String,
    /// See [`TitleParts`].
    pub artist: Option<String>,
    /// See [`TitleParts`].
    pub song: Option<String>,
    /// The public name of the input that was on the air, or of the user who set the title; `None` if it has
    /// none.
    pub set_by: Option<String>,
    /// When it began at the live edge.
    pub on_air_at: String,
    /// The URL of its cover, as long as the cover can be requested.
    pub artwork_url: Option<String>,
}

/// The artist and the song of a title. If the update or the tags named neither, they are the parts before and
/// after the first ` - `, the usual form of a title.
#[derive(Debug, PartialEq, Eq)]
pub struct TitleParts {
    /// The artist.
    pub artist: Option<String>,
    /// The song.
    pub song: Option<String>,
}

impl TitleParts {
    /// Returns the parts of `title`.
    pub fn from_title(title: &Title) -> Self {
        let (artist, song) = match (title.artist.as_deref(), title.title.as_deref()) {
            (None, None) => title.text.split_once(" - ").unzip(),
            named => named,
        };
        let non_empty =
            |part: Option<&str>| part.map(|part| printable(part.trim())).filter(|part| !part.is_empty());
        Self { artist: non_empty(artist), song: non_empty(song) }
    }
}

impl TitleJson {
    /// Creates the JSON of the current title of `station`; `None` if none is known.
    pub fn from_station(snapshot: &Snapshot, station: &StationSnapshot) -> Option<Self> {
        let clock = snapshot.clock;
        let TitleProgress { elapsed_s, duration_s } = TitleProgress::new(snapshot, station);
        let StationSnapshot { title, album, title_since, .. } = station;
        let TitleParts { artist, song } = TitleParts::from_title(title);
        let album = album.as_deref().map(printable);
        (!title.text.is_empty()).then(|| Self {
            text: printable(&title.text),
            artist,
            song,
            album,
            url: Some(printable(&title.url)).filter(|url| !url.is_empty()),
            on_air_at: rfc3339(clock, title_since.live_edge_at),
            audible_at: rfc3339(clock, title_since.audible_at),
            elapsed_s,
            duration_s,
        })
    }
}

/// How much of the title on the air was played, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TitleProgress {
    /// At the live edge, rounded down.
    pub elapsed_s: u64,
    /// Of the whole track, rounded; `None` for a live source and a relay, and if the file does not say it.
    pub duration_s: Option<u64>,
}

impl TitleProgress {
    /// Returns the progress of the current title of `station`. Durations of files are estimates, so that a
    /// track may last longer; then it stays at its end.
    pub fn new(snapshot: &Snapshot, station: &StationSnapshot) -> Self {
        let duration_s = station.title_length.map(|length| length.as_secs_f64().round() as u64);
        let elapsed_s = snapshot.seconds_since(station.title_began);
        Self { elapsed_s: elapsed_s.min(duration_s.unwrap_or(u64::MAX)), duration_s }
    }
}

impl PlayedJson {
    /// Creates the JSON of the titles of a station that are the latest ones except for `skipped`.
    pub fn all<'a>(
        snapshot: &'a Snapshot,
        station: &'a StationSnapshot,
        skipped: usize,
        base: &'a str,
    ) -> impl Iterator<Item = Self> + 'a {
        let titles = station.history.iter().enumerate().skip(skipped);
        titles.map(move |(age, played)| {
            let cover = played.cover_version.filter(|_| age < COVERS_KEPT);
            Self {
                artwork_url: cover.map(|version| cover_url(base, station.id, version)),
                ..Self::new(snapshot.clock, played, &station.names)
            }
        })
    }

    fn new(clock: WallClock, played: &PlayedTitle, names: &PublicNames) -> Self {
        let TitleParts { artist, song } = TitleParts::from_title(&played.title);
        let title = printable(&played.title.text);
        Self {
            title,
            artist,
            song,
            set_by: names.public_name(&played.set_by).map(printable),
            on_air_at: rfc3339(clock, played.started_at),
            artwork_url: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_without_artist_and_song_is_split_at_first_dash() {
        let title = |text: &str, artist: Option<&str>, title: Option<&str>| Title {
            artist: artist.map(str::to_owned),
            title: title.map(str::to_owned),
            ..Title::new(text)
        };
        for (title, artist, song) in [
            (title("Nadia Karim - Tidewater", None, None), Some("Nadia Karim"), Some("Tidewater")),
            (title("Karim - Tidewater - Live", None, None), Some("Karim"), Some("Tidewater - Live")),
            (title("A-B", None, None), None, None),
            (title(" - Tidewater", None, None), None, Some("Tidewater")),
            (title("", None, None), None, None),
            (title("A - B - C", Some("A - B"), Some("C")), Some("A - B"), Some("C")),
            (title("Tide - water", None, Some("Tide - water")), None, Some("Tide - water")),
        ] {
            let expected = TitleParts { artist: artist.map(str::to_owned), song: song.map(str::to_owned) };
            assert_eq!(TitleParts::from_title(&title), expected, "{title:?}");
        }
    }
}
