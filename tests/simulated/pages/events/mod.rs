//! Server-sent events: their contents, their times, and their readers over links of every kind.

mod churn;
mod contents;
mod readers;

use std::time::Duration;

use crate::world::{Link, World, seed};
use coldwave::server::Peer;
use coldwave::settings::StationSettings;
use coldwave::time::WallClock;
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);
const PATH: &str = "/api/v1/events";

/// 2025-03-04 10:11:12 UTC, in microseconds.
const STARTED_US: u64 = 1_741_083_072_000_000;

fn stations(count: u32) -> Vec<StationSettings> {
    let station = |id| StationSettings { id, mount: format!("/{id}"), ..StationSettings::default() };
    (1..=count).map(station).collect()
}

/// Creates a world with a wall clock.
fn world(stations: Vec<StationSettings>) -> World {
    let mut world = World::with(seed(1), stations);
    world.server.set_wall_clock(WallClock::started_at(Duration::from_micros(STARTED_US)));
    world.pass(SECOND);
    world
}

pub fn follow(world: &mut World, path: &str, link: Link) -> Peer {
    world.get(path).http11().link(link).header("Host", "radio.example").open()
}

/// An event as a reader receives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub kind: String,
    pub id: u64,
    pub data: Value,
}

/// Returns the events that a reader has received, and the number of heartbeats between them.
///
/// # Panics
/// If it received anything else, or a part of an event.
#[track_caller]
fn received(world: &World, peer: Peer) -> (Vec<Event>, usize) {
    let reply = world.reply(peer);
    let (_, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    let body = body.strip_prefix("retry: 3000\n\n").expect("the retry interval comes first");
    let blocks: Vec<&str> = body.split_terminator("\n\n").collect();
    assert!(body.is_empty() || body.ends_with("\n\n"), "the last event is whole: {body:?}");
    let events: Vec<Event> = blocks.iter().filter(|block| **block != ":").map(|block| event(block)).collect();
    (events.clone(), blocks.len() - events.len())
}

#[track_caller]
fn event(block: &str) -> Event {
    let fields: Vec<(&str, &str)> =
        block.lines().map(|line| line.split_once(": ").expect("name and value")).collect();
    let [("event", kind), ("id", id), ("data", data)] = fields[..] else { panic!("not an event: {block:?}") };
    let (id, data) = (id.parse().expect("a number"), serde_json::from_str(data).expect("JSON"));
    Event { kind: kind.to_owned(), id, data }
}

pub fn of_kind(world: &World, peer: Peer, kind: &str) -> Vec<Event> {
    received(world, peer).0.into_iter().filter(|event| event.kind == kind).collect()
}
