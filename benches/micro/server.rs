//! A turn of a server with many listeners, at a slot of the wheel.

use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use coldwave::bans::Bans;
use coldwave::server::{ConnectionLost, Hooks, Peer, Server, ServerConfig, Wire};
use coldwave::settings::StationSettings;
use coldwave::station::Input;
use coldwave::time::Time;
use divan::Bencher;

use crate::meter::Meter;
use crate::programme::Programme;

/// How many listen: a hundred are served in each turn.
const LISTENERS: u16 = 5000;

/// From one turn to the next.
const SLOT: Duration = Duration::from_millis(20);

/// After so many, everyone was served once.
pub const SLOTS: u32 = 50;

/// Sockets that take everything.
struct Sink;

impl Wire for Sink {
    fn write(&mut self, _: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        Ok(pieces.iter().map(|piece| piece.len()).sum())
    }

    fn finish(&mut self, _: Peer) {}
}

/// A server and its clock.
struct World {
    server: Server,
    now: Time,
}

impl World {
    /// One to which all have listened for a while, half of them with titles.
    fn crowded() -> Self {
        let inputs: Vec<Box<dyn Input>> = vec![Box::new(Programme::new())];
        let mut server = Server::new(ServerConfig::default(), Hooks::default(), Bans::default(), 0);
        let station = server.add_station(StationSettings::default(), inputs, Time::START);
        let station = station.expect("it is the only one");
        let mut world = Self { server, now: Time::START };
        world.turn();
        (0..LISTENERS).for_each(|number| world.tune_in(number));
        assert_eq!(world.server.listeners(station), usize::from(LISTENERS), "all were let in");
        // Until all of them count, and are at the live edge.
        (0..3 * SLOTS).for_each(|_| world.turn());
        world
    }

    fn tune_in(&mut self, number: u16) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, number + 1));
        let peer = self.server.connected(address, self.now).expect("everyone is let in");
        let titles = number % 2;
        let head = format!("GET /live HTTP/1.0\r\nIcy-MetaData: {titles}\r\n\r\n");
        self.server.received(peer, head.as_bytes(), self.now);
    }

    fn turn(&mut self) {
        self.now = self.now + SLOT;
        self.server.turn(self.now, &mut Sink);
    }
}

/// Whose slot it is gets a second, and what is due is played.
pub fn turn(meter: impl Meter) {
    let mut world = World::crowded();
    meter.measure(|| (), |()| world.turn());
}

#[divan::bench(name = "turn_for_100_of_5000")]
fn timed_turn(bencher: Bencher) {
    turn(bencher);
}
