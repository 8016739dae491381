//! Renditions that are changed, added and removed while all stations play: no other listener loses a byte.

use coldwave::server::{Peer, StationError};
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;
use coldwave::station::StationKey;
use fastrand::Rng;

use super::{
    MOUNT, RUNGS, SECOND, assert_seamless, assert_undisturbed, delay, ladders, mount, rendition, seconds,
    station, tune_in_to_all, world,
};
use crate::world::{Link, World, seed};

fn apply(world: &mut World, at: usize, rung: (u32, u8, u16)) {
    let settings = rendition(&station(), at, rung);
    world.server.apply_station(world.keys[at], settings, world.now).expect("nothing else has its mount");
}

#[test]
fn another_bit_rate_continues_the_index_and_disconnects_no_listener() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    let mut rng = Rng::with_seed(seed(13));
    for kbps in [160, 64, 320, 96, 112, 192, 32] {
        apply(&mut world, 1, (44_100, 2, kbps));
        world.pass(seconds(rng.f64() * 4.0));
    }
    world.pass(20 * SECOND);
    assert_undisturbed(&world, listeners[0]);
    for &listener in &listeners[1..] {
        assert_seamless(&world, listener);
        assert!(world.ear(listener).rung.step_max <= 1, "{:?}", world.ear(listener).rung);
    }
    assert_eq!(ladders(&world).starts().len(), 1, "the encoder goes on");
    let head = world.tune_in_to(1, "/rung-1", Link::Fast);
    assert!(world.ear(head).head().contains("\r\nicy-br: 32\r\n"));
    let running = ladders(&world).rungs();
    assert_eq!(running[0][0].0.format.kbps, 32);
}

#[test]
fn another_sampling_rate_disconnects_the_listeners_of_this_rendition_alone() {
    let mut world = world(station(), &RUNGS);
    let mut listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    for (at, rung) in
        [(1, (22_050, 2, 64)), (3, (44_100, 1, 48)), (4, (32_000, 2, 64)), (1, (44_100, 2, 192))]
    {
        apply(&mut world, at, rung);
        world.pass(SECOND);
        let gone = listeners[at];
        assert!(world.socket(gone).finished || world.socket(gone).closed, "{rung:?}");
        if !world.socket(gone).closed {
            world.disconnect(gone);
        }
        assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(CloseReason::FormatChanged));
        listeners[at] = world.tune_in_to(at, &mount(at), Link::Fast);
        world.pass(10 * SECOND);
        assert_undisturbed(&world, listeners[0]);
        for (at, &listener) in listeners.iter().enumerate().skip(1) {
            world.assert_listens(listener);
            let ear = world.ear(listener);
            assert_eq!((ear.rung.skips, ear.rung.gap_frames), (0, 0), "rung {at}: {:?}", ear.rung);
            assert!(delay(world.station(0), world.station(at)) < SECOND, "rung {at}");
        }
    }
    assert_eq!(ladders(&world).starts().len(), 1);
}

#[test]
fn added_and_removed_renditions_cost_no_other_listener_anything() {
    let mut world = world(station(), &RUNGS[..2]);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    let added = world.add_station(rendition(&station(), 3, (24_000, 2, 64)));
    let new = world.tune_in_to(added, &mount(3), Link::Fast);
    world.pass(20 * SECOND);
    assert_seamless(&world, new);
    let heard = world.ear(new).rung.frames;
    assert!(heard > 500, "{heard}");
    assert!(delay(world.station(0), world.station(added)) < SECOND);
    world.socket_mut(listeners[1]).ear.as_mut().expect("a listener has an ear").expect_move();
    assert!(world.server.remove_station(world.keys[1], world.now));
    world.pass(10 * SECOND);
    world.assert_listens(listeners[1]);
    assert_eq!(world.listeners(0), 2, "it hears the station itself");
    assert_eq!(world.ear(listeners[1]).rung.frames, 0, "since it was moved");
    assert_undisturbed(&world, listeners[0]);
    assert_seamless(&world, listeners[2]);
    assert_seamless(&world, new);
    assert_eq!(ladders(&world).rungs()[0].len(), 2);
    assert_eq!(ladders(&world).starts().len(), 1, "the encoder goes on");
    for &listener in [listeners[2], new].iter() {
        world.socket_mut(listener).ear.as_mut().expect("a listener has an ear").expect_move();
    }
    for at in [2, added] {
        assert!(world.server.remove_station(world.keys[at], world.now));
    }
    world.pass(10 * SECOND);
    assert_eq!(ladders(&world).running(), 0, "no rendition is left");
    assert_undisturbed(&world, listeners[0]);
    let again = world.add_station(rendition(&station(), 1, RUNGS[0]));
    let listener = world.tune_in_to(again, &mount(1), Link::Fast);
    world.pass(10 * SECOND);
    assert_seamless(&world, listener);
    assert_undisturbed(&world, listeners[0]);
}

