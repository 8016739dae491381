//! Streams that the event loop converts.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::audio::Codec;
use crate::encode_worker::StreamJob;
use crate::transcode::{EncodedFrames, FrameMark, LeftOut};

/// Opens a stream. Returns the number of alerts, too.
fn open(station: &StationEncoder, format: TargetFormat) -> (StreamJob, Arc<AtomicUsize>) {
    let alerts = Arc::new(AtomicUsize::new(0));
    let counted = alerts.clone();
    let alert = Box::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    (station.open_stream(Codec::Mp3, format, alert), alerts)
}

/// Waits for the next frames or the error. Polls only after an alert, as the event loop does.
#[track_caller]
fn receive(job: &mut StreamJob, alerts: &AtomicUsize) -> Result<EncodedFrames, JobError> {
    for _ in 0..100 {
        if let Some(received) = job.try_recv() {
            return received;
        }
        wait_until("an alert", || alerts.load(Ordering::Relaxed) > 0);
        alerts.fetch_sub(1, Ordering::Relaxed);
    }
    panic!("alerts without a result");
}

#[test]
fn frames_come_back_with_their_marks() {
    let test = FaultyPool::new(1);
    let (mut job, alerts) = open(&test.pool.station("/live"), FORMAT);
    // These wait until the stream is open, and go together.
    [None, Some(7), None].into_iter().zip([b"a", b"b", b"c"]).for_each(|(mark, frame)| job.push(frame, mark));
    let frames = receive(&mut job, &alerts).expect("frames");
    assert_eq!((frames.index, &frames.bytes[..]), (0, &b"abc"[..]));
    assert_eq!(frames.marks, [FrameMark { frame: 1, token: 7 }]);
    job.push(b"d", Some(8));
    let frames = receive(&mut job, &alerts).expect("frames");
    assert_eq!((frames.index, frames.marks), (3, vec![FrameMark { frame: 0, token: 8 }]));
    job.push(b"e", None);
    job.finish();
    assert_eq!(receive(&mut job, &alerts).expect("frames").bytes, b"e");
    assert!(receive(&mut job, &alerts).expect("frames").is_last);
    assert!(job.try_recv().is_none());
    assert_eq!(test.pool.workers()[0].jobs, 0);
}

#[test]
fn dropped_stream_ends_its_job() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let (mut job, alerts) = open(&station, FORMAT);
    job.push(b"a", None);
    receive(&mut job, &alerts).expect("frames");
    let (waiting, _) = open(&station, FORMAT);
    drop((job, waiting));
    wait_until("no job is left", || test.pool.workers()[0].jobs == 0);
    assert_eq!(test.deaths(), 0);
}

#[test]
fn queue_is_bounded_and_a_mark_is_not_lost() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let (caller, hang) = (station.clone(), test.file("hang.flac"));
    let hanging = test.call_hanging(move || caller.probe(&hang));
    let (mut job, alerts) = open(&station, FORMAT);
    let mut pushed = 0;
    while !job.is_full() {
        job.push(&[0; 1000], None);
        pushed += 1000;
    }
    // Nothing of this blocks, although the worker reads nothing.
    (0..1000).for_each(|_| job.push(&[0; 1000], None));
    job.push(&[0; 1000], Some(9));
    test.faults.release();
    assert!(hanging().is_ok());
    let frames = receive(&mut job, &alerts).expect("frames");
    assert_eq!((frames.bytes.len(), frames.marks.len()), (pushed, 1));
    assert!(!job.is_full());
}

#[test]
fn stream_without_an_encoder_fails() {
    let test = FaultyPool::new(1);
    let (mut job, alerts) = open(&test.pool.station("/live"), TargetFormat { rate: 0, ..FORMAT });
    job.push(b"a", None);
    assert_eq!(receive(&mut job, &alerts), Err(JobError::LeftOut(LeftOut::NoEncoder)));
    job.push(b"b", None);
    assert!(job.try_recv().is_none());
}

#[test]
fn stream_ends_with_its_worker_and_another_begins() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let (mut job, alerts) = open(&station, FORMAT);
    job.push(b"a", None);
    receive(&mut job, &alerts).expect("frames");
    assert_eq!(times(station.probe(&test.file("abort.flac"))), 1);
    job.push(b"b", None);
    assert_eq!(times(receive(&mut job, &alerts)), 0);
    let (mut job, alerts) = open(&station, FORMAT);
    job.push(b"c", None);
    assert_eq!(receive(&mut job, &alerts).expect("frames").bytes, b"c");
}

#[test]
fn refused_stream_alerts_the_event_loop() {
    let test = FaultyPool::new(1);
    test.pool.shut_down();
    let (mut job, alerts) = open(&test.pool.station("/live"), FORMAT);
    assert_eq!(alerts.load(Ordering::Relaxed), 1);
    assert_eq!(job.try_recv(), Some(Err(JobError::Unavailable("the server stops".into()))));
    assert!(job.try_recv().is_none());
}

#[test]
fn panic_in_a_stream_ends_it() {
    let test = FaultyPool::new(1);
    let (mut job, alerts) = open(&test.pool.station("/live"), FORMAT);
    job.push(b"panic", None);
    let failed = receive(&mut job, &alerts);
    assert!(matches!(failed, Err(JobError::LeftOut(LeftOut::Unsupported(_)))), "{failed:?}");
    assert_eq!(test.deaths(), 0);
}
