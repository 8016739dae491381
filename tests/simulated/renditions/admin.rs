//! Listeners are moved between a station and its renditions, and disconnected from them.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;

use super::{MOUNT, RUNGS, SECOND, mount, play_music, seconds, station, tune_in_to_all, with_tone, world};
use crate::world::{Link, World};

fn move_all(world: &mut World, from: &str, to: &str) {
    let target = format!("/admin/moveclients?mount={from}&destination={to}");
    let reply = world.get(&target).by_admin().send();
    assert_eq!(reply.status(), 200, "{reply}");
}

#[test]
fn listeners_are_moved_between_a_station_and_its_renditions() {
    let mut world = world(station(), &RUNGS);
    world.enable_admin();
    let mut listeners: Vec<Peer> = (0..5).map(|_| world.tune_in(MOUNT, Link::Fast)).collect();
    listeners.push(world.tune_in(MOUNT, Link::Erratic));
    world.pass(20 * SECOND);
    let mut at = 0;
    for to in [1, 4, 0, 6, 2, 3, 0, 5] {
        for listener in &listeners {
            world.socket_mut(*listener).ear.as_mut().expect("a listener has an ear").expect_move();
        }
        move_all(&mut world, &mount(at), &mount(to));
        world.pass(15 * SECOND);
        assert_eq!((world.listeners(at), world.listeners(to)), (0, 6));
        for &listener in &listeners {
            world.assert_listens(listener);
            let ear = world.ear(listener);
            assert_eq!(ear.rung.frames > 400, to > 0, "{:?}", ear.rung);
            assert_eq!((ear.rung.skips, ear.rung.gap_frames), (0, 0));
        }
        at = to;
    }
}

#[test]
fn listeners_of_one_mount_are_kicked_alone() {
    let mut world = world(station(), &RUNGS);
    world.enable_admin();
    let listeners = tune_in_to_all(&mut world);
    world.pass(10 * SECOND);
    let request = "/admin.cgi?sid=3&mode=kickdst&kickdst=all&pass=lighthouse";
    assert_eq!(world.get(request).send().status(), 200);
    world.pass(SECOND);
    for (at, &listener) in listeners.iter().enumerate() {
        assert_eq!(world.listeners(at), usize::from(at != 2));
        assert_eq!(world.socket(listener).closed || world.socket(listener).finished, at == 2);
    }
}

#[test]
fn listeners_of_a_rendition_are_disconnected_after_max_silence_of_the_station() {
    let mut settings = station();
    settings.sources.max_silence = 30 * SECOND;
    let (mut world, knobs) = with_tone(settings, &RUNGS, Header::DEFAULT);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    play_music(&knobs, false);
    world.pass(25 * SECOND);
    listeners.iter().for_each(|&listener| world.assert_listens(listener));
    world.pass(15 * SECOND);
    for &listener in &listeners {
        assert!(world.socket(listener).finished || world.socket(listener).closed);
    }
    for at in 0..=RUNGS.len() {
        let reply = world.get(&mount(at)).send();
        assert!(reply.status() >= 400, "{}: {reply}", mount(at));
    }
    for &listener in &listeners {
        if !world.socket(listener).closed {
            world.disconnect(listener);
        }
    }
    let ended = world.ended.borrow();
    let silent = ended.iter().filter(|it| it.reason == CloseReason::SilenceTimeout).count();
    drop(ended);
    assert_eq!(silent, listeners.len());
    play_music(&knobs, true);
    world.pass(10 * SECOND);
    let again = tune_in_to_all(&mut world);
    world.pass(10 * SECOND);
    again[1..].iter().for_each(|&listener| super::assert_seamless(&world, listener));
}

/// A gap of the encoder is no silence of the programme, but a listener hears nothing for as long.
#[test]
fn gap_of_the_encoder_counts_as_silence_of_the_rendition_alone() {
    let mut settings = station();
    settings.sources.max_silence = 30 * SECOND;
    let mut world = world(settings, &RUNGS);
    world.enable_admin();
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    super::ladders(&world).set(|knobs| knobs.unavailable = Some("no encode worker can be started".into()));
    super::ladders(&world).kill();
    world.pass(20 * SECOND);
    listeners.iter().for_each(|&listener| world.assert_listens(listener));
    world.pass(seconds(25.0));
    super::assert_undisturbed(&world, listeners[0]);
    for (at, &listener) in listeners.iter().enumerate().skip(1) {
        assert!(world.socket(listener).finished || world.socket(listener).closed);
        assert_eq!(world.get(&mount(at)).send().status(), 503, "it would be closed at once");
    }
    let reply = world.get(&format!("/admin/moveclients?mount={MOUNT}&destination={}", mount(1))).by_admin();
    assert_ne!(reply.send().status(), 200, "listeners would hear nothing there");
}
