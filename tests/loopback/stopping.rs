//! How it ends, and what does not end it.

use std::time::{Duration, Instant};

use crate::bad_peers::{never_reads, rich_station};
use crate::common::{Coldwave, fixture};

/// How long a stop may take, whoever is connected.
const STOPPED_WITHIN: Duration = Duration::from_secs(2);

#[track_caller]
fn check_stop(signal: &str) {
    let mut server = rich_station();
    let mut listeners = [server.listen(), server.listen_with_titles(), server.listen_with_titles()];
    let stuck = never_reads(&server);
    let silent = server.connect();
    listeners.iter_mut().for_each(|listening| listening.until_seconds(6.0));
    let asked = Instant::now();
    server.signal(signal);
    for (at, listening) in listeners.iter_mut().enumerate() {
        listening.until_end().unwrap_or_else(|error| panic!("listener {at} is cut off: {error}"));
        assert!(listening.is_whole(), "listener {at} has a torn frame");
    }
    let status = server.wait();
    let took = asked.elapsed();
    assert!(status.success(), "{status}");
    assert!(took < STOPPED_WITHIN, "it took {took:?}");
    drop((stuck, silent));
}

#[test]
fn sigterm_ends_it_on_a_frame() {
    check_stop("TERM");
}

#[test]
fn sigint_ends_it_on_a_frame() {
    check_stop("INT");
}

#[test]
fn without_anyone_connected_it_ends_at_once() {
    let mut server = Coldwave::playing(&[fixture("station")]);
    let asked = Instant::now();
    server.signal("TERM");
    assert!(server.wait().success());
    assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
}

#[test]
fn a_second_signal_changes_nothing() {
    let mut server = rich_station();
    let stuck = never_reads(&server);
    server.signal("TERM");
    server.log().wait_for("shutting down");
    server.signal("INT");
    assert!(server.wait().success());
    drop(stuck);
}

#[test]
fn hangup_and_broken_pipes_do_not_end_it() {
    let mut server = Coldwave::playing(&[fixture("station")]);
    let mut listening = server.listen();
    listening.until_seconds(1.0);
    for signal in ["HUP", "PIPE", "HUP"] {
        server.signal(signal);
    }
    listening.until_seconds(8.0);
    server.listen().until_seconds(1.0);
    assert!(server.is_running());
}

#[test]
fn a_process_that_was_stopped_goes_on() {
    let server = Coldwave::playing(&[fixture("station")]);
    let mut listening = server.listen_with_titles();
    listening.until_seconds(6.0);
    server.signal("STOP");
    let stopped = Instant::now();
    crate::common::wait_for("two seconds to pass", || (stopped.elapsed().as_secs() >= 2).then_some(()));
    server.signal("CONT");
    listening.for_seconds(4.0);
}
