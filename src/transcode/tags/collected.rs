//! Tags collected from a file, in one form for all formats.

use crate::image::IMAGE_MAX;
use crate::text::truncated;
use crate::track_name::{TrackName, whole};
use crate::transcode::{FileTags, LoudnessTags};

/// Maximum length of a text in bytes, as for MP3. Titles are cut to 240 bytes on the wire.
const MAX_TEXT_BYTES: usize = 8 << 10;

/// Between several artists, as for MP3 files, so that a song has the same title in every format. Picard and
/// MusicBrainz write the same.
const SEPARATOR: &str = ", ";

/// The text fields that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagField {
    /// The artist of the track, not that of the album.
    Artist,
    Title,
    Album,
    /// A date that begins with the year.
    Date,
    /// The year, if there is no date.
    Year,
    Isrc,
}

/// The tags of a file.
#[derive(Debug, Default)]
pub struct CollectedTags {
    artist: Option<String>,
    title: Option<String>,
    album: Option<String>,
    date: Option<String>,
    year: Option<String>,
    isrc: Option<String>,
    loudness: LoudnessTags,
    /// Whether it is a front cover, and the picture; empty if it is too large.
    picture: Option<(bool, Vec<u8>)>,
}

impl CollectedTags {
    /// Adds one or more values, separated by NULs. Several values of a field are joined.
    pub fn add(&mut self, field: TagField, text: &str) {
        text.split('\0').for_each(|value| self.add_value(field, value.trim()));
    }

    /// Adds a text by the name that it has in Vorbis comments, in upper or lower case.
    pub fn add_named(&mut self, name: &str, value: &str) {
        let field = match name.to_ascii_uppercase().as_str() {
            "ARTIST" => TagField::Artist,
            "TITLE" => TagField::Title,
            "ALBUM" => TagField::Album,
            "DATE" => TagField::Date,
            "YEAR" => TagField::Year,
            "ISRC" => TagField::Isrc,
            _ => {
                self.loudness.set(name, value);
                return;
            }
        };
        self.add(field, value);
    }

    /// Returns the tags about loudness.
    pub fn loudness(&mut self) -> &mut LoudnessTags {
        &mut self.loudness
    }

    /// Adds a picture: the first front cover counts, else the first picture. One that is too large to be
    /// shown counts too, but is not kept: another picture is not the cover.
    pub fn add_picture(&mut self, is_front: bool, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.set_picture(is_front, if bytes.len() <= IMAGE_MAX { bytes } else { &[] });
        }
    }

    /// Adds a picture that is too large to be shown.
    pub fn add_large_picture(&mut self, is_front: bool) {
        self.set_picture(is_front, &[]);
    }

    /// Takes the picture, unless it is too large.
    pub fn take_picture(&mut self) -> Option<Vec<u8>> {
        self.picture.take().map(|(_, bytes)| bytes).filter(|bytes| !bytes.is_empty())
    }

    /// Fills what is missing from a tag of lower precedence, by the rules of [`TrackName`] and [`whole`].
    pub fn or(self, other: Self) -> Self {
        let name = TrackName { artist: self.artist, title: self.title };
        let name = name.or(TrackName { artist: other.artist, title: other.title });
        Self {
            artist: name.artist,
            title: name.title,
            album: whole(self.album, other.album),
            date: self.date.or(other.date),
            year: self.year.or(other.year),
            isrc: self.isrc.or(other.isrc),
            loudness: self.loudness.or(other.loudness),
            picture: self.picture.or(other.picture),
        }
    }

    /// Returns the tags without the cover.
    pub fn into_file_tags(self) -> FileTags {
        FileTags {
            artist: self.artist,
            title: self.title,
            album: self.album,
            date: self.date.or(self.year),
            isrc: self.isrc,
            cover: None,
            loudness: self.loudness.loudness(),
        }
    }

    fn set_picture(&mut self, is_front: bool, bytes: &[u8]) {
        let is_better = self.picture.as_ref().is_none_or(|(had_front, _)| is_front && !had_front);
        if is_better {
            self.picture = Some((is_front, bytes.to_vec()));
        }
    }

    fn add_value(&mut self, field: TagField, value: &str) {
        if value.is_empty() {
            return;
        }
        let text = match field {
            TagField::Artist => &mut self.artist,
            TagField::Title => &mut self.title,
            TagField::Album => &mut self.album,
            TagField::Date => &mut self.date,
            TagField::Year => &mut self.year,
            TagField::Isrc => &mut self.isrc,
        };
        let joined = match text.take() {
            Some(text) => text + SEPARATOR + truncated(value, MAX_TEXT_BYTES),
            None => truncated(value, MAX_TEXT_BYTES).to_owned(),
        };
        *text = Some(truncated(&joined, MAX_TEXT_BYTES).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_joined_within_the_limit() {
        let mut tags = CollectedTags::default();
        tags.add_named("artist", "A\0 \0B");
        tags.add_named("Artist", " C ");
        tags.add_named("ALBUMARTIST", "Various");
        tags.add_named("YEAR", "1998");
        tags.add(TagField::Title, "");
        (0..10).for_each(|_| tags.add(TagField::Album, &"ä".repeat(1500)));
        let tags = tags.into_file_tags();
        assert_eq!((tags.artist.as_deref(), tags.title), (Some("A, B, C"), None));
        assert_eq!(tags.date.as_deref(), Some("1998"));
        assert_eq!(tags.album.map(|album| album.len()), Some(MAX_TEXT_BYTES));
    }

    #[test]
    fn front_cover_is_preferred_and_too_large_one_is_not_replaced() {
        let large = vec![1; IMAGE_MAX + 1];
        let pick = |pictures: &[(bool, &[u8])]| {
            let mut tags = CollectedTags::default();
            pictures.iter().for_each(|(is_front, bytes)| tags.add_picture(*is_front, bytes));
            tags.take_picture()
        };
        assert_eq!(pick(&[(false, b"a"), (false, b"b")]).as_deref(), Some(&b"a"[..]));
        assert_eq!(pick(&[(false, b"a"), (true, b"b"), (true, b"c")]).as_deref(), Some(&b"b"[..]));
        assert_eq!(pick(&[(true, b""), (false, b"a")]).as_deref(), Some(&b"a"[..]));
        assert_eq!(pick(&[(false, b"a"), (true, &large)]), None);
        assert_eq!(pick(&[]), None);
    }

    #[test]
    fn artist_and_title_are_from_the_same_tag() {
        let tags = |named: &[(&str, &str)]| {
            let mut tags = CollectedTags::default();
            named.iter().for_each(|(name, value)| tags.add_named(name, value));
            tags
        };
        let merged = tags(&[("ARTIST", "A"), ("ALBUM", "First")])
            .or(tags(&[("TITLE", "T"), ("ALBUM", "Second"), ("DATE", "1998")]))
            .into_file_tags();
        assert_eq!((merged.artist, merged.title.as_deref()), (None, Some("T")));
        assert_eq!((merged.album.as_deref(), merged.date.as_deref()), (Some("First"), Some("1998")));
    }
}
