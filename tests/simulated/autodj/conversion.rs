//! Files in other formats than the station's: converted by an encode worker, which runs on a thread here.

use std::path::{Path, PathBuf};

use coldwave::audio::{Codec, Framer};
use coldwave::autodj::{FormatStore, MusicServices, MusicSettings, PlayPlan};
use coldwave::encode_worker::{EncodePool, Launch};
use coldwave::settings::{FormatSettings, Process};
use coldwave::station::{Input, MusicFormat, Readiness};
use coldwave::transcode::TargetFormat;

use super::harness::{AutoDjHarness, fixture, frames_of};

/// Writes a WAV file with a tone of 440 Hz, 16 bits.
fn write_wav(path: &Path, rate: u32, channels: u16, seconds: f64) {
    let frames = (f64::from(rate) * seconds) as u32;
    let bytes = frames * u32::from(channels) * 2;
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + bytes).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend_from_slice(&channels.to_le_bytes());
    wav.extend_from_slice(&rate.to_le_bytes());
    wav.extend_from_slice(&(rate * u32::from(channels) * 2).to_le_bytes());
    wav.extend_from_slice(&(channels * 2).to_le_bytes());
    wav.extend_from_slice(b"\x10\0data");
    wav.extend_from_slice(&bytes.to_le_bytes());
    for n in 0..frames {
        let phase = f64::from(n) * 440.0 / f64::from(rate) * std::f64::consts::TAU;
        let sample = (phase.sin() * 8000.0) as i16;
        (0..channels).for_each(|_| wav.extend_from_slice(&sample.to_le_bytes()));
    }
    std::fs::write(path, wav).expect("disk space");
}

fn copy(folder: &Path, from: &str, to: &str) -> PathBuf {
    let path = folder.join(to);
    std::fs::copy(fixture(from), &path).expect("disk space");
    path
}

/// Starts an AutoDJ with an encode worker.
fn harness(music: &Path, process: Process, format: FormatSettings) -> AutoDjHarness {
    let settings = MusicSettings {
        format,
        plan: PlayPlan::new(Codec::Mp3, process, None),
        ..MusicSettings::new("/test", vec![music.to_owned()])
    };
    let pool = EncodePool::new(1, Launch::Thread);
    AutoDjHarness::start(settings, |services| MusicServices {
        encoder: Some(pool.station("/test")),
        formats: FormatStore::open(None),
        ..services
    })
}

/// Returns the formats of consecutive frames, without repetition, and the number of frames.
fn formats(bytes: &[u8]) -> (Vec<(u32, u8)>, usize) {
    let mut framer = Framer::new();
    framer.push(bytes);
    framer.finish();
    let (mut formats, mut frames) = (Vec::new(), 0);
    while let Some(frame) = framer.next_frame() {
        formats.push((frame.header.rate(), frame.header.channels()));
        frames += 1;
    }
    assert_eq!(framer.skipped(), 0, "frames follow each other without gaps");
    formats.dedup();
    (formats, frames)
}

#[test]
fn file_in_the_format_passes_and_others_are_converted() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(folder.path(), "mp3/cbr.mp3", "a.mp3");
    write_wav(&folder.path().join("b.wav"), 48_000, 1, 2.0);
    copy(folder.path(), "mp3/cbr-info-mpeg2-24000-stereo-64k.mp3", "c.mp3");
    let format = FormatSettings { rate: Some(44_100), channels: Some(2), ..FormatSettings::default() };
    let mut dj = harness(folder.path(), Process::WhenNeeded, format);
    let tracks = dj.tracks(3);
    let titles: Vec<&str> = tracks.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, ["a", "b", "c"]);
    assert_eq!(tracks[0].1, frames_of(&folder.path().join("a.mp3")), "a passes byte for byte");
    for (title, bytes) in &tracks[1..] {
        assert_eq!(formats(bytes).0, [(44_100, 2)], "{title}");
    }
    // 2 s at 44.1 kHz are 76.6 frames; the first frame contains the delay of the encoder.
    let frames = formats(&tracks[1].1).1;
    assert!((77..=79).contains(&frames), "{frames}");
}

