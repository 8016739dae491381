//! Several servers that relay each other in a ring: the loop is detected, nothing oscillates, and on-demand
//! relays disconnect when the last listener has left.

use coldwave::server::Peer;
use coldwave::settings::StationSettings;
use fastrand::Rng;

use super::{is_closed, on_demand, relayed, seconds};
use crate::world::{Link, Setup, World, seed};

/// A connection from the relay of one server to the next server.
struct RingConnection {
    from: (usize, Peer),
    to: (usize, Peer),
    /// How many bytes of each direction were passed on: of the request, of the response.
    passed: (usize, usize),
}

/// Servers, each of which relays the station of the next one; the last one relays the first.
struct Ring {
    worlds: Vec<World>,
    connections: Vec<RingConnection>,
    /// How many connections were opened so far.
    opened: u64,
}

impl Ring {
    /// Creates one server for each flag. A second station of each has listeners that are in no loop.
    fn new(seed: u64, on_demand_flags: &[bool], with_autodj: bool) -> Self {
        let start = |(at, &is_on_demand): (usize, &bool)| {
            let ring = if is_on_demand { on_demand() } else { relayed() };
            let other = StationSettings { id: 2, mount: "/other".into(), ..StationSettings::default() };
            let mut setup = Setup::with(vec![ring, other]);
            if !with_autodj {
                setup.stations[0].1.clear();
            }
            setup.server_seed = Some(seed.wrapping_mul(31) + at as u64);
            World::start(seed + at as u64, setup)
        };
        let worlds = on_demand_flags.iter().enumerate().map(start).collect();
        Self { worlds, connections: Vec::new(), opened: 0 }
    }

    /// Advances all clocks.
    fn pass(&mut self, total: f64) {
        for _ in 0..(total / 0.05) as u32 {
            self.worlds.iter_mut().for_each(|world| world.pass(seconds(0.05)));
            (0..self.worlds.len()).for_each(|at| self.connect(at));
            let mut connections = std::mem::take(&mut self.connections);
            connections.retain_mut(|connection| self.transfer(connection));
            self.connections = connections;
            assert!(!self.is_loop_closed(), "every server relays the next one");
        }
    }

    /// Opens the connections that a server wants.
    fn connect(&mut self, from: usize) {
        let to = (from + 1) % self.worlds.len();
        loop {
            let World { server, dials, .. } = &mut self.worlds[from];
            dials.retain(|dial| server.is_dial_wanted(dial.ticket));
            if dials.is_empty() {
                return;
            }
            let relay = self.worlds[from].accept_dial();
            let listener = self.worlds[to].connect(Link::Fast);
            self.opened += 1;
            self.connections.push(RingConnection { from: (from, relay), to: (to, listener), passed: (0, 0) });
        }
    }

    /// Passes on the bytes and the end of a connection. Returns whether it is still open.
    fn transfer(&mut self, connection: &mut RingConnection) -> bool {
        let RingConnection { from, to, passed } = connection;
        self.copy(*from, *to, &mut passed.0);
        self.copy(*to, *from, &mut passed.1);
        let ends = [(*from, *to), (*to, *from)];
        let closed = ends.iter().find(|((world, peer), _)| is_closed(&self.worlds[*world], *peer));
        if let Some((_, (world, peer))) = closed {
            if !self.worlds[*world].socket(*peer).closed {
                self.worlds[*world].disconnect(*peer);
            }
            for (world, peer) in [*from, *to] {
                if !self.worlds[world].socket(peer).closed {
                    self.worlds[world].disconnect(peer);
                }
            }
        }
        closed.is_none()
    }

    fn copy(&mut self, (from, sender): (usize, Peer), (to, receiver): (usize, Peer), passed: &mut usize) {
        let bytes = self.worlds[from].socket(sender).received[*passed..].to_vec();
        *passed += bytes.len();
        if !bytes.is_empty() && !self.worlds[to].socket(receiver).closed {
            self.worlds[to].feed(receiver, &bytes);
        }
    }

    /// Returns whether every server receives the stream of the next one. While each has just sent the head
    /// of its own stream, that is the case for a moment: until they have exchanged their paths.
    fn is_loop_closed(&self) -> bool {
        let is_old = |connection: &RingConnection| {
            let (at, peer) = connection.to;
            self.worlds[at].socket(peer).received.len() > 100_000
        };
        self.connections.iter().filter(|it| is_old(it)).count() == self.worlds.len()
    }
}

/// Runs rings of these servers from several seeds. Listeners join the first server, stay for ten minutes, and
/// leave.
fn check_rings(on_demand_flags: &[bool]) {
    for run in 0..3 {
        let seed = seed(100) + 10 * run;
        let mut ring = Ring::new(seed, on_demand_flags, run % 2 == 0);
        let others: Vec<_> =
            ring.worlds.iter_mut().map(|world| world.tune_in_to(1, "/other", Link::Fast)).collect();
        ring.pass(Rng::with_seed(seed).f64() * 10.0);
        let player = ring.worlds[0].get("/live").header("User-Agent", "player").open();
        ring.pass(30.0);
        let before = ring.opened;
        ring.pass(600.0);
        // The server that detects the loop retries after 90 to 150 s. Each retry wakes the others, and each
        // of these may connect again once or twice, because the path of its stream has changed.
        let opened = ring.opened - before;
        assert!(opened <= 7 * 3 * on_demand_flags.len() as u64, "{opened} connections in ten minutes");
        let player_listens = !is_closed(&ring.worlds[0], player);
        assert_eq!(player_listens, run % 2 == 0 || ring.worlds[0].listeners(0) > 0);
        ring.worlds[0].disconnect(player);
        check_idle(&mut ring, on_demand_flags);
        for (world, other) in ring.worlds.iter().zip(others) {
            let ear = world.ear(other);
            assert_eq!((ear.silent_frames, ear.skips), (0, 0), "listeners outside the loop notice nothing");
            world.assert_listens(other);
        }
    }
}

/// Fails unless a ring of on-demand relays, without a listener, becomes idle.
fn check_idle(ring: &mut Ring, on_demand_flags: &[bool]) {
    ring.pass(180.0);
    if on_demand_flags.iter().all(|flag| *flag) {
        let before = ring.opened;
        ring.pass(300.0);
        assert_eq!(ring.opened, before, "no listener is left, so no relay connects");
        assert!(ring.connections.is_empty());
    }
}

#[test]
fn ring_of_relays_is_broken_and_stays_calm() {
    check_rings(&[false]);
    check_rings(&[false, false]);
    check_rings(&[false, false, false]);
}

#[test]
fn ring_of_on_demand_relays_is_broken_and_becomes_idle() {
    check_rings(&[true]);
    check_rings(&[true, true]);
    check_rings(&[true, true, true]);
    check_rings(&[true; 6]);
}

#[test]
fn ring_of_both_kinds_of_relays_is_broken_and_stays_calm() {
    check_rings(&[true, false]);
    check_rings(&[false, true]);
    check_rings(&[true, false, true, false]);
}
