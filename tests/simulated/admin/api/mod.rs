//! The administrator's API of coldwave, `/api/v1/admin`.

mod access;
mod actions;
mod conversion;
mod skip;
mod views;

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::request::Request;
use crate::world::{Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::server::{Hooks, Peer};
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

/// The address from which the administrator sends requests.
const HOME: &str = "203.0.113.1:9";

fn station(id: u32, mount: &str) -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let djs = vec![Dj { name: "nadia".into(), display: None, password: Secret::new("tide"), priority: 0 }];
    StationSettings {
        id,
        mount: mount.into(),
        sources: SourceSettings { account, djs, ..SourceSettings::default() },
        ..StationSettings::default()
    }
}

/// Creates two stations, the second of which accepts no sources, and lets them play for ten seconds.
fn world(seed: u64) -> World {
    world_with(seed, Hooks::default())
}

fn world_with(default_seed: u64, hooks: Hooks) -> World {
    let other = StationSettings { sources: SourceSettings::default(), ..station(7, "/jazz") };
    let setup = Setup::with(vec![station(1, "/live"), other]);
    let mut world = World::start(seed(default_seed), Setup { hooks, ..setup });
    world.enable_admin();
    world.pass(10 * SECOND);
    world
}

/// Sends a request and returns the status and the body of the reply, which must be JSON that no other site
/// can read.
#[track_caller]
fn answer(request: Request<'_>) -> (u16, Value) {
    let reply = request.header("Host", "radio.example").send();
    assert!(reply.head().contains("\r\nContent-Type: application/json"), "{reply}");
    assert!(!reply.head().to_lowercase().contains("access-control"), "{reply}");
    (reply.status(), reply.json())
}

/// Starts a GET request to a path below `/api/v1/admin`.
fn get<'w>(world: &'w mut World, path: &str) -> Request<'w> {
    world.get(&format!("/api/v1/admin{path}")).http11().from(HOME)
}

/// Starts a POST request to a path below `/api/v1/admin`.
fn post<'w>(world: &'w mut World, path: &str, body: &str) -> Request<'w> {
    world.post(&format!("/api/v1/admin{path}"), body).http11().from(HOME)
}

/// Returns the reply that the administrator gets at a path.
#[track_caller]
fn view(world: &mut World, path: &str) -> Value {
    let (status, body) = answer(get(world, path).by_admin());
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Performs an action as the administrator.
#[track_caller]
fn act(world: &mut World, path: &str, body: &str) -> (u16, Value) {
    answer(post(world, path, body).by_admin())
}

fn tune_in_as(world: &mut World, address: &str, agent: &str) -> Peer {
    world.get("/live").from(address).agent(agent).open()
}

/// Connects a source that sends five seconds of audio.
fn go_live(world: &mut World) -> (Peer, Encoder) {
    let peer = world.connect(Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(peer, &source_request("/live", "nadia", "tide"));
    for _ in 0..50 {
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(SECOND / 10);
    }
    (peer, encoder)
}

/// Creates a world with a live source and a listener, for tests of requests that must not affect either.
fn with_source_and_listener(seed: u64) -> (World, Peer, Peer) {
    let mut world = world(seed);
    let listener = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    let (source, _) = go_live(&mut world);
    (world, source, listener)
}

#[track_caller]
fn check_untouched(world: &World, source: Peer, listener: Peer) {
    assert!(!world.socket(source).closed && world.is_live(0));
    world.assert_listens(listener);
    assert_eq!((world.listeners(0), world.station(0).title()), (1, ""));
}
