//! Determines the format and the duration of a file from its beginning.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::time::Duration;

use super::xing;
use crate::audio::{Codec, Framer, Header};
use crate::id3v2::skip_tags;
use crate::time::AudioTime;

/// Number of bytes after the tags within which the first frame must begin. More junk than this before the
/// audio does not occur in practice.
const FIRST_FRAME_WITHIN: usize = 256 << 10;

/// Number of bytes of audio from which the bit rate of a file without a table is measured: 4 s at 128 kbit/s.
const RATE_SAMPLE_BYTES: usize = 64 << 10;

/// Bytes read at a time.
const READ_BYTES: usize = 8 << 10;

/// Returns the header of the first frame in the file, and the duration of the track; `None` if there is no
/// frame at its beginning. The duration comes from a table before the audio (Xing, Info, VBRI), else from the
/// file's length and the bit rate at its beginning. Reads at most 320 KiB and leaves the file at its start.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub fn probe_mp3(file: &mut File) -> io::Result<Option<(Header, Duration)>> {
    let mut probe = FileProbe::default();
    let first = probe.first_header(file)?;
    let length = first.map(|first| match frames_in_table(&probe.before_first, &first) {
        Some(count) => {
            Ok(AudioTime::from_samples(u64::from(count) * u64::from(first.samples()), first.rate()))
        }
        None => probe.estimate_duration(first, file),
    });
    file.rewind()?;
    Ok(first.zip(length.transpose()?.map(AudioTime::duration)))
}

/// Reads the beginning of a file.
#[derive(Default)]
struct FileProbe {
    framer: Framer,
    /// The bytes between the tags and the first frame.
    before_first: Vec<u8>,
    /// The offset in the file after the tags.
    audio_start: u64,
    bytes_read: usize,
    is_at_end: bool,
}

impl FileProbe {
    /// Returns the header of the first frame.
    fn first_header(&mut self, file: &mut File) -> io::Result<Option<Header>> {
        self.audio_start = skip_tags(file)?;
        loop {
            if let Some(frame) = self.framer.next_frame() {
                let header = frame.header;
                self.before_first.truncate(self.framer.skipped() as usize);
                return Ok(Some(header));
            }
            if self.is_at_end || self.bytes_read >= FIRST_FRAME_WITHIN {
                return Ok(None);
            }
            let bytes = self.read_more(file)?;
            self.before_first.extend_from_slice(&bytes);
        }
    }

    fn read_more(&mut self, file: &mut File) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.take(READ_BYTES as u64).read_to_end(&mut bytes)?;
        self.bytes_read += bytes.len();
        self.framer.push(&bytes);
        self.is_at_end = bytes.is_empty();
        if self.is_at_end {
            self.framer.finish();
        }
        Ok(bytes)
    }

    /// Estimates the duration of the file from the bit rate at its beginning.
    fn estimate_duration(&mut self, first: Header, file: &mut File) -> io::Result<AudioTime> {
        let length = |header: Header| AudioTime::from_samples(header.samples().into(), header.rate());
        let (mut bytes, mut time) = (first.frame_len() as u64, length(first));
        let limit = self.bytes_read + RATE_SAMPLE_BYTES;
        loop {
            while let Some(frame) = self.framer.next_frame() {
                bytes += frame.bytes.len() as u64;
                time += length(frame.header);
            }
            if self.is_at_end {
                return Ok(time);
            }
            if self.bytes_read >= limit {
                break;
            }
            self.read_more(file)?;
        }
        let total = file.metadata()?.len().saturating_sub(self.audio_start + self.before_first.len() as u64);
        Ok(AudioTime::from(time.duration().mul_f64(total as f64 / bytes as f64)))
    }
}

