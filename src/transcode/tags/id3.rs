//! ID3v2 and ID3v1 tags in WAV, AIFF, ADTS and FLAC files.

use encoding_rs::WINDOWS_1252;
use lofty::TextEncoding;
use lofty::id3::v1::Id3v1Tag;
use lofty::id3::v2::{ChannelType, Frame, Id3v2Tag, RelativeVolumeAdjustmentFrame};
use lofty::picture::PictureType;

use super::collected::{CollectedTags, TagField};
use crate::text::decode_or;

/// Returns the tags of an ID3v2 tag.
pub fn collect(tag: &Id3v2Tag) -> CollectedTags {
    let mut tags = CollectedTags::default();
    tag.into_iter().for_each(|frame| add(&mut tags, frame));
    tags
}

/// Returns the tags of an ID3v1 tag.
pub fn collect_v1(tag: &Id3v1Tag) -> CollectedTags {
    let mut tags = CollectedTags::default();
    let texts =
        [(TagField::Artist, &tag.artist), (TagField::Title, &tag.title), (TagField::Album, &tag.album)];
    for (field, text) in texts {
        let text = text.as_deref().unwrap_or_default();
        tags.add(field, &relabelled(text, TextEncoding::Latin1));
    }
    if let Some(year) = tag.year {
        tags.add(TagField::Year, &year.to_string());
    }
    tags
}

fn add(tags: &mut CollectedTags, frame: &Frame<'_>) {
    match frame {
        Frame::Text(text) => {
            if let Some(field) = field(frame.id().as_str()) {
                tags.add(field, &relabelled(&text.value, text.encoding));
            }
        }
        Frame::Timestamp(date) if frame.id().as_str() == "TDRC" => {
            tags.add(TagField::Date, &date.timestamp.to_string());
        }
        Frame::UserText(text) => _ = tags.loudness().set(&text.description, &text.content),
        Frame::Comment(text) => _ = tags.loudness().set(&text.description, &text.content),
        Frame::RelativeVolumeAdjustment(volume) => add_relative_volume(tags, volume),
        Frame::Picture(picture) => {
            let is_front = picture.picture.pic_type() == PictureType::CoverFront;
            tags.add_picture(is_front, picture.picture.data());
        }
        _ => {}
    }
}

fn field(id: &str) -> Option<TagField> {
    Some(match id {
        "TPE1" => TagField::Artist,
        "TIT2" => TagField::Title,
        "TALB" => TagField::Album,
        "TDRC" => TagField::Date,
        "TYER" => TagField::Year,
        "TSRC" => TagField::Isrc,
        _ => return None,
    })
}

/// The gain of an album is not that of the track.
fn add_relative_volume(tags: &mut CollectedTags, volume: &RelativeVolumeAdjustmentFrame<'_>) {
    if let Some(master) = volume.channels.get(&ChannelType::MasterVolume)
        && !volume.identification.eq_ignore_ascii_case("album")
    {
        tags.loudness().set_relative_volume(f32::from(master.volume_adjustment) / 512.0);
    }
}

/// Corrects text whose label says Latin-1: it is often UTF-8, and else Windows-1252, which differs from
/// Latin-1 only where that has control characters.
fn relabelled(text: &str, encoding: TextEncoding) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    match bytes.filter(|_| encoding == TextEncoding::Latin1) {
        Some(bytes) => decode_or(&bytes, WINDOWS_1252).into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_a_wrong_label_are_corrected() {
        for (text, encoding, expected) in [
            ("it\u{92}s", TextEncoding::Latin1, "it’s"),
            ("BjÃ¶rk", TextEncoding::Latin1, "Björk"),
            ("Björk", TextEncoding::Latin1, "Björk"),
            ("BjÃ¶rk", TextEncoding::UTF8, "BjÃ¶rk"),
            ("Ночной", TextEncoding::Latin1, "Ночной"),
        ] {
            assert_eq!(relabelled(text, encoding), expected, "{text}");
        }
    }
}
