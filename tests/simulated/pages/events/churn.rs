//! Readers and listeners that connect and disconnect at random.

use std::collections::BTreeMap;

use coldwave::server::{HEARTBEAT_INTERVAL, Peer};
use serde_json::Value;

use super::{Event, PATH, SECOND, event, follow, received, stations};
use crate::world::{Link, World, seed};

/// Returns the events that a reader has received, without an incomplete last one.
fn whole(world: &World, peer: Peer) -> Vec<Event> {
    let reply = world.reply(peer);
    let body = reply.split_once("\r\n\r\nretry: 3000\n\n").map_or("", |(_, body)| body);
    let body = body.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
    body.split("\n\n").filter(|block| !matches!(*block, "" | ":")).map(event).collect()
}

/// Returns what a page shows after these events: title, input on the air and listeners, by station id.
fn state_after(events: &[Event]) -> BTreeMap<u64, [Value; 3]> {
    let mut stations = BTreeMap::<u64, [Value; 3]>::new();
    for Event { kind, data, .. } in events {
        let number = |key: &str| data[key].as_u64().expect("a number");
        match kind.as_str() {
            "station" => {
                let title = data["title"].get("text").cloned().unwrap_or_default();
                let shown = [title, data["on_air"]["kind"].clone(), data["listeners"]["now"].clone()];
                stations.insert(number("id"), shown);
            }
            "title" => {
                stations.get_mut(&number("station")).expect("a known station")[0] = data["title"].clone()
            }
            "listeners" => {
                stations.get_mut(&number("station")).expect("a known station")[2] = data["listeners"].clone();
            }
            other => panic!("unknown event {other}"),
        }
    }
    stations
}

/// Readers with links of every kind and listeners connect and disconnect, and the process stalls. Afterwards,
/// every remaining reader has the current state.
#[test]
fn every_remaining_reader_has_the_current_state() {
    let first = seed(1);
    for seed in first..first + 20 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut world = World::with(seed, stations(3));
        let (mut readers, mut listeners) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            match rng.u8(..10) {
                0..4 => {
                    let link = match rng.u8(..4) {
                        0 => Link::Fast,
                        1 => Link::Stuck { buffer: rng.usize(..5000) },
                        2 => Link::Slow { per_second: rng.usize(1..500), buffer: rng.usize(1..5000) },
                        _ => Link::Erratic,
                    };
                    readers.push(follow(&mut world, PATH, link));
                }
                4 if !readers.is_empty() => {
                    let peer = readers.swap_remove(rng.usize(..readers.len()));
                    match rng.u8(..3) {
                        0 => world.server.received_eof(peer, world.now),
                        1 => world.server.connection_lost(peer, world.now),
                        _ => world.socket_mut(peer).broken = true,
                    }
                }
                5 => listeners.push(world.tune_in_to(0, "/1", Link::Fast)),
                6 if !listeners.is_empty() => {
                    world.disconnect(listeners.swap_remove(rng.usize(..listeners.len())));
                }
                7 => world.stall(SECOND * rng.u32(..30)),
                _ => {}
            }
            world.pass(SECOND * rng.u32(1..200) / 100);
        }
        readers.retain(|reader| !world.socket(*reader).closed);
        for socket in world.net.peers.values_mut() {
            socket.link = Link::Fast;
        }
        world.pass(2 * HEARTBEAT_INTERVAL);
        let last = follow(&mut world, PATH, Link::Fast);
        world.pass(2 * SECOND);
        let expected = state_after(&received(&world, last).0);
        assert_eq!((expected.len(), world.server.event_readers()), (3, readers.len() + 1));
        for &reader in &readers {
            assert_eq!(state_after(&whole(&world, reader)), expected, "seed {seed}");
        }
    }
}
