//! Connections that the server opens itself, to the upstreams of its relays.

use fastrand::Rng;

use crate::http::proxy::relay_path::ServerId;

/// What a connection that was asked for is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// A connection that the server asks for. [`Server::dialed`](crate::server::Server::dialed) or
/// [`Server::dial_failed`](crate::server::Server::dial_failed) reports what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// What it is known by.
    pub ticket: Ticket,
    /// The host: a name, or an address (of IPv6 without brackets).
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What all relays of the server share.
#[derive(Debug)]
pub struct Relays {
    /// Which server this is, for others that relay it or are relayed.
    pub id: ServerId,
    rng: Rng,
    dials: Vec<Dial>,
    last_ticket: u64,
}

impl Relays {
    /// With the identity and the retry times that come of this random number.
    pub fn new(seed: u64) -> Self {
        let (id, rng) = (ServerId::from_random(seed), Rng::with_seed(seed));
        Self { id, rng, dials: Vec::new(), last_ticket: 0 }
    }

    /// Asks for a connection to this host and port.
    pub fn dial(&mut self, host: &str, port: u16) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.dials.push(Dial { ticket, host: host.to_owned(), port });
        ticket
    }

    /// The connections that were asked for since this was last called.
    pub fn drain_dials(&mut self) -> impl Iterator<Item = Dial> + '_ {
        self.dials.drain(..)
    }

    /// A random number, by which retries are spread.
    pub fn random(&mut self) -> u32 {
        self.rng.u32(..)
    }
}
