//! Reads the tags of a track: its title, which otherwise comes from a playlist or the file name, and other
//! data.

mod ape;
mod fields;
mod file_offset;
mod id3v2;
mod lyrics3;
mod text;
mod trailing;

use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use encoding_rs::Encoding;
use fields::Tags;
use text::clean;
use trailing::TrailingTags;

use super::xing;
use crate::audio::{Codec, Header};
use crate::id3v2::{remove_unsynchronisation, skip_tags};
use crate::limited_reader::LimitedReader;
use crate::open_file;
use crate::station::{ArtworkLocation, EmbeddedArtwork, TrackInfo};
use crate::text::decode_damaged_or;
use crate::transcode::{AudioFileInfo, PLAUSIBLE_LUFS};

/// The most bytes that are read for the tags of a file in total. A damaged tag of 16 MiB is read about twice.
const READ_MAX: u64 = 64 << 20;

/// Returns the stream title of the track in `file`, and all data from its tags. The title is from its ID3v2
/// tag, else APE, else Lyrics3 or ID3v1, else it is `hint`, the title in a playlist, else it is from the file
/// name. It is never empty and has no control characters. The duration is not set here. Text that does not
/// state its encoding and is not UTF-8 is in `charset`; for stations without one, Windows-1252. It also
/// serves for Latin-1: the bytes in which they differ are control characters in Latin-1, and quotes and
/// dashes in the tags of Windows programs.
///
/// Leaves the file at its start. Blocks on disk and reads up to 64 MiB for the tags. The file must be
/// seekable; use [`title_by_name`] for a FIFO, and [`track_info_from`] for a file of another kind than MP3.
pub fn track_info(
    path: &Path,
    file: &mut (impl Read + Seek),
    hint: Option<&str>,
    charset: &'static Encoding,
) -> (String, TrackInfo) {
    let mut tags = read_tags(file, charset);
    if let Some(gain) = read_gain_of_lame(file) {
        tags.loudness.set_lame(gain);
    }
    // If this fails, reading the track fails too, and reports the error.
    let _ = file.rewind();
    let line = tags.stream_title().unwrap_or_else(|| title_by_name(path, hint, charset));
    (line, tags.into_track_info(path))
}

/// Returns the stream title and the properties of the track at `path`, which an encode worker has read, by
/// the rules of [`track_info`].
pub fn track_info_from(
    path: &Path,
    info: &AudioFileInfo,
    hint: Option<&str>,
    charset: &'static Encoding,
) -> (String, TrackInfo) {
    let tags = Tags::from_worker(&info.tags);
    let line = tags.stream_title().unwrap_or_else(|| title_by_name(path, hint, charset));
    let loudness = info.tags.loudness.filter(|loudness| PLAUSIBLE_LUFS.contains(&loudness.lufs));
    (line, TrackInfo { length: info.length, loudness, ..tags.into_track_info(path) })
}

