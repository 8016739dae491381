//! Unlisted stations: a login creates them, and they end with their source. Every byte is checked.

mod lifecycle;
mod logins;
mod many;
mod mounts;
mod pages;
mod reload;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::http::request::station_ref::StationRef;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings, UnlistedSettings};
use coldwave::station::StationKey;

use crate::world::ear::Ear;
use crate::world::encoder::{Encoder, source_request};
use crate::world::tone::Log;
use crate::world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);

/// The password that creates stations.
const PASSWORD: &str = "a long swim";

fn account(password: &str) -> Account {
    Account { user: "source".into(), password: Some(Secret::new(password)) }
}

fn unlisted() -> UnlistedSettings {
    UnlistedSettings { account: account(PASSWORD), ..UnlistedSettings::default() }
}

/// Returns a configured station with sources.
fn configured(id: u32, mount: &str, password: &str) -> StationSettings {
    let sources = SourceSettings { account: account(password), ..SourceSettings::default() };
    StationSettings { id, mount: mount.into(), name: "Configured".into(), sources, ..Default::default() }
}

/// Creates a world with these stations, in which sources may create others.
fn world(stations: Vec<StationSettings>) -> World {
    let mut world = World::with(seed(23), stations);
    world.server.apply_unlisted(Some(unlisted()), world.now);
    world
}

/// Returns the station with this mount.
fn find(world: &World, mount: &str) -> Option<StationKey> {
    world.server.find_station(&StationRef::Mount(mount.into()))
}

/// An encoder with its connection.
struct Live {
    encoder: Encoder,
    log: Rc<RefCell<Log>>,
    peer: Peer,
}

impl Live {
    /// Logs in, and sends nothing yet.
    fn log_in(world: &mut World, mount: &str) -> Self {
        let log: Rc<RefCell<Log>> = Rc::default();
        let encoder = Encoder::new(&log, 1, Header::DEFAULT);
        Self { encoder, log, peer: log_in(world, mount, PASSWORD) }
    }

    /// Logs in and sends half a second of audio.
    fn start(world: &mut World, mount: &str) -> Self {
        let mut live = Self::log_in(world, mount);
        live.play(world, 0.5);
        assert!(find(world, mount).is_some(), "{mount} has begun");
        live
    }

    fn reconnect(&mut self, world: &mut World, mount: &str) {
        self.peer = log_in(world, mount, PASSWORD);
    }

    /// Sends audio in real time.
    fn play(&mut self, world: &mut World, time: f64) {
        for _ in 0..(time * 10.0).round() as u64 {
            let audio = self.encoder.seconds(0.1);
            world.feed(self.peer, &audio);
            world.pass(SECOND / 10);
        }
    }

    /// Connects a listener that hears this encoder.
    fn listen(&self, world: &mut World, path: &str) -> Peer {
        let peer = world.connect(Link::Fast);
        world.socket_mut(peer).ear = Some(Ear::new(&self.log));
        world.send(peer, format!("GET {path} HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n").as_bytes());
        peer
    }
}

fn log_in(world: &mut World, mount: &str, password: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request(mount, "source", password));
    peer
}

fn status(world: &mut World, target: &str) -> u16 {
    world.head(target).send().status()
}

/// Adds a configured station without music.
fn add_without_music(world: &mut World, settings: StationSettings) -> StationKey {
    world.server.add_station(settings, Vec::new(), world.now).expect("its id and mount are free")
}

/// Returns the reasons for which the sessions with this request line have ended.
fn reasons(world: &World, request_line: &str) -> Vec<CloseReason> {
    let ended = world.ended.borrow();
    ended.iter().filter(|it| it.request_line.contains(request_line)).map(|it| it.reason).collect()
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.socket(peer).closed || world.socket(peer).finished
}
