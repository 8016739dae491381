//! Live sources: which go on the air, when, and what listeners hear when a source ends or is lost.

mod audio;
mod bit_rate_limits;
mod bit_rates;
mod codecs;
mod conflicts;
mod conversion;
mod ends;
mod floods;
mod links;
mod logins;
mod outages;
mod recorded;
mod recordings;
mod refusals;
mod spellings;
mod stalled;
mod takeover;
mod uploads;

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};

const MOUNT: &str = "/live";

fn station() -> StationSettings {
    let dj = |name: &str, priority| Dj {
        display: None,
        name: name.into(),
        password: Secret::new(format!("{name}-pw")),
        priority,
    };
    StationSettings {
        sources: SourceSettings {
            account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
            djs: vec![dj("nadia", 5), dj("otto", 1)],
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    }
}

fn with(change: impl FnOnce(&mut SourceSettings)) -> StationSettings {
    let mut station = station();
    change(&mut station.sources);
    station
}

fn world(settings: StationSettings) -> World {
    World::with(seed(7), vec![settings])
}

/// Creates a world whose station has no AutoDJ.
fn without_autodj(settings: StationSettings) -> World {
    World::without_inputs(seed(7), settings)
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// An encoder with its connection.
struct Live {
    encoder: Encoder,
    user: &'static str,
    password: &'static str,
    peer: Peer,
}

impl Live {
    fn connect(world: &mut World, number: u64, user: &'static str, password: &'static str) -> Self {
        let encoder = Encoder::new(&world.logs[0], number, Header::DEFAULT);
        let peer = log_in(world, user, password);
        Self { encoder, user, password, peer }
    }

    fn source(world: &mut World) -> Self {
        Self::connect(world, 1, "source", "deep water")
    }

    fn reconnect(&mut self, world: &mut World) {
        self.peer = log_in(world, self.user, self.password);
    }

    /// Sends audio in real time.
    fn play(&mut self, world: &mut World, time: f64) {
        self.play_at(world, time, 1.0);
    }

    /// Sends audio at `rate` times real time.
    fn play_at(&mut self, world: &mut World, time: f64, rate: f64) {
        for _ in 0..(time * 10.0).round() as u64 {
            let audio = self.encoder.seconds(0.1 * rate);
            world.feed(self.peer, &audio);
            world.pass(seconds(0.1));
        }
    }
}

fn log_in(world: &mut World, user: &str, password: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request(MOUNT, user, password));
    peer
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.socket(peer).closed || world.socket(peer).finished
}

fn assert_reply(world: &World, peer: Peer, reply: &str) {
    assert!(world.reply(peer).contains(reply), "{reply:?} in {:?}", world.reply(peer));
}
