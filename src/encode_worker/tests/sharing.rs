//! Which station uses which worker.

use super::*;

/// Returns the stations of each worker.
fn stations(test: &FaultyPool) -> Vec<Vec<String>> {
    test.pool.workers().into_iter().map(|worker| worker.stations).collect()
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
