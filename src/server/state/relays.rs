//! The connections to upstreams that the event loop has to open, and the id of this server.

use fastrand::Rng;

use crate::http::proxy::relay_path::ServerId;
use crate::http::upstream::redirects::RedirectChain;

/// Identifies a requested connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// A connection that the server requests. [`Server::dialed`](crate::server::Server::dialed) or
/// [`Server::dial_failed`](crate::server::Server::dial_failed) reports the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Identifies the request.
    pub ticket: Ticket,
    /// The host: a name or an address (IPv6 without brackets).
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether to speak TLS. The certificate has to be valid for the host.
    pub is_tls: bool,
    /// Whether only public addresses may be connected to.
    pub public_only: bool,
}

/// State shared by all relays of the server.
#[derive(Debug)]
pub struct Relays {
    /// The identity of this server in relay paths.
    pub id: ServerId,
    rng: Rng,
    dials: Vec<Dial>,
    last_ticket: u64,
}

impl Relays {
    /// Derives the identity and the retry times from the random number `seed`.
    pub fn new(seed: u64) -> Self {
        let (id, rng) = (ServerId::from_random(seed), Rng::with_seed(seed));
        Self { id, rng, dials: Vec::new(), last_ticket: 0 }
    }

    /// Requests a connection to the host and port of a URL.
    pub fn dial(&mut self, redirects: &RedirectChain) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let (url, public_only) = (redirects.url(), redirects.is_public_only());
        let (host, port, is_tls) = (url.host().to_owned(), url.port(), url.is_https());
        self.dials.push(Dial { ticket, host, port, is_tls, public_only });
        ticket
    }

    /// Returns the connections requested since the last call.
    pub fn drain_dials(&mut self) -> impl Iterator<Item = Dial> + '_ {
        self.dials.drain(..)
    }

    /// Returns a random number, which spreads retries.
    pub fn random(&mut self) -> u32 {
        self.rng.u32(..)
    }
}
