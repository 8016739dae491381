//! The network for `coldwave probe`: connections that block, names that are looked up on a thread, and the
//! clock.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::time::Instant;

use super::blocking::{BlockingConnection, remaining, timed_out};
use super::resolver::{Lookup, Resolver};
use super::time_of_day;
use crate::probe::{ConnectFailure, Connected, Network, ReceiveOutcome, StreamConnection, TlsSummary};
use crate::stream_url::StreamUrl;
use crate::time::Time;
use crate::tls::{ClientTls, TlsError, days_left};

/// Connects to any server. A clone has the same clock.
#[derive(Debug, Clone)]
pub struct ProbeNetwork {
    start: Instant,
    tls: ClientTls,
}

/// A connection, with the clock of its network.
pub struct ProbeConnection {
    start: Instant,
    connection: BlockingConnection,
}

impl ProbeNetwork {
    /// Returns a network whose clock begins now. `tls` is for `https` URLs.
    pub fn new(tls: ClientTls) -> Self {
        Self { start: Instant::now(), tls }
    }

    /// Starts the session of TLS.
    fn secure(
        &self,
        connection: &mut BlockingConnection,
        url: &StreamUrl,
        deadline: Instant,
    ) -> Result<TlsSummary, String> {
        let session = self.tls.connect(url.host()).map_err(|error| error.to_string())?;
        let session = connection.start_tls(session, deadline).map_err(|error| describe(&error))?;
        let version = session.facts().map_or("TLS", |facts| facts.version);
        let not_after = session.peer_certificate_not_after();
        let certificate_days_left = not_after.map(|not_after| days_left(not_after, time_of_day()));
        Ok(TlsSummary { version, certificate_days_left })
    }
}

impl Network for ProbeNetwork {
    type Connection = ProbeConnection;

    fn now(&self) -> Time {
        Time::after_start(self.start.elapsed())
    }

    fn connect(&self, url: &StreamUrl, deadline: Time) -> Result<Connected<ProbeConnection>, ConnectFailure> {
        let deadline = self.start + deadline.since_start();
        let addresses = resolve(url, deadline).map_err(ConnectFailure::Unreachable)?;
        let unreachable = |error: io::Error| ConnectFailure::Unreachable(describe(&error));
        let mut connection = BlockingConnection::connect(&addresses, deadline).map_err(unreachable)?;
        let address = connection.address().map_err(unreachable)?.to_string();
        let tls = match url.is_https() {
            true => Some(self.secure(&mut connection, url, deadline).map_err(ConnectFailure::Tls)?),
            false => None,
        };
        Ok(Connected { connection: ProbeConnection { start: self.start, connection }, address, tls })
    }
}

impl StreamConnection for ProbeConnection {
    fn send(&mut self, bytes: &[u8], deadline: Time) -> Result<(), String> {
        let deadline = self.start + deadline.since_start();
        self.connection.send(bytes, deadline).map_err(|error| describe(&error))
    }

    fn receive(&mut self, deadline: Time, out: &mut Vec<u8>) -> ReceiveOutcome {
        let deadline = self.start + deadline.since_start();
        match self.connection.receive(out, deadline) {
            Ok(true) => ReceiveOutcome::Bytes,
            Ok(false) => ReceiveOutcome::Ended,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => ReceiveOutcome::TimedOut,
            Err(error) => ReceiveOutcome::Lost(describe(&error)),
        }
    }
}

/// Looks up the host on a thread, because the system may take any length of time.
fn resolve(url: &StreamUrl, deadline: Instant) -> Result<Vec<SocketAddr>, String> {
    let (alert, alerted) = channel();
    // The receiver is gone if the time is over.
    let resolver = Resolver::start(Box::new(move || alert.send(()).unwrap_or_default()));
    let resolver = resolver.map_err(|error| error.to_string())?;
    match resolver.lookup(0, url.host(), url.port()) {
        Lookup::Address(address) => return Ok(vec![address]),
        Lookup::Pending => {}
        Lookup::Busy => return Err("the name cannot be looked up".to_owned()),
    }
    let late = || format!("cannot resolve {}: {}", url.host(), timed_out());
    let left = remaining(deadline).map_err(|_| late())?;
    alerted.recv_timeout(left).map_err(|_| late())?;
    resolver.poll_results().next().map_or_else(|| Err(late()), |resolved| resolved.addresses)
}

/// Returns the message, without the error number of the system for common errors.
fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset by the server".to_owned(),
        _ => TlsError::from_io(error).map_or_else(|| error.to_string(), |tls| tls.to_string()),
    }
}