#[test]
fn consecutive_converted_files_share_the_encoder() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.wav", "b.wav", "c.wav", "d.wav"] {
        write_wav(&folder.path().join(name), 44_100, 2, 1.0);
    }
    copy(folder.path(), "mp3/cbr.mp3", "e.mp3");
    let mut dj = harness(folder.path(), Process::WhenNeeded, FormatSettings::default());
    let tracks = dj.tracks(5);
    let frames: usize = tracks[..4].iter().map(|(_, bytes)| formats(bytes).1).sum();
    // 4 s are 153.1 frames. Separate encoders would add at least one frame for each file.
    assert!((154..=155).contains(&frames), "{frames}");
    let each: Vec<usize> = tracks[..4].iter().map(|(_, bytes)| formats(bytes).1).collect();
    assert!(each.iter().all(|count| (38..=40).contains(count)), "{each:?}");
}

#[test]
fn format_is_that_of_most_of_the_music() {
    let folder = tempfile::tempdir().expect("a folder");
    write_wav(&folder.path().join("a.wav"), 48_000, 1, 3.0);
    write_wav(&folder.path().join("b.wav"), 48_000, 1, 3.0);
    copy(folder.path(), "mp3/cbr.mp3", "c.mp3");
    let mut dj = harness(folder.path(), Process::WhenNeeded, FormatSettings::default());
    for (title, bytes) in dj.tracks(3) {
        assert_eq!(formats(&bytes).0, [(48_000, 1)], "{title}");
    }
}

#[test]
fn nothing_is_converted_with_process_never() {
    let folder = tempfile::tempdir().expect("a folder");
    write_wav(&folder.path().join("a.wav"), 44_100, 2, 1.0);
    let mp3 = copy(folder.path(), "mp3/cbr-info-mpeg2-24000-stereo-64k.mp3", "b.mp3");
    let mut dj = harness(folder.path(), Process::Never, FormatSettings::default());
    let tracks = dj.tracks(2);
    assert!(tracks.iter().all(|(_, bytes)| *bytes == frames_of(&mp3)));
}

#[test]
fn everything_is_converted_with_process_always() {
    let folder = tempfile::tempdir().expect("a folder");
    let mp3 = copy(folder.path(), "mp3/cbr.mp3", "a.mp3");
    let mut dj = harness(folder.path(), Process::Always, FormatSettings::default());
    let (_, bytes) = dj.tracks(1).remove(0);
    assert_ne!(bytes, frames_of(&mp3));
    assert_eq!(formats(&bytes).0, [(44_100, 2)]);
}

#[test]
fn track_that_is_skipped_ends_its_conversion() {
    let folder = tempfile::tempdir().expect("a folder");
    write_wav(&folder.path().join("a.wav"), 44_100, 2, 60.0);
    copy(folder.path(), "mp3/cbr.mp3", "b.mp3");
    let mut dj = harness(folder.path(), Process::WhenNeeded, FormatSettings::default());
    assert_eq!(dj.wait(), Readiness::Ready);
    dj.dj.next_frame();
    dj.dj.skip_track();
    assert_eq!(dj.tracks(1)[0].0, "b");
}

#[test]
fn format_conversions_and_left_out_files_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(folder.path(), "mp3/cbr.mp3", "a.mp3");
    write_wav(&folder.path().join("b.wav"), 48_000, 1, 2.0);
    let broken = folder.path().join("c.flac");
    std::fs::write(&broken, [b"fLaC".as_slice(), &[0x55; 5000]].concat()).expect("disk space");
    let format = FormatSettings { rate: Some(44_100), channels: Some(2), kbps: Some(96) };
    let mut dj = harness(folder.path(), Process::WhenNeeded, format);
    dj.tracks(1);
    let conversion = |dj: &AutoDjHarness| dj.dj.track().and_then(|track| track.conversion);
    let converted = conversion(&dj).expect("b is converted");
    assert_eq!(converted.to_string(), "PCM, 48000 Hz, mono");
    assert_eq!(converted.gain_db, None);
    // The second round begins after c was left out.
    dj.tracks(2);
    assert_eq!(conversion(&dj).map(|it| it.rate), Some(48_000), "b again");
    let status = dj.dj.music_status().expect("the AutoDJ reports");
    let target = TargetFormat { rate: 44_100, channels: 2, kbps: 96 };
    assert_eq!(status.format, Some(MusicFormat { target, origin: "configured" }));
    assert_eq!(status.left_out_count, 1);
    assert_eq!(status.left_out[0].file, broken);
    assert!(!status.left_out[0].reason.is_empty());
    // Once the file is removed, it is not left out any more.
    std::fs::remove_file(&broken).expect("a file");
    let is_gone = (0..50).any(|_| {
        dj.clock.pass(60);
        dj.tracks(2);
        dj.dj.music_status().is_some_and(|status| status.left_out_count == 0)
    });
    assert!(is_gone, "{:?}", dj.dj.music_status());
}
