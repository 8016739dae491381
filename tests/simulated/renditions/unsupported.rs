//! A programme that cannot be encoded, such as one in HE-AAC: the renditions refuse listeners until another
//! input is on air.

use std::cell::RefCell;
use std::rc::Rc;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;
use coldwave::station::RenditionState;

use super::{
    Live, RUNGS, SECOND, assert_undisturbed, ladder, ladders, mount, seconds, start, station, tune_in_to_all,
};
use crate::log::{collect, lines_with};
use crate::world::tone::Knobs;
use crate::world::{Link, Setup, World};

const REASON: &str = "HE-AAC cannot be decoded in full";

/// Makes the encoder refuse what it gets, or accept it.
fn refuse(world: &World, refuses: bool) {
    ladders(world).set(|knobs| knobs.unsupported = refuses.then(|| REASON.to_owned()));
}

/// A world with the station, its renditions and another station with one.
fn world() -> (World, Rc<RefCell<Knobs>>) {
    super::with_tone(station(), &RUNGS, Header::DEFAULT)
}

fn state(world: &mut World) -> RenditionState {
    let now = world.now;
    let snapshot = world.server.admin_snapshot(now);
    snapshot.stations[1].rendition.clone().expect("a rendition").state
}

/// Fails unless new listeners of all rungs are refused, and those of the station are not.
#[track_caller]
fn assert_refused(world: &mut World) {
    for at in 1..=RUNGS.len() {
        for target in [mount(at), format!("/stream/{}", at + 1)] {
            let reply = world.get(&target).header("Icy-MetaData", "1").send();
            assert!(reply.status() >= 400 || reply.starts_with("ICY 4"), "{reply}");
            assert!(world.head(&target).send().status() >= 400);
        }
    }
    let ended = world.ended.borrow().last().map(|it| it.reason);
    assert!(ended == Some(CloseReason::ListenerLimit), "{ended:?}");
    let now = world.now;
    let available = |it: &std::sync::Arc<coldwave::pages::StationSnapshot>| {
        it.rendition.is_none_or(|rendition| rendition.is_available)
    };
    assert_eq!(world.server.snapshot(now).stations.iter().filter(|it| available(it)).count(), 1);
    let listener = world.tune_in_to(0, &mount(0), Link::Fast);
    world.assert_listens(listener);
    world.disconnect(listener);
}

/// Fails unless new listeners of all rungs get the programme.
#[track_caller]
fn assert_accepted(world: &mut World) {
    let listeners: Vec<Peer> = tune_in_to_all(world);
    world.pass(5 * SECOND);
    for &listener in &listeners[1..] {
        assert!(world.ear(listener).rung.frames > 100, "{:?}", world.ear(listener).rung);
    }
    listeners.into_iter().for_each(|listener| world.disconnect(listener));
}

#[test]
fn programme_that_cannot_be_encoded_is_silent_and_refuses_listeners_with_the_reason() {
    collect();
    let (mut world, _knobs) = world();
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    refuse(&world, true);
    world.pass(10 * SECOND);
    assert_eq!(state(&mut world), RenditionState::Unsupported(REASON.into()));
    assert_refused(&mut world);
    world.pass(600 * SECOND);
    assert_refused(&mut world);
    assert_undisturbed(&world, listeners[0]);
    let lines = lines_with(REASON);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let tries = ladders(&world).starts().len();
    assert!((8..=14).contains(&tries), "it is tried once a minute: {tries}");
    refuse(&world, false);
    world.pass(65 * SECOND);
    assert_eq!(state(&mut world), RenditionState::Encoding);
    assert_accepted(&mut world);
    for &listener in &listeners[1..] {
        world.assert_listens(listener);
        let ear = world.ear(listener);
        assert!(
            ear.rung.gap_frames > 1_000 && ear.rung.skips == 0,
            "those who were there stay: {:?}",
            ear.rung
        );
    }
}

#[test]
fn next_input_is_encoded_at_once() {
    let (mut world, _knobs) = world();
    refuse(&world, true);
    world.pass(20 * SECOND);
    assert_refused(&mut world);
    let mut live = Live::connect(&mut world, Header::DEFAULT);
    refuse(&world, false);
    // The current track ends first.
    while !world.station(0).now_playing().input_name.contains("source") {
        live.play(&mut world, 0.1);
    }
    let switched_at = world.station(0).timeline().end_time();
    live.play(&mut world, 20.0);
    assert_eq!(state(&mut world), RenditionState::Encoding);
    // What was played before cannot be encoded.
    let start = ladders(&world).starts().last().expect("an encoder was started").start;
    assert!(start + seconds(0.3).into() >= switched_at, "{start:?}, switched at {switched_at:?}");
    assert_accepted(&mut world);
}

/// The first frames of a live source are HE-AAC, and the music before and after is not.
#[test]
fn source_that_cannot_be_encoded_costs_its_own_time_only() {
    let (mut world, _knobs) = world();
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    let mut live = Live::connect(&mut world, Header::DEFAULT);
    while !world.station(0).now_playing().input_name.contains("source") {
        live.play(&mut world, 0.1);
    }
    refuse(&world, true);
    live.play(&mut world, 20.0);
    assert_refused(&mut world);
    world.disconnect(live.peer);
    while world.station(0).now_playing().input_name.contains("source") {
        world.pass(seconds(0.05));
    }
    refuse(&world, false);
    world.pass(10 * SECOND);
    assert_accepted(&mut world);
    assert_undisturbed(&world, listeners[0]);
    for &listener in &listeners[1..] {
        let ear = world.ear(listener);
        let gap = ear.rung.gap_frames as f64 / ear.frames as f64 * (world.now.as_secs() as f64 - 1.0);
        assert!((15.0..30.0).contains(&gap) && ear.rung.skips == 0, "{gap} s: {:?}", ear.rung);
    }
}

#[test]
fn other_stations_are_encoded_meanwhile() {
    let other = StationSettings { id: 20, mount: "/other".into(), ..station() };
    let rung = StationSettings { id: 21, mount: "/other-64".into(), ..super::rendition(&other, 1, RUNGS[3]) };
    let mut world = start(Setup::with([ladder(station(), &RUNGS[..1]), vec![other, rung]].concat()));
    world.pass(5 * SECOND);
    let listener = world.tune_in_to(3, "/other-64", Link::Fast);
    let refused = world.keys[0];
    ladders(&world).set(|knobs| knobs.unsupported_station = Some(refused));
    refuse(&world, true);
    world.pass(60 * SECOND);
    assert_eq!(state(&mut world), RenditionState::Unsupported(REASON.into()));
    super::assert_seamless(&world, listener);
}
