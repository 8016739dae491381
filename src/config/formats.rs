//! The audio formats of a station's music, from the first frames of each file.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::audio::{Format, Framer};
use crate::autodj::Track;
use crate::open_file;

/// Maximum number of files probed for one station. On a slow disk this takes half a minute. If the formats of
/// a station are mixed, this many files usually show it.
pub const FILES_MAX: usize = 2000;

/// Number of bytes at the beginning of a file within which its first frame must begin. Larger than any
/// picture in a tag.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Number of frames at the beginning of a file from which its bit rate is averaged: about five seconds.
const FRAMES_SAMPLED: u64 = 200;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The formats of a list of tracks.
#[derive(Debug, Default)]
pub struct Formats {
    /// Each format, the number of files that have it and the path of the first of them; the most frequent
    /// format first.
    pub by_format: Vec<(Format, usize, PathBuf)>,
    /// Number of files that have no frame at their beginning or cannot be read.
    pub unplayable: usize,
    /// The path of the first of these files.
    pub first_unplayable: Option<PathBuf>,
    /// Number of files that were probed.
    pub files_probed: usize,
    /// The highest bit rate of the first seconds of a file, in kbit/s.
    pub kbps_max: Option<u64>,
}

/// Probes the first [`FILES_MAX`] tracks. Opens regular files only.
pub fn probe_all(tracks: &[Track]) -> Formats {
    let mut formats = Formats::default();
    for track in tracks.iter().take(FILES_MAX) {
        let format = probe(&track.path).ok().flatten();
        formats.files_probed += 1;
        match format {
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

/// Returns the format of the first frame of a file and the average bit rate of its first frames in kbit/s.
fn probe(path: &Path) -> io::Result<Option<(Format, u64)>> {
    let mut file = open_file::open_regular(path)?.0.take(BYTES_MAX);
    let (mut framer, mut chunk) = (Framer::new(), vec![0; CHUNK_BYTES]);
    let (mut first, mut frames, mut kbps_sum) = (None, 0, 0);
    loop {
        let read = match file.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
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
