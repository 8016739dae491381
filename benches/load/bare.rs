//! The bare writer: what it costs at the very least to keep as many listeners supplied.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};

use crate::failure::Failure;

/// The first argument of a process that is to be the bare writer.
pub const MODE: &str = "bare-writer";

/// Listeners are spread evenly over slots of this width, as they are on coldwave's delivery wheel, so that the load
/// is flat.
const SLOT: Duration = Duration::from_millis(20);

/// Slots are filled with so many at a time, as coldwave's are: those who came one after the other are served one after the
/// other, which spares the kernel cache misses.
const RUN: usize = 32;

/// What coldwave gives its sockets, so that the kernel has the same work with both.
const SEND_BUFFER: usize = 128 * 1024;
const UNSENT_MAX: u32 = 32 * 1024;
const BACKLOG: i32 = 4096;

/// Sends to every socket that it has accepted, once in an interval, the bytes due, and does nothing else. It never
/// reads, and it never finishes what a socket did not take at once.
struct Writer {
    listener: TcpListener,
    /// In every slot, the listeners of each station that has any there.
    slots: Vec<BTreeMap<usize, Vec<TcpStream>>>,
    accepted: usize,
    /// What every listener of a station is sent in an interval, for each station: no two send the same memory.
    due_bytes: Vec<Vec<u8>>,
}

/// The arguments that make a process the bare writer.
pub fn arguments(
    on: IpAddr,
    stations: usize,
    kbps: u32,
    interval: Duration,
    lifetime: Duration,
) -> Vec<String> {
    let numbers = [stations as u128, kbps.into(), interval.as_millis(), lifetime.as_secs().into()];
    let numbers = numbers.iter().map(ToString::to_string);
    [MODE.into(), on.to_string()].into_iter().chain(numbers).collect()
}

/// Writes until it is killed, or for as long as it may live:
/// `<address> <stations> <kbit/s> <interval in ms> <lifetime in s>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [on, stations, kbps, interval, lifetime] = arguments else {
        let all =
            "the address, the number of stations, the bit rate, the interval in ms and the lifetime in s";
        return Err(format!("bare writer: say {all}").into());
    };
    let interval = Duration::from_millis(interval.parse()?);
    let until = Instant::now() + Duration::from_secs(lifetime.parse()?);
    let mut writer = Writer::open(on.parse()?, stations.parse()?, kbps.parse()?, interval)?;
    println!("http://{}/", writer.listener.local_addr()?);
    Ok(writer.write_until(until)?)
}

impl Writer {
    fn open(on: IpAddr, stations: usize, kbps: u32, interval: Duration) -> io::Result<Self> {
        let slots = (interval.as_millis() / SLOT.as_millis()).max(1) as usize;
        // A bit rate of 1 kbit/s is one of 1/8 byte a millisecond.
        let due = u64::from(kbps) * interval.as_millis() as u64 / 8;
        Ok(Self {
            listener: listen(on)?,
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

    /// Listeners come to all stations in turn, as those do who ask coldwave for one. A station's slot is found as there.
    fn add(&mut self, socket: TcpStream) {
        let (station, count) = (self.accepted % self.due_bytes.len(), self.slots.len());
        let in_order = (0..count).map(|ahead| (station + ahead) % count);
        let runs = |slot: &usize| self.slots[*slot].get(&station).map_or(0, Vec::len) / RUN;
        let slot = in_order.min_by_key(runs).unwrap_or_default();
        self.slots[slot].entry(station).or_default().push(socket);
        self.accepted += 1;
    }

    fn send(&mut self, slot: usize) {
        let full = |error: &io::Error| error.kind() == ErrorKind::WouldBlock;
        for (station, sockets) in &mut self.slots[slot] {
            let due_bytes = &self.due_bytes[*station];
            sockets.retain_mut(|socket| match socket.write(due_bytes) {
                Ok(_) => true,
                Err(error) => full(&error),
            });
        }
    }
}

fn listen(on: IpAddr) -> io::Result<TcpListener> {
    let address = SocketAddr::new(on, 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_notsent_lowat(UNSENT_MAX)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
