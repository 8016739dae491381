//! An iteration of the event loop of a server with many listeners, at one slot of the delivery wheel.

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
use crate::test_station::SilentInput;

/// The number of listeners. 100 of them are served in each iteration.
const LISTENERS: u16 = 5000;

/// The width of a slot.
const SLOT: Duration = Duration::from_millis(20);

/// The number of slots of the wheel. After as many iterations, every listener was served once.
pub const SLOTS: u32 = 50;

/// Fake sockets that take everything.
struct Sink;

impl Wire for Sink {
    fn write(&mut self, _: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        Ok(pieces.iter().map(|piece| piece.len()).sum())
    }

    fn now(&self) -> Time {
        Time::START
    }

    fn finish(&mut self, _: Peer) {}

    fn has_unsent(&mut self, _: Peer) -> bool {
        false
    }
}

/// A server with a clock that advances by a slot in each iteration.
struct ClockedServer {
    server: Server,
    now: Time,
}

impl ClockedServer {
    /// Returns a server to which all have listened for a while, half of them with titles.
    fn with_listeners() -> Self {
        let inputs: Vec<Box<dyn Input>> = vec![Box::new(SilentInput::new())];
        let mut server = Server::new(ServerConfig::default(), Hooks::default(), Bans::default(), 0);
        let station = server.add_station(StationSettings::default(), inputs, Time::START);
        let station = station.expect("the station is unique");
        let mut clocked = Self { server, now: Time::START };
        clocked.turn();
        (0..LISTENERS).for_each(|number| clocked.join(number));
        assert_eq!(clocked.server.listeners(station), usize::from(LISTENERS), "all were accepted");
        // After this, all are counted as listeners and at the live edge.
        (0..3 * SLOTS).for_each(|_| clocked.turn());
        clocked
    }

    fn join(&mut self, number: u16) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, number + 1));
        let peer = self.server.connected(address, self.now).expect("every connection is accepted");
        let titles = number % 2;
        let head = format!("GET /live HTTP/1.0\r\nIcy-MetaData: {titles}\r\n\r\n");
        self.server.received(peer, head.as_bytes(), self.now);
    }

    fn turn(&mut self) {
        self.now = self.now + SLOT;
        self.server.turn(self.now, &mut Sink);
    }
}

/// Runs one iteration: the station advances, and the listeners of the slot are sent a second of audio.
pub fn turn(meter: impl Meter) {
    let mut clocked = ClockedServer::with_listeners();
    meter.measure(|| (), |()| clocked.turn());
}

#[divan::bench(name = "turn_for_100_of_5000")]
fn timed_turn(bencher: Bencher) {
    turn(bencher);
}