/// Returns the number of frames in the table that ends directly before the `first` frame.
fn frames_in_table(before: &[u8], first: &Header) -> Option<u32> {
    let earliest = before.len().saturating_sub(Codec::Mp3.max_frame_len());
    (earliest..before.len()).find_map(|at| {
        let table = &before[at..];
        let header = Header::parse_mp3(*table.first_chunk()?)?;
        (header.is_compatible_with(first) && header.frame_len() == table.len())
            .then(|| xing::frame_count(table, &header))
            .flatten()
            // An encoder that was killed, or that wrote to a pipe, leaves the count at 0.
            .filter(|&count| count > 0)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::audio::Format;

    fn probe(path: &Path) -> Option<(Format, Duration)> {
        let found = probe_mp3(&mut File::open(path).expect("a file")).expect("a readable file");
        found.map(|(header, length)| (header.format(), length))
    }

    fn fixtures() -> impl Iterator<Item = (std::path::PathBuf, Vec<String>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
        let table = fs::read_to_string(folder.join("EXPECTED.tsv")).expect("a table");
        let lines: Vec<Vec<String>> =
            table.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect();
        lines.into_iter().map(move |line| (folder.join(&line[0]), line))
    }

    #[test]
    fn format_and_duration_of_every_fixture_are_found() {
        for (path, line) in fixtures() {
            let (format, length) = probe(&path).unzip();
            let (Ok(rate), Ok(channels)) = (line[2].parse(), line[3].parse()) else {
                // A stream skips this tag by its size, which is larger than the file. In a file, its end is
                // known.
                let is_hidden_in_streams = line[0] == "id3v2-claims-256mb.mp3";
                assert_eq!(format.is_some(), is_hidden_in_streams, "{}", line[0]);
                continue;
            };
            let format = format.unwrap_or_else(|| panic!("{} has frames", line[0]));
            assert_eq!((format.rate, format.channels), (rate, channels), "{}", line[0]);
            let samples = if rate < 32_000 { 576 } else { 1152 };
            let frames: u64 = line[1].parse().expect("a number");
            let exact = AudioTime::from_samples(frames * samples, rate).duration();
            let length = length.expect("a duration");
            // The tables of cut or joined files describe another file.
            assert!(
                line[0].starts_with("c") || length.abs_diff(exact) < Duration::from_millis(60),
                "{} {length:?} {exact:?}",
                line[0]
            );
        }
    }

    #[test]
    fn duration_comes_from_the_table_or_is_measured() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let length = |path: &Path| probe(path).expect("frames").1;
        let long = tempfile::NamedTempFile::new().expect("a file");
        let content = fs::read(folder.join("mp3/cbr.mp3")).expect("a file");
        fs::write(long.path(), content.repeat(1000)).expect("disk space");
        let exact = AudioTime::from_samples(24 * 1152 * 1000, 44_100).duration();
        let measured = length(long.path());
        assert!(measured.abs_diff(exact) < exact / 100, "{measured:?} {exact:?}");
        // The duration of a file with a table comes from the table.
        for (name, frames) in [("vbr-xing", 0), ("vbr-vbri", 0), ("crc-info-lame", 0), ("cbr-info-lame", 0)] {
            let path = folder.join(format!("mp3/{name}.mp3"));
            let mut probe = FileProbe::default();
            let first = probe.first_header(&mut File::open(&path).expect("a file")).expect("a readable file");
            let count = frames_in_table(&probe.before_first, &first.expect("a frame"));
            assert!(count.is_some_and(|count| count > frames), "{name}");
        }
    }

    #[test]
    fn distant_frames_are_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.mp3");
        let frames =
            fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3/cbr.mp3")).expect("a file");
        let frames_after = |tag: &[u8], zeros: usize| {
            fs::write(&path, [tag, &vec![0; zeros], frames.as_slice()].concat()).expect("disk space");
            probe(&path).is_some()
        };
        assert!(frames_after(b"", FIRST_FRAME_WITHIN / 2));
        assert!(!frames_after(b"", FIRST_FRAME_WITHIN + READ_BYTES));
        assert!(frames_after(b"ID3\x04\0\0\0\x7f\x7f\x7f", 0x1f_ffff), "a tag is skipped");
    }
}
