//! Workers that die, hang or cannot be started.

use super::super::WorkerState;
use super::super::pool_state::IDLE_TICKS_MAX;
use super::*;
use faulty::info;

#[test]
fn file_that_killed_twice_is_refused_until_it_changes() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let path = test.file("abort.flac");
    for expected in [1, 2] {
        assert_eq!(times(station.probe(&path)), expected);
    }
    assert_eq!((times(station.probe(&path)), test.starts()), (2, 2), "refused without a process");
    assert_eq!(station.status().left_out, std::slice::from_ref(&path));
    assert_eq!((station.status().restarts, test.deaths()), (2, 2));
    std::fs::write(&path, "another file at the same path").expect("the folder is writable");
    assert_eq!((times(station.probe(&path)), test.starts()), (1, 3));
}

#[test]
fn other_jobs_of_the_process_are_not_to_blame() {
    let test = FaultyPool::new(1);
    let (culprit, neighbour) = (test.pool.station("/a"), test.pool.station("/b"));
    let mut music = test.open(&neighbour, "music.flac");
    assert!(music.next().is_ok());
    assert_eq!(times(culprit.probe(&test.file("abort.flac"))), 1);
    assert_eq!(times(music.next()), 0);
    // Only at the next request does a new process start.
    assert_eq!(test.starts(), 1);
    let mut music = test.open(&neighbour, "music.flac");
    assert!(music.next().is_ok());
    assert_eq!((neighbour.status().restarts, neighbour.status().left_out), (1, vec![]));
}

#[test]
fn request_behind_the_fatal_one_is_not_to_blame() {
    let test = FaultyPool::new(1);
    let (culprit, neighbour) = (test.pool.station("/a"), test.pool.station("/b"));
    let (hang, music) = (test.file("hang.flac"), test.file("music.flac"));
    let hanging = test.call_hanging(move || culprit.probe(&hang));
    let waiting = {
        let neighbour = neighbour.clone();
        test.call_hanging(move || neighbour.probe(&music))
    };
    wait_until("both jobs are there", || test.pool.workers()[0].jobs == 2);
    test.tick(ANSWER_TICKS_MAX + 1);
    assert_eq!((times(hanging()), times(waiting())), (1, 0));
    assert_eq!(neighbour.probe(&test.file("music.flac")), Ok(info()));
}

#[test]
fn death_by_another_process_is_not_the_fault_of_the_file() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    test.faults.are_killed.store(true, Ordering::Relaxed);
    let path = test.file("abort.flac");
    for starts in 1..=3 {
        assert_eq!((times(station.probe(&path)), test.starts()), (0, starts));
    }
    assert!(station.status().left_out.is_empty());
}

#[test]
fn worker_that_does_not_answer_is_killed() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let hang = test.file("hang.flac");
    let caller = station.clone();
    let result = test.time_out(move || caller.probe(&hang));
    let Err(JobError::Died { times: 1, signal }) = result else { panic!("not a death: {result:?}") };
    assert_eq!(signal, "no answer within 10 s");
    // The thread still hangs, and another worker answers.
    assert_eq!((station.probe(&test.file("a.flac")), test.starts()), (Ok(info()), 2));
}

#[test]
fn response_resets_the_time_limit() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let mut file = test.open(&station, "a.flac");
    for _ in 0..3 {
        test.tick(ANSWER_TICKS_MAX - 1);
        assert!(file.next().is_ok());
    }
    assert_eq!(test.deaths(), 0);
}

#[test]
fn third_death_within_a_minute_begins_a_wait() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    for name in ["abort-1.flac", "abort-2.flac", "abort-3.flac"] {
        assert_eq!(times(station.probe(&test.file(name))), 1);
    }
    let refused = station.probe(&test.file("a.flac"));
    assert!(
        matches!(&refused, Err(JobError::Unavailable(reason)) if reason.contains("waits before its restart")),
        "{refused:?}"
    );
    assert!(matches!(test.pool.workers()[0].state, WorkerState::Waiting(_)), "{:?}", test.pool.workers());
    test.tick(1);
    assert_eq!((station.probe(&test.file("a.flac")), test.starts()), (Ok(info()), 4));
    assert_eq!(test.pool.workers()[0].state, WorkerState::Running);
}