#[test]
fn listeners_of_a_removed_station_and_its_renditions_get_similar_streams_of_its_fallback() {
    let mut parent = StationSettings { fallback: Some("/b".into()), ..station() };
    parent.max_listeners = None;
    let mut world = world(parent.clone(), &RUNGS[..3]);
    let other = StationSettings { id: 30, mount: "/b".into(), fallback: None, ..station() };
    let other_at = world.add_station(other.clone());
    let renditions = [(10, RUNGS[2]), (11, RUNGS[0])].map(|(at, rung)| {
        let settings = StationSettings { id: 40 + at as u32, ..rendition(&other, at, rung) };
        world.add_station(settings)
    });
    // No ear can follow from one programme to another: they have different logs.
    let mounts: Vec<String> = (0..4).map(mount).collect();
    let listeners: Vec<_> = mounts.iter().map(|mount| world.get(mount).open()).collect();
    world.pass(20 * SECOND);
    assert_eq!([0, 1, 2, 3].map(|at| world.listeners(at)), [1; 4]);
    assert!(world.server.remove_station(world.keys[0], world.now));
    // The station itself, then 192 and 96, and 48 kbit/s.
    assert_eq!(world.listeners(other_at), 1);
    let heard = renditions.map(|at| world.listeners(at));
    assert_eq!(heard, [2, 1], "96 kbit/s is nearer to 48 than to 192");
    world.pass(10 * SECOND);
    listeners.iter().for_each(|&listener| world.assert_listens(listener));
    assert_eq!(world.ended.borrow().iter().filter(|it| it.reason == CloseReason::StationRemoved).count(), 0);
}

#[test]
fn renditions_end_with_their_station() {
    let mut world = world(station(), &RUNGS);
    let other = world.add_station(StationSettings { id: 20, mount: "/other".into(), ..station() });
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    assert!(world.server.remove_station(world.keys[0], world.now));
    world.pass(5 * SECOND);
    for (at, &listener) in listeners.iter().enumerate() {
        assert_eq!(world.socket(listener).finished || world.socket(listener).closed, at != other, "{at}");
    }
    assert_undisturbed(&world, listeners[other]);
    assert_eq!(ladders(&world).running(), 0);
    let now = world.now;
    assert_eq!(world.server.snapshot(now).stations.len(), 1);
    assert!(!world.server.remove_station(world.keys[1], world.now));
}

#[test]
fn rendition_needs_a_station_that_is_none_itself() {
    let mut world = world(station(), &RUNGS[..1]);
    let now = world.now;
    let mut add = |settings: StationSettings| world.server.add_station(settings, Vec::new(), now);
    let of = |parent: &str| {
        let parent = StationSettings { mount: parent.into(), ..station() };
        rendition(&parent, 8, RUNGS[1])
    };
    assert_eq!(add(of("/nowhere")).err(), Some(StationError::NoParent));
    assert_eq!(add(of("/rung-1")).err(), Some(StationError::NoParent));
    assert!(add(of(MOUNT)).is_ok());
}

