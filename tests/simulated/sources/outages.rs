//! What the log shows of outages, without other lines at level info: `docs/operations.md`, "Outages".

use coldwave::session::CloseReason;
use coldwave::settings::Takeover;

use super::{Live, MOUNT, log_in, seconds, station, with, without_autodj, world};
use crate::log::{collect, take_outage_lines};
use crate::world::{Link, World};

/// Lets a source be live for three seconds on a station with an AutoDJ, and end in this way.
fn after_end(end: impl FnOnce(&mut World, &Live)) -> (World, Live) {
    let mut world = world(with(|it| it.takeover = Takeover::AnyUser));
    world.enable_admin();
    collect();
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    end(&mut world, &live);
    world.pass(seconds(1.0));
    (world, live)
}

#[test]
fn lost_source_is_a_warning_and_its_return_says_for_how_long() {
    let (mut world, mut live) = after_end(|world, live| world.disconnect(live.peer));
    assert_eq!(take_outage_lines(), ["WARN /live: live source source ended (connection reset) after 3.0 s"]);
    live.reconnect(&mut world);
    live.play(&mut world, 3.0);
    let lines = take_outage_lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.starts_with("INFO /live: source source is live from 127.0.0.1:"), "{line}");
    assert!(line.ends_with(" s after it was lost"), "{line}");
}

#[test]
fn source_that_stalls_and_times_out_is_two_warnings() {
    let (_world, _) = after_end(|world, _| world.pass(seconds(11.0)));
    assert_eq!(
        take_outage_lines(),
        [
            "WARN /live: source has stalled; it is back on the air after 5 s of audio without a pause",
            "WARN /live: live source source ended (sent nothing for 10 s) after 12.9 s"
        ]
    );
}

#[test]
fn return_of_a_stalled_source_says_how_long_ago_it_stalled() {
    let (mut world, mut live) = after_end(|world, _| world.pass(seconds(5.0)));
    take_outage_lines();
    live.play(&mut world, 10.0);
    let lines = take_outage_lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.starts_with("INFO /live: source is on the air again, "), "{line}");
    assert!(line.ends_with(" s after its stall"), "{line}");
}

#[test]
fn source_whose_end_was_wanted_is_no_warning() {
    type End = fn(&mut World, &Live);
    let ends: [(End, CloseReason); 4] = [
        (|world, live| world.half_close(live.peer), CloseReason::SourceEnded),
        (|world, _| drop(world.get("/admin/killsource?mount=/live").by_admin().send()), CloseReason::Kicked),
        (|world, _| Live::connect(world, 2, "nadia", "nadia-pw").play(world, 1.0), CloseReason::Replaced),
        (|world, _| world.server.stop(world.now), CloseReason::Shutdown),
    ];
    for (end, reason) in ends {
        let (world, _) = after_end(end);
        assert_eq!(take_outage_lines(), [""; 0], "{reason:?}");
        assert!(world.ended.borrow().iter().any(|it| it.reason == reason), "{reason:?}");
    }
}

#[test]
fn silence_is_a_warning_with_its_cause_and_its_end_says_how_long_it_was() {
    let mut world = without_autodj(station());
    collect();
    world.pass(seconds(5.0));
    assert_eq!(take_outage_lines(), [""; 0], "a station that waits for its first source has no fault");
    let mut live = Live::source(&mut world);
    live.play(&mut world, 5.0);
    assert_eq!(take_outage_lines(), [""; 0]);
    world.pass(seconds(8.0));
    live.play(&mut world, 10.0);
    let lines = take_outage_lines();
    let [begin, end] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(begin.starts_with("WARN /live: silence is on the air; source was on the air for "), "{begin}");
    assert!(end.starts_with("INFO /live: source is on the air, after "), "{end}");
    assert!(end.ends_with(" s of silence"), "{end}");
}

#[test]
fn listeners_that_are_disconnected_for_silence_are_a_warning() {
    let mut world = without_autodj(with(|it| it.max_silence = seconds(30.0)));
    collect();
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    world.tune_in(MOUNT, Link::Fast);
    world.half_close(live.peer);
    world.pass(seconds(40.0));
    let lines = take_outage_lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("WARN /live: silence is on the air; "), "{lines:?}");
    assert_eq!(lines[1], "WARN /live: silent for too long; disconnecting 1 listener");
}

#[test]
fn wrong_passwords_and_refused_sources_are_warnings() {
    let mut world = world(station());
    collect();
    log_in(&mut world, "source", "shallow water");
    let lines = take_outage_lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.starts_with("WARN 127.0.0.1:"), "{line}");
    assert!(line.contains(": authentication failed for \"source\" at /live"), "{line}");
    let mut live = Live::source(&mut world);
    live.play(&mut world, 1.0);
    log_in(&mut world, "nadia", "nadia-pw");
    let lines = take_outage_lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.starts_with("WARN /live: source nadia at 127.0.0.1:"), "{line}");
    assert!(line.ends_with("refused: another source is live (source is live)"), "{line}");
}

#[test]
fn refused_source_that_sends_on_has_no_second_line() {
    let mut world = world(station());
    collect();
    let mut live = Live::source(&mut world);
    live.play(&mut world, 1.0);
    let mut other = Live::connect(&mut world, 2, "nadia", "nadia-pw");
    let audio = other.encoder.seconds(20.0);
    world.feed(other.peer, &audio);
    world.pass(seconds(20.0));
    assert_eq!(crate::log::lines_with("sent too much unsolicited data"), [""; 0]);
    assert_eq!(crate::log::lines_with("refused: another source is live").len(), 1);
}

#[test]
fn full_station_is_one_warning_a_minute_and_its_end_is_said() {
    let mut settings = station();
    settings.max_listeners = Some(2);
    let mut world = world(settings);
    let listeners = [(); 2].map(|()| world.tune_in(MOUNT, Link::Fast));
    collect();
    for _ in 0..90 {
        refused_listener(&mut world);
        world.pass(seconds(1.0));
    }
    assert_eq!(
        take_outage_lines(),
        [
            "WARN /live: the station is full with 2 listeners; new listeners are refused",
            "WARN /live: the station is full with 2 listeners; 61 were refused in 60 s"
        ]
    );
    world.disconnect(listeners[0]);
    world.pass(seconds(70.0));
    assert_eq!(
        take_outage_lines(),
        ["INFO /live: the station refuses no listeners any more: 90 were refused in 89 s"]
    );
}

#[test]
fn full_server_is_a_warning() {
    let mut world = world(station());
    world.configure(|config| config.max_listeners = 1);
    world.tune_in(MOUNT, Link::Fast);
    collect();
    refused_listener(&mut world);
    assert_eq!(take_outage_lines(), ["WARN the server is full with 1 listener; new listeners are refused"]);
    world.pass(seconds(70.0));
    assert_eq!(take_outage_lines(), ["INFO the server refuses no listeners any more: 1 were refused in 0 s"]);
}

fn refused_listener(world: &mut World) {
    let peer = world.connect(Link::Fast);
    world.send(peer, b"GET /live HTTP/1.0\r\n\r\n");
    world.disconnect(peer);
    world.forget_closed();
}
