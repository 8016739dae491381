//! What the music of a station is made of, as far as the first frames of its files tell.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::audio::{Format, Framer};
use crate::autodj::Track;

/// Files that are looked into for one station. On a slow disk that is half a minute, and a station of more than one
/// format shows it before.
pub const FILES_MAX: usize = 2000;

/// Bytes in which the first frame of a file is looked for. More than any picture in a tag.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Frames at the beginning of a file over which its bit rate is taken: five seconds, which is what can be had cheaply.
const FRAMES_SAMPLED: u64 = 200;

/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What was found out.
#[derive(Debug, Default)]
pub struct Formats {
    /// Every format, how many files have it, and the first of them; the most frequent first.
    pub by_format: Vec<(Format, usize, PathBuf)>,
    /// How many files have no frame at their beginning or cannot be read, and the first of them.
    pub unplayable: usize,
    pub first_unplayable: Option<PathBuf>,
    /// How many files were looked into.
    pub files_probed: usize,
    /// The highest bit rate of a file's first seconds, in kbit/s.
    pub kbps_max: Option<u64>,
}

/// Looks into the first of these tracks. Opens nothing but regular files.
pub fn probe_all(tracks: &[Track]) -> Formats {
    let mut formats = Formats::default();
    for track in tracks.iter().take(FILES_MAX) {
        let file = fs::metadata(&track.path).is_ok_and(|metadata| metadata.is_file());
        let found = if file { probe(&track.path).ok().flatten() } else { None };
        formats.files_probed += 1;
        match found {
            Some((format, kbps)) => formats.add(format, kbps, &track.path),
            None => {
                formats.unplayable += 1;
                formats.first_unplayable.get_or_insert_with(|| track.path.clone());
            }
        }
    }
    formats.by_format.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    formats
}

impl Formats {
    fn add(&mut self, format: Format, kbps: u64, path: &Path) {
        self.kbps_max = self.kbps_max.max(Some(kbps));
        match self.by_format.iter_mut().find(|(known, ..)| *known == format) {
            Some((_, count, _)) => *count += 1,
            None => self.by_format.push((format, 1, path.to_owned())),
        }
    }
}

/// The format of the first frame of a file, and the bit rate in kbit/s of the first few.
fn probe(path: &Path) -> io::Result<Option<(Format, u64)>> {
    let mut file = File::open(path)?.take(BYTES_MAX);
    let (mut framer, mut chunk) = (Framer::new(), vec![0; CHUNK_BYTES]);
    let (mut first, mut frames, mut kbps_sum) = (None, 0, 0);
    loop {
        let read = file.read(&mut chunk)?;
        match read {
            0 => framer.finish(),
            _ => framer.push(&chunk[..read]),
        }
        while let Some(frame) = framer.next_frame() {
            first.get_or_insert(frame.header.format());
            frames += 1;
            kbps_sum += u64::from(frame.header.kbps());
        }
        if read == 0 || frames >= FRAMES_SAMPLED {
            return Ok(first.map(|format| (format, kbps_sum.div_ceil(frames))));
        }
    }
}
