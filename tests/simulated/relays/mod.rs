//! Relays of a simulated upstream.

mod alternatives;
mod answers;
mod audio;
mod codecs;
mod loops;
mod master;
mod on_demand;
mod outage_log;
mod outages;
mod rings;

use std::time::Duration;

use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{RelaySettings, StationSettings};
use coldwave::stream_url::StreamUrl;

const MOUNT: &str = "/live";

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn relayed() -> StationSettings {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    StationSettings { relay: Some(RelaySettings::new(url, false)), ..StationSettings::default() }
}

fn on_demand() -> StationSettings {
    let mut settings = relayed();
    settings.relay.iter_mut().for_each(|relay| relay.on_demand = true);
    settings
}

/// Creates a world whose station is relayed and has no AutoDJ.
fn world(settings: StationSettings) -> World {
    let mut world = World::without_inputs(seed(7), settings);
    world.turn();
    world
}

/// Creates a world whose station is relayed and has an AutoDJ.
fn with_autodj(settings: StationSettings) -> World {
    let mut world = World::with(seed(7), vec![settings]);
    world.turn();
    world
}

fn encoder(world: &World) -> Encoder {
    Encoder::new(&world.logs[0], 1, Header::DEFAULT)
}

fn upstream(world: &mut World) -> FakeUpstream {
    let encoder = encoder(world);
    FakeUpstream::accept(world, encoder)
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.socket(peer).closed || world.socket(peer).finished
}
