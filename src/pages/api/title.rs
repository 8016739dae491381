//! Titles as the API shows them.

use serde::Serialize;

use super::time::rfc3339;
use crate::icy::Title;
use crate::pages::{StationSnapshot, printable};
use crate::station::PlayedTitle;
use crate::time::WallClock;

/// The title on the air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TitleJson {
    /// The line that players show.
    pub text: String,
    /// See [`TitleParts`].
    pub artist: Option<String>,
    /// See [`TitleParts`].
    pub song: Option<String>,
    /// What it was published on.
    pub album: Option<String>,
    /// Its `StreamUrl`, as somebody gave it: a web address or not.
    pub url: Option<String>,
    /// When it became true at the live edge.
    pub on_air_at: String,
    /// When it does for a listener with a whole burst.
    pub audible_at: String,
}

/// A title that was on the air, or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlayedJson {
    /// The line that players showed.
    pub title: String,
    /// See [`TitleParts`].
    pub artist: Option<String>,
    /// See [`TitleParts`].
    pub song: Option<String>,
    /// Who set it.
    pub set_by: String,
    /// When it became true at the live edge.
    pub on_air_at: String,
}

/// Who plays, and what: as whoever set the title named them. Who named neither but put ` - ` into the line means by custom
/// that they stand before and behind it.
#[derive(Debug, PartialEq, Eq)]
pub struct TitleParts {
    /// Who plays.
    pub artist: Option<String>,
    /// What is played.
    pub song: Option<String>,
}

impl TitleParts {
    /// The parts of `title`.
    pub fn from_title(title: &Title) -> Self {
        let (artist, song) = match (title.artist.as_deref(), title.title.as_deref()) {
            (None, None) => title.text.split_once(" - ").unzip(),
            named => named,
        };
        let shown =
            |part: Option<&str>| part.map(|part| printable(part.trim())).filter(|part| !part.is_empty());
        Self { artist: shown(artist), song: shown(song) }
    }
}

impl TitleJson {
    /// The title on the air on a station, if there is one.
    pub fn from_station(clock: WallClock, station: &StationSnapshot) -> Option<Self> {
        let StationSnapshot { title, album, title_since: titled, .. } = station;
        let TitleParts { artist, song } = TitleParts::from_title(title);
        let album = album.as_deref().map(printable);
        (!title.text.is_empty()).then(|| Self {
            text: printable(&title.text),
            artist,
            song,
            album,
            url: Some(printable(&title.url)).filter(|url| !url.is_empty()),
            on_air_at: rfc3339(clock, titled.live_edge_at),
            audible_at: rfc3339(clock, titled.audible_at),
        })
    }
}

impl PlayedJson {
    /// One title of a station's history.
    pub fn new(clock: WallClock, played: &PlayedTitle) -> Self {
        let TitleParts { artist, song } = TitleParts::from_title(&played.title);
        let title = printable(&played.title.text);
        Self {
            title,
            artist,
            song,
            set_by: printable(&played.set_by),
            on_air_at: rfc3339(clock, played.started_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parted_where_nobody_named_its_parts() {
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
