//! Reads the tags and the cover of a file in any format except MP3, whose tags
//! [`autodj`](crate::autodj) reads itself.
//!
//! lofty reads what is well defined: Vorbis comments, the atoms of iTunes, and ID3v2. The texts of WAV, AIFF
//! and CAF are read here, because lofty leaves out those that are not UTF-8, or does not know them.
//!
//! A file is untrusted. All reads of a file together are limited, and with them the memory; a damaged tag
//! costs only tags. One case is left to the memory limit of the worker process: lofty unpacks compressed
//! ID3v2 frames, which no program writes, without a limit, and does not compile without that (0.25.5).

mod chunks;
mod collected;
mod id3;
mod limited;
mod mp4;
mod ogg_flac;
mod vorbis;

use std::io::{BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use lofty::aac::AacFile;
use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::{AudioFile, FileType};
use lofty::flac::FlacFile;
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;
use lofty::mp4::Mp4File;
use lofty::ogg::{OpusFile, VorbisFile};
use lofty::probe::Probe;

use self::chunks::{AIFF, CAF, RIFF};
use self::collected::CollectedTags;
use self::limited::Limited;
use super::{CoverInfo, FileTags};
use crate::image::Image;
use crate::open_file;

/// The most bytes of a file that are read for its tags. FLAC files with scanned booklets have more; then the
/// tags are read without pictures.
const READ_MAX: u64 = 16 << 20;

/// Returns the tags of the file at `path`. A file that cannot be read, or whose tags are damaged, has fewer
/// tags or none.
pub fn read(path: &Path) -> FileTags {
    let mut collected = collect(path, true);
    let image = collected.take_picture().and_then(|bytes| Image::parse(bytes).ok());
    let cover = image
        .map(|image| CoverInfo { mime: image.content_type().to_owned(), len: image.bytes().len() as u64 });
    FileTags { cover, ..collected.into_file_tags() }
}

/// Returns the picture in the file at `path` that [`read`] has found: the front cover, else the first one.
pub fn read_cover(path: &Path) -> Option<Vec<u8>> {
    let bytes = collect(path, true).take_picture()?;
    Image::parse(bytes).ok().map(|image| image.bytes().to_vec())
}

/// Reads the tags, and again without pictures if that fails: pictures may be damaged or too large.
fn collect(path: &Path, with_pictures: bool) -> CollectedTags {
    let read = || collect_once(path, with_pictures);
    // lofty checks its input, but a panic in it must not cost the track.
    match catch_unwind(AssertUnwindSafe(read)).ok().flatten() {
        Some(collected) => collected,
        None if with_pictures => collect(path, false),
        None => CollectedTags::default(),
    }
}

/// Returns `None` if a tag is damaged or too large.
fn collect_once(path: &Path, with_pictures: bool) -> Option<CollectedTags> {
    let (file, _) = open_file::open_regular(path).ok()?;
    let mut file = BufReader::new(Limited::new(file, READ_MAX));
    let mut magic = [0; 36];
    let count = read_up_to(&mut file, &mut magic);
    file.rewind().ok()?;
    let mut options = ParseOptions::new();
    let options = options.read_properties(false).parsing_mode(ParsingMode::Relaxed);
    let reader = TagReader { file, options: { options }.read_cover_art(with_pictures) };
    reader.collect(&magic[..count])
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
}

impl<R: Read + Seek> TagReader<R> {
    /// Reads the tags of a file that begins with `magic`.
    fn collect(mut self, magic: &[u8]) -> Option<CollectedTags> {
        match magic {
            _ if magic.starts_with(b"RIFF") || magic.starts_with(b"RF64") => self.collect_wave(),
            _ if magic.starts_with(b"FORM") => self.collect_aiff(),
            _ if magic.starts_with(b"caff") => Some(chunks::read(&mut self.file, &CAF)),
            _ if magic.starts_with(b"OggS") && magic.get(28..33) == Some(b"\x7fFLAC") => {
                let metadata = ogg_flac::read_metadata(&mut self.file)?;
                let flac = FlacFile::read_from(&mut Cursor::new(metadata), self.options).ok()?;
                Some(vorbis::collect_flac(&flac))
            }
            _ => self.collect_guessed(),
        }
    }

    /// Reads the tags of a file whose type lofty recognises. `None` if one is damaged.
    fn collect_guessed(self) -> Option<CollectedTags> {
        let probe = Probe::new(self.file).options(self.options).guess_file_type().ok()?;
        let (kind, mut file) = (probe.file_type(), probe.into_inner());
        file.rewind().ok()?;
        let options = self.options;
        Some(match kind {
            Some(FileType::Flac) => vorbis::collect_flac(&FlacFile::read_from(&mut file, options).ok()?),
            Some(FileType::Opus) => {
                vorbis::collect(OpusFile::read_from(&mut file, options).ok()?.vorbis_comments())
            }
            Some(FileType::Vorbis) => {
                vorbis::collect(VorbisFile::read_from(&mut file, options).ok()?.vorbis_comments())
            }
            Some(FileType::Mp4) => {
                Mp4File::read_from(&mut file, options).ok()?.ilst().map(mp4::collect).unwrap_or_default()
            }
            Some(FileType::Aac) => {
                let aac = AacFile::read_from(&mut file, options).ok()?;
                let first = aac.id3v2().map(id3::collect).unwrap_or_default();
                first.or(aac.id3v1().map(id3::collect_v1).unwrap_or_default())
            }
            _ => CollectedTags::default(),
        })
    }

    /// Reads the ID3v2 tag and the texts of a WAV file. lofty does not read RF64, which has no ID3v2 tag
    /// then.
    fn collect_wave(mut self) -> Option<CollectedTags> {
        let texts = chunks::read(&mut self.file, &RIFF);
        self.file.rewind().ok()?;
        let wave = WavFile::read_from(&mut self.file, self.options).ok();
        let first = wave.as_ref().and_then(WavFile::id3v2).map(id3::collect).unwrap_or_default();
        Some(first.or(texts))
    }

    fn collect_aiff(mut self) -> Option<CollectedTags> {
        let texts = chunks::read(&mut self.file, &AIFF);
        self.file.rewind().ok()?;
        let aiff = AiffFile::read_from(&mut self.file, self.options).ok();
        let first = aiff.as_ref().and_then(AiffFile::id3v2).map(id3::collect).unwrap_or_default();
        Some(first.or(texts))
    }
}

#[cfg(test)]
mod tests;
