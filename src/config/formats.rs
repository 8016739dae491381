//! What the files of a station's music contain, from their beginnings.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use crate::audio::{Format, Framer};
use crate::autodj::{self, Track};
use crate::encode_worker::{JobError, StationEncoder};
use crate::open_file;
use crate::transcode::{AudioFileInfo, AudioKind, LeftOut};

/// Maximum number of files examined for one station. On a slow disk this takes half a minute. If a station
/// has more, this many are examined, spread evenly.
pub const FILES_MAX: usize = 2000;

/// The number of times that a check waits for an encode worker. Three files that kill it in a row make it
/// wait before its next start, which says nothing about the other files.
const WAITS_MAX: u32 = 10;

/// How long a check waits for an encode worker each time.
const WAIT: Duration = Duration::from_secs(1);

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
    let mut waits = 0..WAITS_MAX;
    let examined = tracks.iter().step_by(step).map(|track| {
        let found = examine(&track.path, |path| match &failure {
            None => probe_with_waits(|| encoder.probe(path), &mut waits, pause),
            // Further requests would fail in the same way.
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

/// Probes a file, and waits while there is no worker, as often as `waits` allows.
fn probe_with_waits(
    probe: impl Fn() -> Result<AudioFileInfo, JobError>,
    waits: &mut Range<u32>,
    pause: impl Fn(),
) -> Result<AudioFileInfo, JobError> {
    loop {
        match probe() {
            Err(JobError::Unavailable(_)) if waits.next().is_some() => pause(),
            found => return found,
        }
    }
}

/// Waits until a worker that died too often may have been started again.
fn pause() {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(WAIT);
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
    // The same decision as that of the AutoDJ.
    let Some((_, length)) = autodj::probe_mp3(&mut file)? else { return Ok(None) };
    let Some((Format { rate, channels, .. }, kbps)) = sample_frames(&mut file)? else { return Ok(None) };
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
    use std::cell::Cell;

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
    fn worker_that_waits_before_its_restart_is_waited_for() {
        let (calls, pauses) = (Cell::new(0), Cell::new(0));
        let probe = |succeeds_at: u32| {
            calls.set(calls.get() + 1);
            match calls.get() {
                call if call >= succeeds_at => Ok(info(AudioKind::Flac, None)),
                _ => Err(JobError::Unavailable("it waits".to_owned())),
            }
        };
        let mut waits = 0..WAITS_MAX;
        let pause = || pauses.set(pauses.get() + 1);
        assert!(probe_with_waits(|| probe(4), &mut waits, pause).is_ok());
        assert_eq!((calls.get(), pauses.get()), (4, 3));
        assert!(probe_with_waits(|| probe(u32::MAX), &mut waits, pause).is_err());
        assert_eq!((calls.get(), pauses.get()), (12, WAITS_MAX));
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