#[test]
fn station_with_another_mount_keeps_its_renditions() {
    let mut world = world(station(), &RUNGS[..2]);
    let listeners = tune_in_to_all(&mut world);
    world.pass(10 * SECOND);
    let renamed = StationSettings { mount: "/new".into(), ..station() };
    world.server.apply_station(world.keys[0], renamed.clone(), world.now).expect("the mount is free");
    for (at, rung) in [(1, RUNGS[0]), (2, RUNGS[1])] {
        let settings = rendition(&renamed, at, rung);
        world.server.apply_station(world.keys[at], settings, world.now).expect("the station has this mount");
    }
    world.pass(10 * SECOND);
    assert_undisturbed(&world, listeners[0]);
    assert_seamless(&world, listeners[1]);
    assert_seamless(&world, listeners[2]);
}

/// A random change of the renditions.
struct Change<'w> {
    world: &'w mut World,
    rng: &'w mut Rng,
    /// The indices of the renditions that exist, with their listeners.
    rungs: &'w mut Vec<(usize, Vec<Peer>)>,
}

impl Change<'_> {
    fn add(&mut self) {
        let index = self.world.keys.len();
        let rung = RUNGS[self.rng.usize(..RUNGS.len())];
        let added = self.world.add_station(rendition(&station(), index, rung));
        assert_eq!(added, index);
        self.rungs.push((added, Vec::new()));
    }

    fn remove(&mut self) {
        let (at, listeners) = self.rungs.swap_remove(self.rng.usize(..self.rungs.len()));
        for listener in &listeners {
            self.world.socket_mut(*listener).ear.as_mut().expect("a listener has an ear").expect_move();
        }
        let (key, before): (StationKey, _) = (self.world.keys[at], self.world.listeners(0));
        assert!(self.world.server.remove_station(key, self.world.now));
        self.world.turn();
        assert_eq!(self.world.listeners(0), before + listeners.len(), "they hear the station itself");
        for listener in listeners {
            self.world.disconnect(listener);
        }
    }

    fn change_bit_rate(&mut self) {
        let at = self.rungs[self.rng.usize(..self.rungs.len())].0;
        let edge = self.world.station(at).rendition().expect("a rendition").format();
        let kbps = if edge.rate < 32_000 { [32, 64, 96] } else { [64, 128, 256] }[self.rng.usize(..3)];
        let settings = rendition(&station(), at, (edge.rate, edge.channels, kbps));
        self.world.server.apply_station(self.world.keys[at], settings, self.world.now).expect("a rendition");
    }

    fn join(&mut self) {
        let chosen = self.rng.usize(..self.rungs.len());
        let (at, listeners) = &mut self.rungs[chosen];
        listeners.push(self.world.tune_in_to(*at, &mount(*at), Link::Fast));
    }
}

#[test]
fn random_changes_of_renditions_lose_no_frame_of_any() {
    let seed = seed(14);
    let mut rng = Rng::with_seed(seed);
    let mut world = world(station(), &RUNGS[..2]);
    let at_station = world.tune_in(MOUNT, Link::Fast);
    let mut rungs = vec![(1, Vec::new()), (2, Vec::new())];
    for _ in 0..300 {
        let (count, choice) = (rungs.len(), rng.u8(..5));
        let mut change = Change { world: &mut world, rng: &mut rng, rungs: &mut rungs };
        match choice {
            0 if count < 6 => change.add(),
            1 if count > 1 => change.remove(),
            2 => change.change_bit_rate(),
            3 => ladders(change.world).kill(),
            _ => change.join(),
        }
        world.pass(seconds(0.6 + rng.f64() * 2.0));
        for (at, listeners) in &rungs {
            assert_eq!(world.listeners(*at), listeners.len());
            assert!(delay(world.station(0), world.station(*at)) < 2 * SECOND, "rung {at}");
            for listener in listeners {
                world.assert_listens(*listener);
                let ear = world.ear(*listener);
                assert_eq!((ear.rung.skips, ear.rung.gap_frames), (0, 0), "rung {at}: {:?}", ear.rung);
            }
        }
        assert_undisturbed(&world, at_station);
        assert_eq!(ladders(&world).running(), 1);
    }
    assert!(world.keys.len() > 20, "many renditions were added");
}
