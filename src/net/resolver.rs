//! Names of hosts become addresses, on a thread of its own: the system's resolver takes as long as it likes.
//!
//! There is one for all relays. While it hangs, relays wait; nothing else does, and addresses in digits need it not at all.

use std::io;
use std::iter;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::worker::{LoopWaker, Results, WhenFull, Worker, WorkerBuilder, result_channel};

/// Questions that wait for the one that is being answered. An asker that finds no room asks again later.
const WAITING_MAX: usize = 256;

/// Addresses that are kept of one name: more are never tried.
const ADDRESSES_MAX: usize = 16;

/// Stack of the thread, in bytes. The system's resolver, with all its modules, is content with this.
const STACK: usize = 512 * 1024;

/// Asks the system where hosts are.
#[derive(Debug)]
pub struct Resolver {
    questions: Worker<LookupRequest>,
    answers: Results<Resolved>,
}

#[derive(Debug)]
struct LookupRequest {
    asker: u64,
    host: String,
    port: u16,
}

/// Where a host is.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Who asked, as he said.
    pub id: u64,
    /// Addresses in the order in which to try them, at least one; else the reason in one sentence.
    pub addresses: Result<Vec<SocketAddr>, String>,
}

/// What comes of a question at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// No name, but an address.
    Address(SocketAddr),
    /// The answer will be among those that are [found](Resolver::found).
    Pending,
    /// Too many wait already: ask again later.
    Busy,
}

impl Resolver {
    /// Starts the thread. It calls `alert` whenever there is something to be [found](Self::found), and ends when the
    /// resolver is dropped and the last question is answered.
    ///
    /// # Errors
    /// When the system gives us no thread.
    pub fn start(alert: LoopWaker) -> io::Result<Self> {
        Self::asking(addresses_of, alert)
    }

    /// Answers questions by `resolve`.
    fn asking(
        resolve: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
        alert: LoopWaker,
    ) -> io::Result<Self> {
        let (found, answers) = result_channel(WAITING_MAX, alert);
        let spec = WorkerBuilder::new("resolver").stack(STACK).queue(WAITING_MAX, WhenFull::Refuse);
        let questions = spec.spawn(move |asked| {
            for LookupRequest { asker, host, port } in asked.jobs() {
                let addresses = answer(&host, resolve(&host, port));
                if !found.send(Resolved { id: asker, addresses }) {
                    return;
                }
            }
        })?;
        Ok(Self { questions, answers })
    }

    /// Asks where `host` is, a name or an address (of IPv6 without brackets). `asker` is any number that the asker knows
    /// his answer by. Never blocks.
    pub fn lookup(&self, asker: u64, host: &str, port: u16) -> Lookup {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Lookup::Address((address, port).into());
        }
        let question = LookupRequest { asker, host: host.to_owned(), port };
        if self.questions.send(question).is_ok() { Lookup::Pending } else { Lookup::Busy }
    }

    /// What has been found since the last call. Never blocks.
    pub fn poll_results(&self) -> impl Iterator<Item = Resolved> {
        iter::from_fn(|| self.answers.poll())
    }
}

fn addresses_of(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.take(ADDRESSES_MAX).collect())
}

fn answer(host: &str, resolved: io::Result<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>, String> {
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

    /// For what happens at once, if it happens at all.
    const AT_ONCE: Duration = Duration::from_secs(10);

    fn alert() -> (Box<dyn Fn() + Send>, Receiver<()>) {
        let (alert, alerted) = channel();
        // A test that is over need not hear of more.
        (Box::new(move || alert.send(()).unwrap_or_default()), alerted)
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect(text)
    }

    #[test]
    fn names_are_found_and_told_of() {
        let (alert, alerted) = alert();
        let resolver = Resolver::start(alert).expect("a thread");
        assert_eq!(resolver.lookup(7, "localhost", 8000), Lookup::Pending);
        alerted.recv_timeout(AT_ONCE).expect("an alert");
        let found: Vec<Resolved> = resolver.poll_results().collect();
        let [Resolved { id: 7, addresses: Ok(addresses) }] = &found[..] else { panic!("{found:?}") };
        assert!(
            addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 8000),
            "{addresses:?}"
        );
        assert_eq!(resolver.poll_results().next(), None);
    }

    #[test]
    fn what_is_not_found_is_told_with_the_name() {
        let resolve = |host: &str, _| match host {
            "nowhere" => Ok(Vec::new()),
            _ => Err(io::Error::other("no such name")),
        };
        let (alert, alerted) = alert();
        let resolver = Resolver::asking(resolve, alert).expect("a thread");
        for (asker, host, told) in [
            (1, "nowhere", "cannot resolve nowhere: no address"),
            (2, "radio.example", "cannot resolve radio.example: no such name"),
        ] {
            assert_eq!(resolver.lookup(asker, host, 80), Lookup::Pending);
            alerted.recv_timeout(AT_ONCE).expect("an alert");
            assert_eq!(
                resolver.poll_results().next(),
                Some(Resolved { id: asker, addresses: Err(told.into()) })
            );
        }
    }

    #[test]
    fn while_it_hangs_nobody_else_does() {
        let (release, released) = channel::<()>();
        let (began, begun) = channel();
        let resolve = move |_: &str, port| {
            began.send(()).expect("somebody listens");
            // Hangs until the other end is dropped.
            let _ = released.recv();
            Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))])
        };
        let (alert, alerted) = alert();
        let resolver = Resolver::asking(resolve, alert).expect("a thread");
        assert_eq!(resolver.lookup(0, "a.example", 0), Lookup::Pending);
        begun.recv_timeout(AT_ONCE).expect("it was asked");
        for asker in 1..=WAITING_MAX as u64 {
            assert_eq!(resolver.lookup(asker, "b.example", asker as u16), Lookup::Pending);
        }
        assert_eq!(resolver.lookup(999, "c.example", 1), Lookup::Busy);
        assert_eq!(resolver.lookup(999, "192.0.2.2", 80), Lookup::Address(address("192.0.2.2:80")));
        assert_eq!(resolver.lookup(999, "2001:db8::1", 80), Lookup::Address(address("[2001:db8::1]:80")));
        assert_eq!(resolver.poll_results().next(), None);
        drop(release);
        let mut found = Vec::new();
        while found.len() <= WAITING_MAX {
            alerted.recv_timeout(AT_ONCE).expect("an alert");
            found.extend(resolver.poll_results());
        }
        assert!(found.iter().map(|found| found.id).eq(0..=WAITING_MAX as u64), "in order");
        assert_eq!(found[7].addresses, Ok(vec![address("192.0.2.1:7")]));
    }

    #[test]
    fn it_ends_with_who_asks() {
        let (alert, alerted) = alert();
        let resolver = Resolver::asking(|_, _| Ok(Vec::new()), alert);
        drop(resolver.expect("a thread"));
        assert_eq!(alerted.recv_timeout(AT_ONCE), Err(RecvTimeoutError::Disconnected));
    }
}