/// Returns the bytes of a picture that [`track_info`] found in the file at `path`. Blocks on disk.
///
/// # Errors
/// Returns an error if the file cannot be read, if it has become shorter, or if only an encode worker can
/// read the picture.
pub fn read_picture(path: &Path, picture: &EmbeddedArtwork) -> io::Result<Vec<u8>> {
    let ArtworkLocation::Bytes { offset, is_unsynchronised } = picture.location else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let (mut file, _) = open_file::open_regular(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    if file.take(picture.len).read_to_end(&mut bytes)? < picture.len as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(if is_unsynchronised { remove_unsynchronisation(bytes) } else { bytes })
}

/// Returns the title of a track that cannot be read: `hint`, else from the file name.
///
/// In the name, `_` becomes a space, and a leading track number is removed if it cannot be part of the title:
/// `03 - x`, `03. x`, `03_x`, `1-02 x`, but not `99 x`.
pub fn title_by_name(path: &Path, hint: Option<&str>, charset: &'static Encoding) -> String {
    let name = || clean(without_number(&stem(path, charset)));
    hint.and_then(clean).or_else(name).unwrap_or_else(|| "Untitled".into())
}

/// Reads the tags of all kinds and merges them; ID3v2 takes precedence over APE, and APE over Lyrics3 and
/// ID3v1. A read error or a damaged tag counts as no tag, because the next one may be intact.
fn read_tags(file: &mut (impl Read + Seek), charset: &'static Encoding) -> Tags {
    let source = &mut LimitedReader::new(file, READ_MAX);
    let trailing = TrailingTags::read(source, charset).unwrap_or_default();
    let leading_ape = skip_tags(source).and_then(|at| ape::read_leading(source, at, charset));
    let leading = id3v2::read(source, charset).unwrap_or_default();
    let searched = Some(&trailing).filter(|tags| leading.title.is_none() && tags.id3v2.title.is_none());
    let searched = searched.and_then(|tags| tags.search_id3v2(source, charset).ok()).unwrap_or_default();
    let of_id3v2 = leading.or(trailing.id3v2).or(searched);
    let of_ape = trailing.ape.or(leading_ape.unwrap_or_default());
    of_id3v2.or(of_ape).or(trailing.lyrics3).or(trailing.id3v1)
}

/// Returns the gain in dB that LAME stores in the first frame, directly after the tags.
fn read_gain_of_lame(source: &mut (impl Read + Seek)) -> Option<f32> {
    skip_tags(source).ok()?;
    let mut frame = Vec::new();
    source.take(Codec::Mp3.max_frame_len() as u64).read_to_end(&mut frame).ok()?;
    let header = Header::parse_mp3(*frame.first_chunk()?)?;
    xing::track_gain(&frame, &header)
}

/// Returns the file name without extension. A name that is not UTF-8 is in the charset, as on disks written
/// by Windows.
fn stem(path: &Path, charset: &'static Encoding) -> String {
    decode_damaged_or(path.file_stem().unwrap_or_default().as_bytes(), charset).replace('_', " ")
}

/// Returns the name without its track number, or unchanged if nothing would be left.
fn without_number(name: &str) -> &str {
    let name = name.trim();
    after_track_number(name)
        .map(str::trim_start)
        .filter(|rest| rest.contains(char::is_alphanumeric))
        .unwrap_or(name)
}

/// Returns the part after the track number at the beginning of `name` and its separator.
fn after_track_number(name: &str) -> Option<&str> {
    let (first, rest) = split_leading_digits(name)?;
    // With a disc number: `1-02 x`, `2.11 x`.
    let second =
        rest.strip_prefix(['-', '.']).and_then(split_leading_digits).filter(|(second, _)| second.len() == 2);
    if let Some((_, rest)) = second {
        return (first.len() == 1 && rest.starts_with([' ', '-', '.']))
            .then(|| after_separator(rest).unwrap_or(rest));
    }
    let spaced = rest.starts_with(' ');
    let dashed = rest.starts_with(['-', '–']);
    // `50 Cent`, `4-Hero` and `99 Luftballons` keep their numbers; only track numbers begin with a zero.
    let sure = first.len() > 1 && first.starts_with('0');
    let marked = after_separator(rest).filter(|text| !dashed || first.len() > 1 || text.starts_with(' '));
    marked.or((spaced && sure).then_some(rest))
}

/// Returns the part after the separator that follows a number; `None` if the separator belongs to the title:
/// `1.5`, `24-7`, `...`.
fn after_separator(rest: &str) -> Option<&str> {
    let text = rest.trim_start().strip_prefix(['-', '–', '.', ')'])?;
    (!text.starts_with(|c: char| c.is_ascii_digit() || c == '.')).then_some(text)
}

/// Splits off up to three leading digits; `None` if there are more: 1984 is a title.
fn split_leading_digits(text: &str) -> Option<(&str, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&count).then(|| text.split_at(count))
}

#[cfg(test)]
mod tests;
