//! Reads the tags and the cover of a file in any format except MP3, whose tags
//! [`autodj`](crate::autodj) reads itself.
//!
//! lofty reads what is well defined: Vorbis comments and the atoms of iTunes. ID3v2 is read as in MP3 files
//! (`src/id3v2`). The texts of WAV, AIFF and CAF are read here, because lofty leaves out those
//! that are not UTF-8, or does not know them.
//!
//! A file is untrusted. All reads of a file together are limited, and with them the memory; a damaged tag
//! costs only tags.

mod behind;
mod chunks;
mod collected;
mod comments;
mod id3;
mod mp4;
mod ogg_flac;
mod vorbis;

use std::io::{BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use encoding_rs::{Encoding, WINDOWS_1252};
use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::{AudioFile, FileType};
use lofty::flac::FlacFile;
use lofty::mp4::Mp4File;
use lofty::ogg::{OpusFile, VorbisFile};
use lofty::probe::Probe;

use self::behind::Behind;
use self::chunks::{AIFF, CAF, RIFF, TagChunkDialect};
use self::collected::CollectedTags;
use super::{CoverInfo, FileTags};
use crate::id3v2::skip_tags;
use crate::image::Image;
use crate::limited_reader::LimitedReader;
use crate::open_file;

/// The most bytes of a file that are read for its tags. FLAC files with scanned booklets have more; then the
/// tags are read without pictures.
const READ_MAX: u64 = 16 << 20;

/// Returns the tags of the file at `path`. Text that is not UTF-8 and does not state its encoding is in
/// `charset`. A file that cannot be read, or whose tags are damaged, has fewer tags or none.
pub fn read(path: &Path, charset: &'static Encoding) -> FileTags {
    let mut collected = collect(path, true, charset);
    let image = collected.take_picture().and_then(|bytes| Image::parse(bytes).ok());
    let cover = image
        .map(|image| CoverInfo { mime: image.content_type().to_owned(), len: image.bytes().len() as u64 });
    FileTags { cover, ..collected.into_file_tags() }
}

/// Returns the picture in the file at `path` that [`read`] has found: the front cover, else the first one.
pub fn read_cover(path: &Path) -> Option<Vec<u8>> {
    let bytes = collect(path, true, WINDOWS_1252).take_picture()?;
    Image::parse(bytes).ok().map(|image| image.bytes().to_vec())
}

/// Reads the tags, and again without pictures if that fails: pictures may be damaged or too large.
fn collect(path: &Path, with_pictures: bool, charset: &'static Encoding) -> CollectedTags {
    let read = || collect_once(path, with_pictures, charset);
    // lofty checks its input, but a panic in it must not cost the track.
    match catch_unwind(AssertUnwindSafe(read)).ok().flatten() {
        Some(collected) => collected,
        None if with_pictures => collect(path, false, charset),
        None => CollectedTags::default(),
    }
}

/// Returns `None` if a tag is damaged or too large.
fn collect_once(path: &Path, with_pictures: bool, charset: &'static Encoding) -> Option<CollectedTags> {
    let (file, _) = open_file::open_regular(path).ok()?;
    let mut file = BufReader::new(LimitedReader::new(file, READ_MAX));
    let mut magic = [0; 36];
    let count = read_up_to(&mut file, &mut magic);
    file.rewind().ok()?;
    let options = ParseOptions::new()
        .read_properties(false)
        .parsing_mode(ParsingMode::Relaxed)
        .read_cover_art(with_pictures);
    let reader = TagReader { file, options, with_pictures, charset };
    reader.collect(&magic[..count])
}

/// Reads the tags of a FLAC file. `None` if it may have some without its pictures.
fn collect_flac(
    file: &mut (impl Read + Seek),
    options: ParseOptions,
    with_pictures: bool,
    charset: &'static Encoding,
) -> Option<CollectedTags> {
    let texts = comments::read_flac(file, charset).unwrap_or_default();
    file.rewind().ok()?;
    match FlacFile::read_from(file, options) {
        Ok(flac) => Some(texts.or(vorbis::collect_flac(&flac))),
        Err(_) if with_pictures => None,
        Err(_) => Some(texts),
    }
}

/// Reads until the buffer is full or the file ends.
fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> usize {
    let mut count = 0;
    while let Ok(more @ 1..) = file.read(&mut buffer[count..]) {
        count += more;
    }
    count
}

/// Reads the tags of one file.
struct TagReader<R> {
    file: R,
    options: ParseOptions,
    with_pictures: bool,
    charset: &'static Encoding,
}

impl<R: Read + Seek> TagReader<R> {
    /// Reads the tags of a file that begins with `magic`.
    fn collect(mut self, magic: &[u8]) -> Option<CollectedTags> {
        match magic {
            _ if magic.starts_with(b"RIFF") || magic.starts_with(b"RF64") => Some(self.collect_chunks(&RIFF)),
            _ if magic.starts_with(b"FORM") => Some(self.collect_chunks(&AIFF)),
            _ if magic.starts_with(b"caff") => Some(self.collect_chunks(&CAF)),
            _ if magic.starts_with(b"OggS") && magic.get(28..33) == Some(b"\x7fFLAC") => {
                let metadata = ogg_flac::read_metadata(&mut self.file)?;
                collect_flac(&mut Cursor::new(metadata), self.options, self.with_pictures, self.charset)
            }
            _ => self.collect_guessed(),
        }
    }

    /// Reads the tags of a FLAC file that begins at this offset. Some programs put ID3v2 tags in front of it,
    /// which lofty must not read.
    fn collect_flac_behind(mut self, start: u64) -> Option<CollectedTags> {
        let leading = id3::read_leading(&mut self.file, self.with_pictures, self.charset);
        let mut rest = Behind::new(self.file, start).ok()?;
        Some(collect_flac(&mut rest, self.options, self.with_pictures, self.charset)?.or(leading))
    }

    /// Reads the tags of a file whose type lofty recognises. `None` if one is damaged.
    fn collect_guessed(mut self) -> Option<CollectedTags> {
        // lofty does not find it behind tags whose headers are wrong, or zeros.
        let start = skip_tags(&mut self.file).ok()?;
        let mut magic = [0; 4];
        let is_flac = read_up_to(&mut self.file, &mut magic) == 4 && magic == *b"fLaC";
        if is_flac {
            return self.collect_flac_behind(start);
        }
        self.file.rewind().ok()?;
        let probe = Probe::new(self.file).options(self.options).guess_file_type().ok()?;
        let charset = self.charset;
        let (kind, mut file) = (probe.file_type(), probe.into_inner());
        file.rewind().ok()?;
        let options = self.options;
        Some(match kind {
            Some(FileType::Opus) => {
                let tags = vorbis::collect(OpusFile::read_from(&mut file, options).ok()?.vorbis_comments());
                comments::read_ogg(&mut file, charset).unwrap_or_default().or(tags)
            }
            Some(FileType::Vorbis) => {
                let tags = vorbis::collect(VorbisFile::read_from(&mut file, options).ok()?.vorbis_comments());
                comments::read_ogg(&mut file, charset).unwrap_or_default().or(tags)
            }
            Some(FileType::Mp4) => {
                Mp4File::read_from(&mut file, options).ok()?.ilst().map(mp4::collect).unwrap_or_default()
            }
            Some(FileType::Aac) => {
                let first = id3::read_leading(&mut file, self.with_pictures, charset);
                first.or(id3::read_v1(&mut file, charset))
            }
            _ => CollectedTags::default(),
        })
    }

    /// Reads the ID3v2 tags and the texts in the chunks of a file.
    fn collect_chunks(mut self, dialect: &TagChunkDialect) -> CollectedTags {
        let chunks = chunks::read(&mut self.file, dialect, self.charset);
        let id3 = id3::read_at(&mut self.file, &chunks.id3_offsets, self.with_pictures, self.charset);
        id3.or(chunks.tags)
    }
}

#[cfg(test)]
mod tests;
