//! ID3v2 and ID3v1 tags in WAV, AIFF, ADTS and FLAC files.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use super::collected::{CollectedTags, TagField};
use crate::id3v1::{self, Id3v1Texts};
use crate::id3v2::{Id3Picture, Id3Place, Id3Tag, find_leading, remove_unsynchronisation};
use crate::image::IMAGE_MAX;

/// Reads the ID3v2 tags before the audio.
pub fn read_leading(
    file: &mut (impl Read + Seek),
    with_pictures: bool,
    charset: &'static Encoding,
) -> CollectedTags {
    let places = find_leading(file).unwrap_or_default();
    let tags = places.into_iter().filter_map(|place| read_place(file, place, with_pictures, charset).ok());
    tags.reduce(CollectedTags::or).unwrap_or_default()
}

/// Reads the ID3v2 tags at these offsets.
pub fn read_at(
    file: &mut (impl Read + Seek),
    offsets: &[u64],
    with_pictures: bool,
    charset: &'static Encoding,
) -> CollectedTags {
    let tags = offsets.iter().filter_map(|at| {
        let place = Id3Place::at(file, *at).ok()??;
        read_place(file, place, with_pictures, charset).ok()
    });
    tags.reduce(CollectedTags::or).unwrap_or_default()
}

/// Reads the ID3v1 tag at the end.
pub fn read_v1(file: &mut (impl Read + Seek), charset: &'static Encoding) -> CollectedTags {
    let found = file.seek(SeekFrom::End(0)).and_then(|end| id3v1::read(file, end, charset));
    let Id3v1Texts { title, artist, album, year, .. } = found.ok().flatten().unwrap_or_default();
    let mut tags = CollectedTags::default();
    tags.add(TagField::Title, &title);
    tags.add(TagField::Artist, &artist);
    tags.add(TagField::Album, &album);
    tags.add(TagField::Year, &year);
    tags
}

fn read_place(
    file: &mut (impl Read + Seek),
    place: Id3Place,
    with_pictures: bool,
    charset: &'static Encoding,
) -> io::Result<CollectedTags> {
    let mut tag = place.read(file, charset)?;
    let picture = tag.picture.take().filter(|_| with_pictures);
    let mut tags = collect(tag);
    if let Some(picture) = picture {
        // One that is too large to be shown is not read: it would use up what may be read of the file. One
        // that cannot be read costs only itself.
        if picture.len > 2 * IMAGE_MAX as u64 {
            tags.add_large_picture(picture.is_front);
        } else if let Ok(bytes) = read_picture(file, &picture) {
            tags.add_picture(picture.is_front, &bytes);
        }
    }
    Ok(tags)
}

fn read_picture(file: &mut (impl Read + Seek), picture: &Id3Picture) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(picture.offset))?;
    file.take(picture.len).read_to_end(&mut bytes)?;
    Ok(if picture.is_unsynchronised { remove_unsynchronisation(bytes) } else { bytes })
}

fn collect(tag: Id3Tag) -> CollectedTags {
    let mut tags = CollectedTags::default();
    let fields = [
        (TagField::Artist, tag.artist),
        (TagField::Title, tag.title),
        (TagField::Album, tag.album),
        (TagField::Date, tag.date),
        (TagField::Isrc, tag.isrc),
    ];
    for (field, text) in fields {
        tags.add(field, &text.unwrap_or_default().replace('\u{feff}', ""));
    }
    for (name, value) in &tag.named_texts {
        tags.loudness().set(name.trim(), value.trim());
    }
    if let Some(gain) = tag.relative_volume {
        tags.loudness().set_relative_volume(gain);
    }
    tags
}
