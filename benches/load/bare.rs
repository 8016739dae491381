//! The bare writer: the least work that keeps listeners supplied with audio.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};

use crate::failure::Failure;

/// The first argument of the bare writer's process.
pub const MODE: &str = "bare-writer";

/// The width of a slot. Listeners are spread evenly over slots, as on coldwave's delivery wheel, so that the
/// load is even.
const SLOT: Duration = Duration::from_millis(20);

/// The listeners that are added to a slot before the next one is used, as in coldwave. Listeners that joined
/// one after the other are then served one after the other, which avoids cache misses in the kernel.
const RUN_LENGTH: usize = 32;

/// The socket options of coldwave, so that the kernel has the same work with both.
const SEND_BUFFER: usize = 128 * 1024;
const UNSENT_MAX: u32 = 32 * 1024;
const BACKLOG: i32 = 4096;

/// Once per interval, sends the bytes due to every socket that it has accepted. It never reads, and it drops
/// the bytes that a socket does not take at once.
struct BareWriter {
    listener: TcpListener,
    /// The sockets of each slot, by station.
    slots: Vec<BTreeMap<usize, Vec<TcpStream>>>,
    accepted: usize,
    /// The bytes of an interval for each station. Each station has memory of its own.
    due_bytes: Vec<Vec<u8>>,
}

/// Returns the arguments of the bare writer's process.
pub fn arguments(
    host: IpAddr,
    stations: usize,
    kbps: u32,
    interval: Duration,
    lifetime: Duration,
) -> Vec<String> {
    let numbers = [stations as u128, kbps.into(), interval.as_millis(), lifetime.as_secs().into()];
    let numbers = numbers.iter().map(ToString::to_string);
    [MODE.into(), host.to_string()].into_iter().chain(numbers).collect()
}

/// Runs the bare writer until it is killed or its lifetime is over:
/// `<address> <stations> <kbit/s> <interval in ms> <lifetime in s>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [host, stations, kbps, interval, lifetime] = arguments else {
        let usage = "<address> <stations> <kbit/s> <interval in ms> <lifetime in s>";
        return Err(format!("bare writer: expected {usage}").into());
    };
    let interval = Duration::from_millis(interval.parse()?);
    let until = Instant::now() + Duration::from_secs(lifetime.parse()?);
    let mut writer = BareWriter::open(host.parse()?, stations.parse()?, kbps.parse()?, interval)?;
    println!("http://{}/", writer.listener.local_addr()?);
    Ok(writer.write_until(until)?)
}

impl BareWriter {
    fn open(host: IpAddr, stations: usize, kbps: u32, interval: Duration) -> io::Result<Self> {
        let slots = (interval.as_millis() / SLOT.as_millis()).max(1) as usize;
        // 1 kbit/s is 1/8 byte per millisecond.
        let due = u64::from(kbps) * interval.as_millis() as u64 / 8;
        Ok(Self {
            listener: listen(host)?,
            slots: (0..slots).map(|_| BTreeMap::new()).collect(),
            accepted: 0,
            due_bytes: vec![vec![0; due as usize]; stations],
        })
    }

    fn write_until(&mut self, until: Instant) -> io::Result<()> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(1);
        poll.registry().register(&mut self.listener, Token(0), Interest::READABLE)?;
        let mut due = Instant::now() + SLOT;
        for slot in (0..self.slots.len()).cycle() {
            while let Some(wait) = due.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
                match poll.poll(&mut events, Some(wait)) {
                    Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                    _ if !events.is_empty() => self.accept()?,
                    _ => {}
                }
            }
            self.send(slot);
            due += SLOT;
            if due > until {
                break;
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => self.add(socket),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Adds a socket to the next station in turn. The slot is chosen as in coldwave.
    fn add(&mut self, socket: TcpStream) {
        let (station, count) = (self.accepted % self.due_bytes.len(), self.slots.len());
        let in_order = (0..count).map(|ahead| (station + ahead) % count);
        let runs = |slot: &usize| self.slots[*slot].get(&station).map_or(0, Vec::len) / RUN_LENGTH;
        let slot = in_order.min_by_key(runs).unwrap_or_default();
        self.slots[slot].entry(station).or_default().push(socket);
        self.accepted += 1;
    }

    fn send(&mut self, slot: usize) {
        let is_full = |error: &io::Error| error.kind() == ErrorKind::WouldBlock;
        for (station, sockets) in &mut self.slots[slot] {
            let due_bytes = &self.due_bytes[*station];
            sockets.retain_mut(|socket| match socket.write(due_bytes) {
                Ok(_) => true,
                Err(error) => is_full(&error),
            });
        }
    }
}

fn listen(host: IpAddr) -> io::Result<TcpListener> {
    let address = SocketAddr::new(host, 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_notsent_lowat(UNSENT_MAX)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