#[test]
fn worker_that_sends_garbage_is_killed() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let result = station.probe(&test.file("garbage.flac"));
    let Err(JobError::Died { times: 1, signal }) = result else { panic!("not a death: {result:?}") };
    assert!(signal.starts_with("it sent an invalid message"), "{signal}");
    assert_eq!(station.probe(&test.file("a.flac")), Ok(info()));
}

#[test]
fn worker_of_another_version_is_not_used() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    test.faults.has_other_version.store(true, Ordering::Relaxed);
    let refused = station.probe(&test.file("a.flac"));
    let expected = "no encode worker can be started: it speaks version 99 of the protocol instead of 3";
    assert_eq!(refused, Err(JobError::Unavailable(expected.into())));
    test.faults.has_other_version.store(false, Ordering::Relaxed);
    assert_eq!((station.probe(&test.file("a.flac")), test.deaths()), (Ok(info()), 0));
}

#[test]
fn worker_that_cannot_be_started_fails_the_job() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    test.faults.cannot_start.store(true, Ordering::Relaxed);
    let refused = station.probe(&test.file("a.flac"));
    assert!(
        matches!(&refused, Err(JobError::Unavailable(reason)) if reason.contains("os error 11")),
        "{refused:?}"
    );
    test.faults.cannot_start.store(false, Ordering::Relaxed);
    assert_eq!((station.probe(&test.file("a.flac")), test.starts()), (Ok(info()), 1));
}

#[test]
fn worker_without_jobs_ends_after_a_minute() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let file = test.open(&station, "a.flac");
    test.tick(2 * IDLE_TICKS_MAX);
    assert_eq!(test.pool.workers()[0].state, WorkerState::Running, "a job is open");
    drop(file);
    wait_until("no job is left", || test.pool.workers()[0].jobs == 0);
    test.tick(IDLE_TICKS_MAX + 1);
    let worker = &test.pool.workers()[0];
    assert_eq!((worker.state, worker.deaths, &worker.stations), (WorkerState::Stopped, 0, &vec![]));
    wait_until("the thread ends", || test.faults.running.load(Ordering::Relaxed) == 0);
    assert_eq!((station.probe(&test.file("a.flac")), test.starts()), (Ok(info()), 2));
}

#[test]
fn shutdown_fails_the_request_that_waits() {
    let test = FaultyPool::new(1);
    let station = test.pool.station("/live");
    let (caller, hang) = (station.clone(), test.file("hang.flac"));
    let hanging = test.call_hanging(move || caller.probe(&hang));
    test.pool.shut_down();
    let stops = Err(JobError::Unavailable("the server stops".into()));
    assert_eq!((hanging(), station.probe(&test.file("a.flac"))), (stops.clone(), stops));
    assert_eq!((test.starts(), test.deaths()), (1, 0));
}

#[test]
fn last_handle_ends_the_workers() {
    let test = FaultyPool::new(2);
    let (a, b) = (test.pool.station("/a"), test.pool.station("/b"));
    let (file, other) = (test.open(&a, "a.flac"), test.open(&b, "b.flac"));
    let (faults, folder) = (test.faults.clone(), test.folder.path().to_owned());
    assert_eq!(faults.running.load(Ordering::Relaxed), 2);
    drop((test, a, b, file));
    assert!(!folder.exists());
    assert_eq!(faults.running.load(Ordering::Relaxed), 2, "the other file still uses the pool");
    drop(other);
    wait_until("the threads end", || faults.running.load(Ordering::Relaxed) == 0);
}
