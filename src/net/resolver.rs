//! Resolves host names on a separate thread, because the system's resolver may block for any length of time.
//!
//! One resolver serves all relays. While it blocks, only relays that need a lookup wait. Numeric addresses
//! need none.

use std::io;
use std::iter;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::worker::{LoopWaker, Results, WhenFull, Worker, WorkerBuilder, result_channel};

/// The most queued lookups. A caller that finds the queue full tries again later.
const PENDING_MAX: usize = 256;

/// The most addresses kept per name. Further addresses are not tried.
const ADDRESSES_MAX: usize = 16;

/// The stack size of the thread in bytes, enough for the system's resolver with all its NSS modules.
const STACK: usize = 512 * 1024;

/// Resolves host names through the system.
#[derive(Debug)]
pub struct Resolver {
    requests: Worker<LookupRequest>,
    results: Results<Resolved>,
}

#[derive(Debug)]
struct LookupRequest {
    id: u64,
    host: String,
    port: u16,
}

/// The result of a lookup.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The id that the caller passed to [`Resolver::lookup`].
    pub id: u64,
    /// The addresses in the order in which to try them, at least one; otherwise the reason in one sentence.
    pub addresses: Result<Vec<SocketAddr>, String>,
}

/// The immediate outcome of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// The host is a numeric address.
    Address(SocketAddr),
    /// The result will be among [`poll_results`](Resolver::poll_results).
    Pending,
    /// The queue is full: try again later.
    Busy,
}

impl Resolver {
    /// Starts the thread. It calls `alert` whenever [`poll_results`](Self::poll_results) has a result, and
    /// ends after the resolver is dropped and the last lookup is done.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(alert: LoopWaker) -> io::Result<Self> {
        Self::with_resolve(system_addresses, alert)
    }

    /// Starts the thread with `resolve` as the resolver.
    fn with_resolve(
        resolve: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
        alert: LoopWaker,
    ) -> io::Result<Self> {
        let (outbox, results) = result_channel(PENDING_MAX, alert);
        let builder = WorkerBuilder::new("resolver").stack(STACK).queue(PENDING_MAX, WhenFull::Refuse);
        let requests = builder.spawn(move |inbox| {
            for LookupRequest { id, host, port } in inbox.jobs() {
                let addresses = checked_addresses(&host, resolve(&host, port));
                if !outbox.send(Resolved { id, addresses }) {
                    return;
                }
            }
        })?;
        Ok(Self { requests, results })
    }

    /// Looks up `host`, a name or an address (IPv6 without brackets). The result carries `id`, any number
    /// that identifies it to the caller. Never blocks.
    pub fn lookup(&self, id: u64, host: &str, port: u16) -> Lookup {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Lookup::Address((address, port).into());
        }
        let request = LookupRequest { id, host: host.to_owned(), port };
        if self.requests.send(request).is_ok() { Lookup::Pending } else { Lookup::Busy }
    }

    /// Returns the results since the last call. Never blocks.
    pub fn poll_results(&self) -> impl Iterator<Item = Resolved> {
        iter::from_fn(|| self.results.poll())
    }
}

fn system_addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.take(ADDRESSES_MAX).collect())
}

fn checked_addresses(host: &str, resolved: io::Result<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>, String> {
    match resolved {
        Ok(addresses) if addresses.is_empty() => Err(format!("cannot resolve {host}: no address")),
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(format!("cannot resolve {host}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
    use std::time::Duration;

    /// The time limit for events that happen at once. Only a failing test waits this long.
    const TEST_TIMEOUT: Duration = Duration::from_secs(10);

    fn alert() -> (Box<dyn Fn() + Send>, Receiver<()>) {
        let (alert, alerted) = channel();
        // A finished test has no receiver.
        (Box::new(move || alert.send(()).unwrap_or_default()), alerted)
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect(text)
    }

    #[test]
    fn resolved_name_is_a_result_with_an_alert() {
        let (alert, alerted) = alert();
        let resolver = Resolver::start(alert).expect("a thread");
        assert_eq!(resolver.lookup(7, "localhost", 8000), Lookup::Pending);
        alerted.recv_timeout(TEST_TIMEOUT).expect("an alert");
        let found: Vec<Resolved> = resolver.poll_results().collect();
        let [Resolved { id: 7, addresses: Ok(addresses) }] = &found[..] else { panic!("{found:?}") };
        assert!(
            addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 8000),
            "{addresses:?}"
        );
        assert_eq!(resolver.poll_results().next(), None);
    }

    #[test]
    fn failed_lookup_is_an_error_with_the_name() {
        let resolve = |host: &str, _| match host {
            "nowhere" => Ok(Vec::new()),
            _ => Err(io::Error::other("no such name")),
        };
        let (alert, alerted) = alert();
        let resolver = Resolver::with_resolve(resolve, alert).expect("a thread");
        for (id, host, message) in [
            (1, "nowhere", "cannot resolve nowhere: no address"),
            (2, "radio.example", "cannot resolve radio.example: no such name"),
        ] {
            assert_eq!(resolver.lookup(id, host, 80), Lookup::Pending);
            alerted.recv_timeout(TEST_TIMEOUT).expect("an alert");
            assert_eq!(resolver.poll_results().next(), Some(Resolved { id, addresses: Err(message.into()) }));
        }
    }

    #[test]
    fn blocked_resolver_blocks_no_caller() {
        let (unblock, unblocked) = channel::<()>();
        let (began, begun) = channel();
        let resolve = move |_: &str, port| {
            began.send(()).expect("the receiver is open");
            // Blocks until the other end is dropped.
            let _ = unblocked.recv();
            Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))])
        };
        let (alert, alerted) = alert();
        let resolver = Resolver::with_resolve(resolve, alert).expect("a thread");
        assert_eq!(resolver.lookup(0, "a.example", 0), Lookup::Pending);
        begun.recv_timeout(TEST_TIMEOUT).expect("a lookup began");
        for id in 1..=PENDING_MAX as u64 {
            assert_eq!(resolver.lookup(id, "b.example", id as u16), Lookup::Pending);
        }
        assert_eq!(resolver.lookup(999, "c.example", 1), Lookup::Busy);
        assert_eq!(resolver.lookup(999, "192.0.2.2", 80), Lookup::Address(address("192.0.2.2:80")));
        assert_eq!(resolver.lookup(999, "2001:db8::1", 80), Lookup::Address(address("[2001:db8::1]:80")));
        assert_eq!(resolver.poll_results().next(), None);
        drop(unblock);
        let mut found = Vec::new();
        while found.len() <= PENDING_MAX {
            alerted.recv_timeout(TEST_TIMEOUT).expect("an alert");
            found.extend(resolver.poll_results());
        }
        assert!(found.iter().map(|found| found.id).eq(0..=PENDING_MAX as u64), "in order");
        assert_eq!(found[7].addresses, Ok(vec![address("192.0.2.1:7")]));
    }

    #[test]
    fn thread_ends_with_its_resolver() {
        let (alert, alerted) = alert();
        let resolver = Resolver::with_resolve(|_, _| Ok(Vec::new()), alert);
        drop(resolver.expect("a thread"));
        assert_eq!(alerted.recv_timeout(TEST_TIMEOUT), Err(RecvTimeoutError::Disconnected));
    }
}
