//! What the files of a station's music contain, from their beginnings.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audio::{Format, Framer};
use crate::autodj::{self, Track};
use crate::encode_worker::{JobError, StationEncoder};
use crate::open_file;
use crate::transcode::{AudioFileInfo, AudioKind, LeftOut};

/// Maximum number of files examined for one station. On a slow disk this takes half a minute. If a station
/// has more, this many are examined, spread evenly.
pub const FILES_MAX: usize = 2000;

/// Number of bytes at the beginning of a file within which its first frame must begin. Larger than any
/// picture in a tag.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Number of frames at the beginning of a file from which its bit rate is averaged: about five seconds.
const FRAMES_SAMPLED: u64 = 200;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The audio in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackAudio {
    /// The kind of audio.
    pub kind: AudioKind,
    /// The sampling rate in Hz.
    pub rate: u32,
    /// The number of channels.
    pub channels: u8,
    /// How long it plays; zero if the file does not say it.
    pub length: Duration,
    /// The average bit rate of the first seconds in kbit/s; `None` for other kinds than MP3.
    pub kbps: Option<u64>,
}

/// Why a file has not been examined, or is not played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unexamined {
    /// It is a named pipe, whose content is not known before it is played.
    Pipe,
    /// There is no encode worker to ask.
    NoWorker(String),
    /// It is not played.
    LeftOut(JobError),
}

/// A file, and what it contains.
pub type ExaminedTrack = (PathBuf, Result<TrackAudio, Unexamined>);

/// Examines up to [`FILES_MAX`] tracks. Files other than MP3 are examined by `encoder`, because a decoder may
/// abort its process.
pub fn examine_all(tracks: &[Track], encoder: &StationEncoder) -> Vec<ExaminedTrack> {
    let step = tracks.len().div_ceil(FILES_MAX).max(1);
    let mut failure: Option<String> = None;
    let examined = tracks.iter().step_by(step).map(|track| {
        let found = examine(&track.path, |path| match &failure {
            None => encoder.probe(path),
            // Further requests would fail after the same wait.
            Some(reason) => Err(JobError::Unavailable(reason.clone())),
        });
        let found = found.map_err(|reason| match reason {
            Unexamined::LeftOut(JobError::Unavailable(reason)) => {
                Unexamined::NoWorker(failure.insert(reason).clone())
            }
            reason => reason,
        });
        (track.path.clone(), found)
    });
    examined.collect()
}

fn examine(
    path: &Path,
    probe: impl FnOnce(&Path) -> Result<AudioFileInfo, JobError>,
) -> Result<TrackAudio, Unexamined> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return Err(Unexamined::Pipe);
    }
    let unreadable = |error: io::Error| Unexamined::LeftOut(LeftOut::Unreadable(error.to_string()).into());
    if let Some(mp3) = examine_mp3(path).map_err(unreadable)? {
        return Ok(mp3);
    }
    let info = probe(path).map_err(Unexamined::LeftOut)?;
    Ok(TrackAudio {
        kind: info.kind,
        rate: info.rate,
        channels: info.channels,
        length: info.length.unwrap_or_default(),
        kbps: None,
    })
}

/// Returns what an MP3 file contains; `None` if the file contains something else.
fn examine_mp3(path: &Path) -> io::Result<Option<TrackAudio>> {
    let (mut file, _) = open_file::open_regular(path)?;
    if autodj::is_other_audio(&mut file)? {
        return Ok(None);
    }
    let Some((Format { rate, channels, .. }, kbps)) = sample_frames(&mut file)? else { return Ok(None) };
    file.rewind()?;
    let length = autodj::probe_mp3(&mut file)?.map_or(Duration::ZERO, |(_, length)| length);
    Ok(Some(TrackAudio { kind: AudioKind::Mp3, rate, channels, length, kbps: Some(kbps) }))
}

/// Returns the format of the first frame of a file and the average bit rate of its first frames in kbit/s.
fn sample_frames(file: &mut File) -> io::Result<Option<(Format, u64)>> {
    let mut file = file.take(BYTES_MAX);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::FileTags;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
    }

    fn info(kind: AudioKind, length: Option<Duration>) -> AudioFileInfo {
        AudioFileInfo { kind, rate: 96_000, channels: 6, length, tags: FileTags::default() }
    }

    #[test]
    fn mp3_files_are_examined_without_a_worker() {
        let no_worker = |_: &Path| panic!("the worker is not needed");
        let found = examine(&fixture("mp3/mpeg2-22050-joint-56k.mp3"), no_worker).expect("a track");
        let expected = (AudioKind::Mp3, 22_050, 2, Some(56));
        assert_eq!((found.kind, found.rate, found.channels, found.kbps), expected);
        assert!(found.length > Duration::from_millis(100), "{found:?}");
    }

    #[test]
    fn other_files_are_examined_by_the_worker() {
        for name in ["aac/lc-44100-stereo-96k.aac", "mp3/layer2.mp3", "mp3/noise.mp3"] {
            let length = Some(Duration::from_secs(7));
            let found = examine(&fixture(name), |_| Ok(info(AudioKind::AacLc, length))).expect(name);
            let expected = TrackAudio {
                kind: AudioKind::AacLc,
                rate: 96_000,
                channels: 6,
                length: Duration::from_secs(7),
                kbps: None,
            };
            assert_eq!(found, expected, "{name}");
            let refused = examine(&fixture(name), |_| Err(LeftOut::HeAac.into()));
            assert_eq!(refused, Err(Unexamined::LeftOut(LeftOut::HeAac.into())), "{name}");
        }
        let found = examine(&fixture("mp3/noise.mp3"), |_| Ok(info(AudioKind::Pcm, None))).expect("a track");
        assert_eq!(found.length, Duration::ZERO);
    }

    #[test]
    fn unreadable_files_are_not_given_to_a_worker() {
        let no_worker = |_: &Path| panic!("the worker is not needed");
        for (path, reason) in [
            (fixture("nowhere.flac"), "No such file or directory (os error 2)"),
            (fixture("mp3/empty.mp3"), "the file is empty"),
            (fixture("mp3"), "is a directory"),
        ] {
            let expected = Unexamined::LeftOut(LeftOut::Unreadable(reason.into()).into());
            assert_eq!(examine(&path, no_worker), Err(expected), "{}", path.display());
        }
        let folder = tempfile::tempdir().expect("a folder");
        let fifo = folder.path().join("fifo");
        let status = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo can be run");
        assert!(status.success());
        assert_eq!(examine(&fifo, no_worker), Err(Unexamined::Pipe));
    }
}
