//! What operators ask of our own API, against the whole server with a simulated clock.

mod access;
mod actions;
mod skip;
mod views;

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{self, Link, Setup, World};
use coldwave::audio::Header;
use coldwave::server::{Hooks, Peer};
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);
const ADMIN: &str = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";

fn station(id: u32, mount: &str) -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let djs = vec![Dj { name: "nadia".into(), password: Secret::new("tide"), priority: 0 }];
    StationSettings {
        id,
        mount: mount.into(),
        sources: SourceSettings { account, djs, ..SourceSettings::default() },
        ..StationSettings::default()
    }
}

/// Two stations, of which the second has no sources, ten seconds after they started.
fn world(seed: u64) -> World {
    world_with(seed, Hooks::default())
}

fn world_with(seed: u64, hooks: Hooks) -> World {
    let other = StationSettings { sources: SourceSettings::default(), ..station(7, "/jazz") };
    let setup = Setup::with(vec![station(1, "/live"), other]);
    let mut world = World::start(world::seed(seed), Setup { hooks, ..setup });
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(10 * SECOND);
    world
}

/// The status and the body of what a request is answered, which has to be JSON that no other site may read.
#[track_caller]
fn ask_from(world: &mut World, address: &str, head: &str, body: &str) -> (u16, Value) {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    let head = format!("{head}\nHost: radio.example").replace('\n', "\r\n");
    world.send(peer, format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    let reply = world.reply(peer);
    world.hang_up(peer);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no reply: {reply:?}"));
    assert!(head.contains("\r\nContent-Type: application/json"), "{head}");
    assert!(!head.to_lowercase().contains("access-control"), "{head}");
    let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
    (head[9..12].parse().expect("a status"), body)
}

#[track_caller]
fn look(world: &mut World, path: &str) -> Value {
    let head = format!("GET /api/v1/admin{path} HTTP/1.1\n{ADMIN}");
    let (status, body) = ask_from(world, "203.0.113.1:9", &head, "");
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn tune_in_as(world: &mut World, address: &str, agent: &str) -> Peer {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, format!("GET /live HTTP/1.0\r\nUser-Agent: {agent}\r\n\r\n").as_bytes());
    peer
}

/// What a deed comes to.
#[track_caller]
fn act(world: &mut World, path: &str, body: &str) -> (u16, Value) {
    let head = format!("POST /api/v1/admin{path} HTTP/1.1\n{ADMIN}");
    ask_from(world, "203.0.113.1:9", &head, body)
}

/// A source that has sent five seconds.
fn live(world: &mut World) -> (Peer, Encoder) {
    let peer = world.connect(Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(peer, &source_request("/live", "nadia", "tide"));
    for _ in 0..50 {
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(SECOND / 10);
    }
    (peer, encoder)
}

/// A world with a live source and a listener, whom nothing must happen to.
fn with_both(seed: u64) -> (World, Peer, Peer) {
    let mut world = world(seed);
    let listener = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    let (source, _) = live(&mut world);
    (world, source, listener)
}

#[track_caller]
fn check_untouched(world: &World, source: Peer, listener: Peer) {
    assert!(!world.pretend(source).closed && world.is_live(0));
    world.assert_listens(listener);
    assert_eq!((world.listeners(0), world.station(0).title()), (1, ""));
}
