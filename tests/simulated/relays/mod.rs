//! Relays against the whole server, with a simulated clock and a master that does what the test wants.

mod answers;
mod audio;
mod loops;
mod on_demand;
mod outages;

use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::Encoder;
use crate::world::master::Master;
use crate::world::{self, World};
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
    StationSettings { relay: Some(RelaySettings { url, on_demand: false }), ..StationSettings::default() }
}

fn on_demand() -> StationSettings {
    let mut settings = relayed();
    settings.relay.iter_mut().for_each(|relay| relay.on_demand = true);
    settings
}

/// A world whose station is relayed and has no AutoDJ.
fn world(settings: StationSettings) -> World {
    let log = Rc::default();
    let mut world = World::with_inputs(world::seed(7), vec![(settings, Vec::new())], vec![log]);
    world.turn();
    world
}

/// A world whose station has an AutoDJ too.
fn with_autodj(settings: StationSettings) -> World {
    let mut world = World::with(world::seed(7), vec![settings]);
    world.turn();
    world
}

fn encoder(world: &World) -> Encoder {
    Encoder::new(&world.logs[0], 1, Header::DEFAULT)
}

fn master(world: &mut World) -> Master {
    let encoder = encoder(world);
    Master::accept(world, encoder)
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.pretend(peer).closed || world.pretend(peer).finished
}
