//! Files that are described, converted and measured.

use super::*;
use crate::transcode::LeftOut;
use faulty::info;

#[test]
fn file_is_converted_to_its_end_and_counted() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    assert_eq!(station.probe(&test.file("a.flac")), Ok(info()));
    assert_eq!(station.read_cover(&test.file("a.flac")), Ok(vec![0; 3]));
    let (mut file, opened) = station.open_file(test.job("a.flac"), None).expect("an open file");
    assert_eq!(opened, info());
    for index in 0..3 {
        let frames = file.next().expect("frames");
        assert_eq!((frames.index, frames.bytes, frames.marks), (index, vec![index as u8], vec![]));
    }
    assert!(file.finish().expect("frames").is_last);
    let status = station.status();
    assert_eq!((status.frames, status.encoded.as_millis()), (4, 4 * 1152 * 1000 / 44_100));
    assert_eq!((status.last_error, status.restarts, test.starts()), (None, 0, 1));
    assert_eq!(test.pool.workers()[0].jobs, 0);
}

#[test]
fn encoder_goes_on_with_the_next_file() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let mut first = test.open(&station, "a.flac");
    assert_eq!(first.next().expect("frames").index, 0);
    let (mut second, _) = station.open_file(test.job("b.flac"), Some(first)).expect("an open file");
    let frames = second.next().expect("frames");
    assert_eq!((frames.index, frames.marks[0].token), (1, second.job_token()));
    assert_eq!(test.pool.workers()[0].jobs, 1, "the first job has ended");
}

#[test]
fn interrupted_file_goes_on_where_it_was() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let job = FileJob { skip_frames: 1000, ..test.job("a.flac") };
    let (mut file, _) = station.open_file(job, None).expect("an open file");
    assert_eq!(file.next().expect("frames").index, 1000);
}

#[test]
fn dropped_file_ends_its_job() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let (first, second) = (test.open(&station, "a.flac"), test.open(&station, "b.flac"));
    assert_eq!(test.pool.workers()[0].jobs, 2);
    drop(first);
    drop(second);
    wait_until("no job is left", || test.pool.workers()[0].jobs == 0);
}

#[test]
fn file_that_is_left_out_fails_with_its_reason() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    assert_eq!(station.probe(&test.file("text.txt")), Err(JobError::LeftOut(LeftOut::NotAudio)));
    let missing = station.probe(&test.folder.path().join("missing.flac"));
    assert!(matches!(missing, Err(JobError::LeftOut(LeftOut::Unreadable(_)))), "{missing:?}");
    assert_eq!(station.status().last_error, None, "the encoder works");
}

#[test]
fn panic_ends_only_its_job() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let mut other = test.open(&station, "a.flac");
    for name in ["panic-1.flac", "panic-2.flac"] {
        let mut file = test.open(&station, name);
        let failed = file.next();
        assert!(matches!(failed, Err(JobError::LeftOut(LeftOut::Unsupported(_)))), "{failed:?}");
    }
    assert!(other.next().is_ok());
    assert_eq!((test.starts(), test.deaths()), (1, 0));
}

#[test]
fn cover_longer_than_a_message_fails() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let failed = station.read_cover(&test.file("huge.flac"));
    assert!(matches!(failed, Err(JobError::LeftOut(LeftOut::Unsupported(_)))), "{failed:?}");
    assert_eq!((station.probe(&test.file("a.flac")), test.deaths()), (Ok(info()), 0));
}

#[test]
fn loudness_is_measured_within_its_limit() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    assert_eq!(station.measure(&test.file("a.flac"), TEST_TIMEOUT), Ok(Some(-16.0)));
    assert_eq!(station.measure(&test.file("a.flac"), Duration::ZERO), Err(JobError::TimedOut));
    wait_until("no job is left", || test.pool.workers()[0].jobs == 0);
    assert_eq!(test.deaths(), 0);
}

#[test]
fn name_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStringExt;

    let test = FaultyPool::new(1);
    let name = std::ffi::OsString::from_vec(b"caf\xe9.flac".to_vec());
    let path = test.folder.path().join(name);
    std::fs::write(&path, "audio").expect("the file system allows any bytes");
    assert_eq!(test.pool.station("/live").probe(&path), Ok(info()));
}
