//! ID3v2: the tags before the audio, and those at the end to which they refer or that have a footer.

use std::io::{self, Read, Seek};

use encoding_rs::Encoding;

use super::fields::Tags;
use super::text::join_values;
use crate::id3v2::{Id3Place, Id3Tag, find_leading};
use crate::station::{ArtworkLocation, EmbeddedArtwork};

/// Reads the tags before the audio. The first one, which is usually the newest, takes precedence.
pub fn read(source: &mut (impl Read + Seek), charset: &'static Encoding) -> io::Result<Tags> {
    let mut tags = Tags::default();
    for place in find_leading(source)? {
        let Ok(found) = read_place(place, source, charset) else { break };
        tags = tags.or(found);
    }
    Ok(tags)
}

/// Reads a tag, and the one to which it refers.
pub fn read_place(
    place: Id3Place,
    source: &mut (impl Read + Seek),
    charset: &'static Encoding,
) -> io::Result<Tags> {
    let tag = place.read(source, charset)?;
    // An error costs only the other tag.
    let other = place.referred_by(&tag, source).ok().flatten();
    let other = other.and_then(|other| other.read(source, charset).ok());
    Ok(Tags::from(tag).or(other.unwrap_or_default().into()))
}

impl From<Id3Tag> for Tags {
    fn from(tag: Id3Tag) -> Self {
        let text = |text: Option<String>| text.as_deref().and_then(join_values);
        let picture = tag.picture.map(|picture| {
            let location = ArtworkLocation::Bytes {
                offset: picture.offset,
                is_unsynchronised: picture.is_unsynchronised,
            };
            EmbeddedArtwork { mime: picture.mime, len: picture.len, location }
        });
        let mut tags = Self {
            artist: text(tag.artist),
            title: text(tag.title),
            album: text(tag.album),
            year: text(tag.date).as_deref().and_then(super::fields::parse_year),
            isrc: text(tag.isrc),
            picture,
            ..Self::default()
        };
        for (name, value) in &tag.named_texts {
            tags.loudness.set(name.trim(), value.trim());
        }
        if let Some(gain) = tag.relative_volume {
            tags.loudness.set_relative_volume(gain);
        }
        tags
    }
}
