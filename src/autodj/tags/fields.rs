//! What is read of a tag, of any kind.

use crate::station::EmbeddedArtwork;

/// Bytes of one tag that are read through. Pictures of that size are met in front of the text; a tag that claims more
/// costs no more than this, and nothing of it is kept but the text.
pub const MAX_TAG_BYTES: u64 = 16 << 20;

/// Bytes of one text of a tag. Titles are cut to 240 bytes on the wire; what claims to be longer than this is no title
/// but damage.
pub const MAX_TEXT_BYTES: u64 = 8 << 10;

/// What is read of a tag.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tags {
    pub artist: Option<String>,
    pub title: Option<String>,
    pub album: Option<String>,
    pub year: Option<u16>,
    pub isrc: Option<String>,
    pub picture: Option<EmbeddedArtwork>,
}

/// The texts of a tag that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Artist,
    Title,
    Album,
    Year,
    Isrc,
}

impl Tags {
    /// Notes a text, unless one like it said something before.
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

    /// Adds what only a less important tag says. Artist and title go together: those of two tags may be of two minds.
    pub fn or(self, other: Self) -> Self {
        let names = if self.title.is_none() && other.title.is_some() {
            (other.artist, other.title)
        } else {
            (self.artist, self.title)
        };
        Self {
            artist: names.0,
            title: names.1,
            album: self.album.or(other.album),
            year: self.year.or(other.year),
            isrc: self.isrc.or(other.isrc),
            picture: self.picture.or(other.picture),
        }
    }

    /// `Artist - Title`, or the title alone. An artist alone says nothing of the track.
    pub fn stream_title(&self) -> Option<String> {
        let title = self.title.as_ref()?;
        Some(match &self.artist {
            Some(artist) => format!("{artist} - {title}"),
            None => title.clone(),
        })
    }
}

/// The year that a date begins with: `1998`, `1998-11-03`.
pub fn parse_year(date: &str) -> Option<u16> {
    date.get(..4)?.parse().ok().filter(|year| (1000..=9999).contains(year))
}
