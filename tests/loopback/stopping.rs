//! Signals that stop the server, and signals that do not stop it.

use std::time::{Duration, Instant};

use crate::bad_peers::{never_reads, station_of_320_kbps};
use crate::common::{Coldwave, fixture};

/// The longest time that a stop may take, whatever the peers do.
const STOPPED_WITHIN: Duration = Duration::from_secs(2);

#[track_caller]
fn check_stop(signal: &str) {
    let mut server = station_of_320_kbps();
    let mut listeners = [server.listen(), server.listen_with_titles(), server.listen_with_titles()];
    let stuck = never_reads(&server);
    let silent = server.connect();
    listeners.iter_mut().for_each(|listener| listener.until_seconds(6.0));
    let started = Instant::now();
    server.signal(signal);
    for (at, listener) in listeners.iter_mut().enumerate() {
        listener.until_end().unwrap_or_else(|error| panic!("listener {at} is not closed cleanly: {error}"));
        assert!(listener.is_whole(), "listener {at} does not end at a frame boundary");
    }
    let status = server.wait();
    let took = started.elapsed();
    assert!(status.success(), "{status}");
    assert!(took < STOPPED_WITHIN, "it took {took:?}");
    drop((stuck, silent));
}

#[test]
fn sigterm_stops_at_frame_boundaries() {
    check_stop("TERM");
}

#[test]
fn sigint_stops_at_frame_boundaries() {
    check_stop("INT");
}

#[test]
fn stop_without_connections_is_immediate() {
    let mut server = Coldwave::with_music(&[fixture("station")]);
    let started = Instant::now();
    server.signal("TERM");
    assert!(server.wait().success());
    assert!(started.elapsed() < Duration::from_secs(1), "it took {:?}", started.elapsed());
}

#[test]
fn second_signal_is_ignored() {
    let mut server = station_of_320_kbps();
    let stuck = never_reads(&server);
    server.signal("TERM");
    server.log().wait_for("shutting down");
    server.signal("INT");
    assert!(server.wait().success());
    drop(stuck);
}

#[test]
fn sighup_and_sigpipe_do_not_stop_the_server() {
    let mut server = Coldwave::with_music(&[fixture("station")]);
    let mut listener = server.listen();
    listener.until_seconds(1.0);
    for signal in ["HUP", "PIPE", "HUP"] {
        server.signal(signal);
    }
    listener.until_seconds(8.0);
    server.listen().until_seconds(1.0);
    assert!(server.is_running());
}

#[test]
fn stopped_process_continues() {
    let server = Coldwave::with_music(&[fixture("station")]);
    let mut listener = server.listen_with_titles();
    listener.until_seconds(6.0);
    server.signal("STOP");
    let stopped = Instant::now();
    crate::common::wait_for("two seconds to pass", || (stopped.elapsed().as_secs() >= 2).then_some(()));
    server.signal("CONT");
    listener.for_seconds(4.0);
}
