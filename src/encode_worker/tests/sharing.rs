//! Which station uses which worker.

use super::super::WorkerState;
use super::super::pool_state::IDLE_TICKS_MAX;
use super::*;

/// Returns the stations of each worker.
fn stations(test: &FaultyPool) -> Vec<Vec<String>> {
    test.pool.workers().into_iter().map(|worker| worker.stations).collect()
}

/// Waits until the workers have these numbers of jobs: threads close jobs and end processes.
fn wait_for_jobs(test: &FaultyPool, expected: &[usize]) {
    let jobs = || test.pool.workers().iter().map(|worker| worker.jobs).collect::<Vec<_>>();
    let started = std::time::Instant::now();
    while jobs() != expected {
        assert!(started.elapsed() < TEST_TIMEOUT, "{:?}", jobs());
        std::thread::yield_now();
    }
}

#[test]
fn nothing_starts_before_the_first_job() {
    let test = FaultyPool::new(3);
    let _station = test.pool.station("/a");
    assert_eq!((test.starts(), stations(&test)), (0, vec![vec![]; 3]));
}

#[test]
fn station_has_a_worker_of_its_own_while_there_are_enough() {
    let test = FaultyPool::new(2);
    let (a, b) = (test.pool.station("/a"), test.pool.station("/b"));
    for _ in 0..3 {
        assert!(a.probe(&test.file("a.flac")).is_ok() && b.probe(&test.file("b.flac")).is_ok());
    }
    assert_eq!((stations(&test), test.starts()), (vec![vec!["/a".to_owned()], vec!["/b".to_owned()]], 2));
}

#[test]
fn further_stations_share_the_worker_with_the_fewest_jobs() {
    let test = FaultyPool::new(2);
    let (a, b, c) = (test.pool.station("/a"), test.pool.station("/b"), test.pool.station("/c"));
    let _files = [test.open(&a, "1.flac"), test.open(&a, "2.flac"), test.open(&b, "3.flac")];
    let file = test.open(&c, "4.flac");
    assert_eq!(stations(&test), [vec!["/a"], vec!["/b", "/c"]]);
    // Another job stays where the station has one.
    let _file = test.open(&c, "5.flac");
    let jobs: Vec<usize> = test.pool.workers().iter().map(|worker| worker.jobs).collect();
    assert_eq!(jobs, [2, 3]);
    drop(file);
}

#[test]
fn worker_of_a_removed_station_is_free() {
    let test = FaultyPool::new(2);
    let (a, b, c) = (test.pool.station("/a"), test.pool.station("/b"), test.pool.station("/c"));
    for station in [&a, &b, &c] {
        assert!(station.probe(&test.file("a.flac")).is_ok());
    }
    assert_eq!(stations(&test), [vec!["/a", "/c"], vec!["/b"]]);
    drop(b);
    assert!(c.probe(&test.file("a.flac")).is_ok());
    assert_eq!(stations(&test), [vec!["/a"], vec!["/c"]]);
}

#[test]
fn music_leaves_a_worker_that_is_one_too_many_at_the_end_of_its_track() {
    let test = FaultyPool::new(2);
    let (a, b) = (test.pool.station("/a"), test.pool.station("/b"));
    let _file = test.open(&a, "1.flac");
    let track = test.open(&b, "2.flac");
    test.pool.set_max(1);
    let next = b.open_file(test.job("3.flac"), Some(track)).map(|(file, _)| file).expect("a file");
    wait_for_jobs(&test, &[2, 0]);
    test.tick(IDLE_TICKS_MAX + 1);
    wait_for_jobs(&test, &[2, 0]);
    // The next track stays where this one is.
    let next = b.open_file(test.job("4.flac"), Some(next)).map(|(file, _)| file).expect("a file");
    wait_for_jobs(&test, &[2, 0]);
    drop(next);
}

#[test]
fn smaller_pool_keeps_a_worker_until_its_jobs_end() {
    let test = FaultyPool::new(3);
    let (a, b) = (test.pool.station("/a"), test.pool.station("/b"));
    let _file = test.open(&a, "1.flac");
    let kept = test.open(&b, "2.flac");
    test.pool.set_max(1);
    let jobs = || test.pool.workers().iter().map(|worker| worker.jobs).collect::<Vec<_>>();
    assert_eq!(jobs(), [1, 1], "the third has never run");
    // A new job goes to the worker that stays, also that of a station with a job elsewhere.
    let _other = test.open(&b, "3.flac");
    assert_eq!(jobs(), [2, 1]);
    drop(kept);
    wait_for_jobs(&test, &[2, 0]);
    test.tick(IDLE_TICKS_MAX + 1);
    wait_until("the process ends", || test.pool.workers()[1].state == WorkerState::Stopped);
    assert_eq!((jobs(), test.starts()), (vec![2, 0], 2), "counters do not fall when a worker ends");
    test.pool.set_max(3);
    assert_eq!(jobs(), [2, 0, 0]);
}
