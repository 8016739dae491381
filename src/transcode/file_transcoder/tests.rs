//! Tests of whole files: AAC that is passed on, and files of many formats as MP3, one after the other.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::encoded_frames::FrameMark;
use super::super::target::TargetFormat;
use super::super::test_audio::{decode_mp3, format, frames};
use super::*;

const STEREO: TargetFormat = format((44_100, 2, 128));
const MP3: FileOutput = FileOutput::Mp3 { format: STEREO, gain_db: None };

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn job(name: &str, output: FileOutput) -> FileJob {
    FileJob { path: fixture(name), output, skip_frames: 0 }
}

/// Takes all frames until the end of the file. Returns them, and the marks in all of them.
fn play(file: &mut FileTranscoder) -> EncodedFrames {
    let mut all = file.next();
    while !all.is_last {
        let more = file.next();
        assert_eq!(more.index, all.index + u64::from(all.count));
        let before = all.count;
        all.marks.extend(more.marks.iter().map(|mark| FrameMark { frame: mark.frame + before, ..*mark }));
        all.count += more.count;
        all.bytes.extend(more.bytes);
        all.is_last = more.is_last;
    }
    all
}

#[test]
fn aac_is_passed_on_byte_for_byte_with_a_mark_at_its_start() {
    let name = "aac/lc-44100-stereo-96k.aac";
    let (mut file, info) = FileTranscoder::open(&job(name, FileOutput::Adts), None).unwrap();
    file.set_token(3);
    let found = play(&mut file);
    assert!(found.bytes == fs::read(fixture(name)).unwrap());
    assert_eq!((info.rate, info.channels), (44_100, 2));
    assert_eq!(found.marks, [FrameMark { frame: 0, token: 3 }]);
    assert_eq!((file.finish().count, file.next().is_last), (0, true));
}

#[test]
fn skipped_frames_of_aac_are_left_out() {
    let whole = play(
        &mut FileTranscoder::open(&job("formats/aac-44100-stereo.m4a", FileOutput::Adts), None).unwrap().0,
    );
    let skipping = FileJob { skip_frames: 5, ..job("formats/aac-44100-stereo.m4a", FileOutput::Adts) };
    let rest = play(&mut FileTranscoder::open(&skipping, None).unwrap().0);
    assert_eq!((rest.index, rest.count + 5), (5, whole.count));
    assert!(whole.bytes.ends_with(&rest.bytes));
}

#[test]
fn other_codecs_are_left_out_of_a_station_of_aac() {
    for name in ["formats/flac-44100-stereo-16.flac", "formats/mp3-44100-stereo.mp3"] {
        let opened = FileTranscoder::open(&job(name, FileOutput::Adts), None);
        assert_eq!(opened.err(), Some(LeftOut::NotAac), "{name}");
    }
}

#[test]
fn files_of_all_formats_follow_each_other_in_one_stream() {
    let mut names: Vec<_> =
        fs::read_dir(fixture("formats")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let (mut all, mut encoder, mut played) = (Vec::new(), None, 0);
    for path in names {
        let job = FileJob { path, output: MP3, skip_frames: 0 };
        let Ok((mut file, _)) = FileTranscoder::open(&job, None) else { continue };
        file.set_token(played);
        let follows = encoder.is_some();
        encoder.take().into_iter().for_each(|encoder| file.take_over(encoder));
        let found = play(&mut file);
        assert_eq!(found.marks.iter().map(|mark| mark.token).collect::<Vec<_>>(), [played]);
        // The frame that the encoder adds, and those that its bit reservoir has held back.
        assert!(!follows || found.marks[0].frame <= 4, "{}: {:?}", job.path.display(), found.marks);
        all.extend(found.bytes);
        encoder = file.into_encoder();
        played += 1;
    }
    all.extend(encoder.expect("the last encoder").finish().bytes);
    assert!(played >= 15, "{played} files");
    decode_mp3(&all);
    assert!(frames(&all).len() > 15);
}

#[test]
fn finish_returns_the_last_frames_once() {
    let name = "formats/vorbis-22050-mono.ogg";
    let (mut file, _) = FileTranscoder::open(&job(name, MP3), None).unwrap();
    let found = play(&mut file);
    let last = file.finish();
    assert_eq!(last.index, u64::from(found.count));
    assert!(last.is_last && last.count > 0);
    assert_eq!((file.finish().count, file.next().count), (0, 0));
    assert!(file.into_encoder().is_none());
}
