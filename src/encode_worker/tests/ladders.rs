//! Programmes that are encoded as several renditions, for the event loop.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::encode_worker::LadderJob;
use crate::time::AudioTime;
use crate::transcode::{LeftOut, Rung, RungFrames};

const RUNGS: [Rung; 2] =
    [Rung { id: 1, format: FORMAT, first: 0 }, Rung { id: 2, format: FORMAT, first: 100 }];

/// Opens a ladder. Returns the number of alerts, too.
fn open(station: &StationEncoder, rungs: &[Rung]) -> (LadderJob, Arc<AtomicUsize>) {
    let alerts = Arc::new(AtomicUsize::new(0));
    let counted = alerts.clone();
    let alert = Box::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    (station.open_ladder(AudioTime::ZERO, rungs, alert), alerts)
}

/// Waits for the response to a request. Polls only after an alert, as the event loop does.
#[track_caller]
fn receive(job: &mut LadderJob, alerts: &AtomicUsize) -> Result<Vec<RungFrames>, JobError> {
    for _ in 0..100 {
        if let Some(received) = job.try_recv() {
            return received;
        }
        wait_until("an alert", || alerts.load(Ordering::Relaxed) > 0);
        alerts.fetch_sub(1, Ordering::Relaxed);
    }
    panic!("alerts without a result");
}

/// Returns the number of each rung, the index of its first frame, and its bytes.
fn content(frames: &[RungFrames]) -> Vec<(u32, u64, &[u8])> {
    frames.iter().map(|rung| (rung.id, rung.frames.index, &rung.frames.bytes[..])).collect()
}

#[test]
fn frames_of_all_rungs_come_back_and_are_counted() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live renditions");
    let (mut job, alerts) = open(&station, &RUNGS);
    assert!(!job.is_busy());
    // This waits until the job is open.
    job.push((b"a", b"bc"));
    assert!(job.is_busy());
    let frames = receive(&mut job, &alerts).expect("frames");
    assert_eq!(content(&frames), [(1, 0, &b"abc"[..]), (2, 100, b"abc")]);
    assert!(!job.is_busy());
    job.push((b"d", b""));
    let frames = receive(&mut job, &alerts).expect("frames");
    assert_eq!(content(&frames), [(1, 3, &b"d"[..]), (2, 103, b"d")]);
    let status = station.status();
    assert_eq!((status.frames, status.last_error), (8, None));
    assert_eq!(status.encoded.as_micros(), 8 * 1152 * 1_000_000 / 44_100);
}

#[test]
fn rungs_change_between_two_requests() {
    let test = FaultyPool::new(1);
    let (mut job, alerts) = open(&test.pool.station("/live renditions"), &RUNGS);
    // It may also be the first request.
    job.set_rungs(&RUNGS[..1]);
    assert_eq!(receive(&mut job, &alerts), Ok(Vec::new()));
    job.push((b"a", b""));
    assert_eq!(content(&receive(&mut job, &alerts).expect("frames")), [(1, 0, &b"a"[..])]);
}

#[test]
fn dropped_ladder_ends_its_job() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live renditions");
    let (mut job, alerts) = open(&station, &RUNGS);
    job.push((b"a", b""));
    receive(&mut job, &alerts).expect("frames");
    let (mut waiting, _) = open(&station, &RUNGS);
    waiting.push((b"a", b""));
    drop((job, waiting));
    wait_until("no job is left", || test.pool.workers()[0].jobs == 0);
    assert_eq!(test.deaths(), 0);
}

#[test]
fn ladder_that_cannot_be_encoded_ends_with_the_reason() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live renditions");
    let (mut job, alerts) = open(&station, &[]);
    job.push((b"a", b""));
    assert_eq!(receive(&mut job, &alerts), Err(JobError::LeftOut(LeftOut::NoEncoder)));
    let (mut job, alerts) = open(&station, &RUNGS);
    job.push((b"h", b""));
    assert_eq!(receive(&mut job, &alerts), Err(JobError::LeftOut(LeftOut::HeAac)));
    assert!(!job.is_busy() && job.try_recv().is_none());
    let (mut job, alerts) = open(&station, &RUNGS);
    job.push((b"panic", b""));
    assert!(matches!(receive(&mut job, &alerts), Err(JobError::LeftOut(LeftOut::Unsupported(_)))));
    wait_until("no job is left", || test.pool.workers()[0].jobs == 0);
    assert_eq!(test.deaths(), 0);
}

#[test]
fn ladder_whose_worker_dies_begins_again_at_once() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live renditions");
    let (mut job, alerts) = open(&station, &RUNGS);
    job.push((b"abort", b""));
    assert_eq!(times(receive(&mut job, &alerts)), 1);
    assert_eq!(station.status().restarts, 1);
    let (mut job, alerts) = open(&station, &RUNGS);
    job.push((b"a", b""));
    assert_eq!(receive(&mut job, &alerts).expect("frames").len(), 2);
}

#[test]
fn ladder_whose_worker_hangs_does_not_block_and_ends_after_ten_seconds() {
    let test = FaultyPool::new(1);
    let (mut job, alerts) = open(&test.pool.station("/live renditions"), &RUNGS);
    job.push((b"hang", b""));
    while !test.faults.is_hanging() {
        wait_until("an alert", || alerts.load(Ordering::Relaxed) > 0 || test.faults.is_hanging());
        assert!(job.try_recv().is_none());
    }
    test.tick(ANSWER_TICKS_MAX + 1);
    assert_eq!(times(receive(&mut job, &alerts)), 1);
}

#[test]
fn refused_ladder_alerts_the_event_loop() {
    let test = FaultyPool::new(1);
    test.pool.shut_down();
    let (mut job, alerts) = open(&test.pool.station("/live renditions"), &RUNGS);
    assert_eq!(alerts.load(Ordering::Relaxed), 1);
    job.push((b"a", b""));
    assert_eq!(job.try_recv(), Some(Err(JobError::Unavailable("the server stops".into()))));
    assert!(job.try_recv().is_none());
}

#[test]
fn renditions_have_a_worker_apart_from_their_station() {
    let test = FaultyPool::new(2);
    let station = test.pool.station("/live");
    assert!(station.probe(&test.file("a.flac")).is_ok());
    let track = test.open(&station, "b.flac");
    let (mut job, alerts) = open(&test.pool.station("/live renditions"), &RUNGS);
    job.push((b"a", b""));
    receive(&mut job, &alerts).expect("frames");
    let stations: Vec<_> = test.pool.workers().into_iter().map(|worker| worker.stations).collect();
    assert_eq!(stations, [["/live"], ["/live renditions"]]);
    drop(track);
}
