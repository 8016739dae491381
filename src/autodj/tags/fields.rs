//! The fields that are read from tags of any kind.

use std::path::Path;

use super::text::join_values;
use crate::station::{ArtworkLocation, EmbeddedArtwork, TrackInfo};
use crate::track_name::{TrackName, whole};
use crate::transcode::{FileTags, LoudnessTags};

/// Maximum number of bytes of an APE tag that are read. Pictures of this size occur before the texts. A tag
/// that claims to be larger is read only up to here, and only its texts are kept in memory.
pub const MAX_TAG_BYTES: u64 = 16 << 20;

/// Maximum length of one text of a tag in bytes. Titles are cut to 240 bytes on the wire; a text that claims
/// to be longer than this is damaged.
pub const MAX_TEXT_BYTES: u64 = 8 << 10;

/// The fields of a tag.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tags {
    pub artist: Option<String>,
    pub title: Option<String>,
    pub album: Option<String>,
    pub year: Option<u16>,
    pub isrc: Option<String>,
    pub picture: Option<EmbeddedArtwork>,
    pub loudness: LoudnessTags,
}

/// The text fields that are read from a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Artist,
    Title,
    Album,
    Year,
    Isrc,
}

impl Tags {
    /// Sets a field, unless it is already set.
    pub fn set_if_empty(&mut self, field: Field, text: Option<String>) {
        let field = match field {
            Field::Artist => &mut self.artist,
            Field::Title => &mut self.title,
            Field::Album => &mut self.album,
            Field::Isrc => &mut self.isrc,
            Field::Year => {
                self.year = self.year.or_else(|| parse_year(&text?));
                return;
            }
        };
        *field = field.take().or(text);
    }

    /// Converts the tags that an encode worker has read, except for the loudness.
    pub fn from_worker(tags: &FileTags) -> Self {
        let text = |text: &Option<String>| text.as_deref().and_then(join_values);
        let picture = tags.cover.as_ref().map(|cover| EmbeddedArtwork {
            mime: cover.mime.clone(),
            len: cover.len,
            location: ArtworkLocation::Worker,
        });
        Self {
            artist: text(&tags.artist),
            title: text(&tags.title),
            album: text(&tags.album),
            year: text(&tags.date).as_deref().and_then(parse_year),
            isrc: text(&tags.isrc),
            picture,
            loudness: LoudnessTags::default(),
        }
    }

    /// Returns the properties of the track in the file at `path`.
    pub fn into_track_info(self, path: &Path) -> TrackInfo {
        let Self { artist, title, album, year, isrc, picture, loudness } = self;
        let loudness = loudness.loudness();
        TrackInfo {
            file: path.into(),
            artist,
            title,
            album,
            year,
            isrc,
            artwork: picture,
            length: None,
            loudness,
            conversion: None,
        }
    }

    /// Fills empty fields from a tag of lower precedence, by the rules of [`TrackName`] and [`whole`].
    pub fn or(self, other: Self) -> Self {
        let name = TrackName { artist: self.artist, title: self.title };
        let name = name.or(TrackName { artist: other.artist, title: other.title });
        Self {
            artist: name.artist,
            title: name.title,
            album: whole(self.album, other.album),
            year: self.year.or(other.year),
            isrc: self.isrc.or(other.isrc),
            picture: self.picture.or(other.picture),
            loudness: self.loudness.or(other.loudness),
        }
    }

    /// Returns `Artist - Title`, or the title alone; `None` without a title, because an artist alone does not
    /// identify the track.
    pub fn stream_title(&self) -> Option<String> {
        let title = self.title.as_ref()?;
        Some(match &self.artist {
            Some(artist) => format!("{artist} - {title}"),
            None => title.clone(),
        })
    }
}

/// Returns the year at the beginning of a date: `1998`, `1998-11-03`.
pub fn parse_year(date: &str) -> Option<u16> {
    date.get(..4)?.parse().ok().filter(|year| (1000..=9999).contains(year))
}
