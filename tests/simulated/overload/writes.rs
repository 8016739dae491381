//! The time for responses and events in a turn is limited. Audio goes first, and all get their turn.

use std::time::Duration;

use crate::world::{Link, World, seed};
use coldwave::server::{Peer, REPLY_TIME_PER_TURN};
use coldwave::settings::StationSettings;

/// A write takes a little more than a third of the time per turn, so a turn does three.
const WRITES_PER_TURN: usize = 3;
const STATIONS: u32 = 50;

fn slow_world() -> World {
    let station = |id| StationSettings { id, mount: format!("/{id}"), ..StationSettings::default() };
    let mut world = World::with(seed(1), (1..=STATIONS).map(station).collect());
    world.pass(Duration::from_secs(1));
    world.net.clock_step = REPLY_TIME_PER_TURN / WRITES_PER_TURN as u32 + Duration::from_micros(1);
    world
}

/// Sends a request with a `Host` of its own without running a turn.
fn request(world: &mut World, path: &str, number: usize) -> Peer {
    let peer = world.connect_from("192.0.2.1:1".parse().expect("an address"), Link::Fast);
    let request = format!("GET {path} HTTP/1.1\r\nHost: h{number}\r\n\r\n");
    world.server.received(peer, request.as_bytes(), world.now);
    peer
}

fn count_writes(world: &World, peers: &[Peer]) -> Vec<usize> {
    peers.iter().map(|&peer| world.socket(peer).writes as usize).collect()
}

/// Each new reader gets the state of every station, rendered for its own `Host`.
#[test]
fn new_event_readers_take_turns_and_do_not_delay_listeners() {
    let mut world = slow_world();
    let readers: Vec<Peer> = (0..60).map(|number| request(&mut world, "/api/v1/events", number)).collect();
    for turn in 1..=20 {
        let before = count_writes(&world, &readers);
        let listener = request(&mut world, "/1", turn);
        world.now = world.now + REPLY_TIME_PER_TURN;
        world.single_turn();
        let after = count_writes(&world, &readers);
        let served = before.iter().zip(&after).filter(|(before, after)| before < after).count();
        assert_eq!(served, WRITES_PER_TURN);
        assert_eq!(after.iter().filter(|&&writes| writes > 0).count(), turn * WRITES_PER_TURN, "all in turn");
        assert!(world.reply(listener).status() == 200, "a listener starts at once");
        assert!(world.server.has_unfinished_work());
    }
    world.pass(Duration::from_secs(10));
    for reader in readers {
        let events = world.reply(reader);
        assert_eq!(events.matches("event: station\n").count(), STATIONS as usize);
    }
}

#[test]
fn long_responses_take_turns_and_do_not_delay_listeners() {
    let mut world = slow_world();
    // Less than what one write takes, so that each client is served once.
    let page = "/api/v1/stations";
    request(&mut world, page, 0);
    world.pass(Duration::from_secs(1));
    let clients: Vec<Peer> = (0..60).map(|_| request(&mut world, page, 0)).collect();
    for turn in 1..=20 {
        let listener = request(&mut world, "/1", turn);
        world.single_turn();
        let served = count_writes(&world, &clients).iter().filter(|&&writes| writes > 0).count();
        assert_eq!(served, turn * WRITES_PER_TURN);
        assert!(world.reply(listener).status() == 200, "a listener starts at once");
    }
}
