//! The server, its clock and its peers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::{Header, silent_frame};
use coldwave::bans::Bans;
use coldwave::server::{Hooks, Peer, Server, ServerConfig};
use coldwave::session::SessionSummary;
use coldwave::station::{Input, Readiness, StationKey};
use coldwave::time::Time;

use super::ear::Ear;
use super::net::{FakeNetwork, FakeSocket};
use super::script::{REQUESTS, Script};
use super::settings::{SHORT_METAINT, formats, settings};
use super::tone::{Knobs, LIVE, Log, NUMBER_AT, Tone};

/// The most time that passes. Every deadline of the server is shorter.
const TIME_MAX: Duration = Duration::from_secs(60);

/// The same with metadata intervals below [`SHORT_METAINT`].
const TIME_MAX_SHORT_METAINT: Duration = Duration::from_secs(2);

/// The most open connections.
const PEERS_MAX: usize = 24;

/// A server with its clock, its inputs and its clients.
pub struct World {
    server: Server,
    keys: Vec<StationKey>,
    net: FakeNetwork,
    now: Time,
    passed: Duration,
    time_max: Duration,
    /// The peers with open sockets, in the order in which they connected.
    peers: Vec<Peer>,
    /// The peer that was closed last. Late events may still arrive for it.
    last_closed: Option<Peer>,
    knobs: Vec<Rc<RefCell<Knobs>>>,
    next_port: u16,
    max_listeners: usize,
    max_connections_per_address: usize,
    /// The bytes sent to each session that has ended, as the session log reports them.
    ended: Rc<RefCell<HashMap<SocketAddr, u64>>>,
}

impl World {
    pub fn new(script: &mut Script) -> Self {
        let now = Time::after_start(Duration::from_millis(1000 + script.number() as u64));
        let (mut stations, mut knobs, mut net) = (Vec::new(), Vec::new(), FakeNetwork::default());
        let mut has_short_metaint = false;
        for id in 1..=2 {
            let log: Rc<RefCell<Log>> = Rc::default();
            let tones = [Tone::new("Live", &log), Tone::new("DJ", &log)];
            for tone in &tones {
                tone.knobs.borrow_mut().frames_per_track = 1 + script.number() as u64;
                knobs.push(tone.knobs.clone());
            }
            let settings = settings(id, script);
            has_short_metaint |= settings.metaint < SHORT_METAINT;
            stations.push((settings, tones.map(|tone| Box::new(tone) as Box<dyn Input>).into()));
            net.logs.push(log);
        }
        let max_listeners = script.one_of(&[PEERS_MAX, 1, 5]);
        let max_connections_per_address = script.one_of(&[0, 1, 3]);
        let ended: Rc<RefCell<HashMap<SocketAddr, u64>>> = Rc::default();
        let log = ended.clone();
        let session_log = move |ended: &SessionSummary<'_>| {
            let before = log.borrow_mut().insert(ended.info.address, ended.bytes_sent);
            assert_eq!(before, None, "a session ends twice");
        };
        let hooks = Hooks { session_log: Some(Box::new(session_log)), ..Hooks::default() };
        let config = ServerConfig { max_listeners, max_connections_per_address, ..ServerConfig::default() };
        let mut server = Server::new(config, hooks, Bans::default(), 0);
        let add = |(settings, inputs)| server.add_station(settings, inputs, now).expect("ids differ");
        let keys = stations.into_iter().map(add).collect();
        let time_max = if has_short_metaint { TIME_MAX_SHORT_METAINT } else { TIME_MAX };
        let (peers, last_closed, passed, next_port) = (Vec::new(), None, Duration::ZERO, 1);
        Self {
            server,
            keys,
            net,
            now,
            passed,
            time_max,
            peers,
            last_closed,
            knobs,
            next_port,
            max_listeners,
            max_connections_per_address,
            ended,
        }
    }

    /// Performs one action. Its lower four bits select the action, the upper ones the peer or the tone.
    pub fn act(&mut self, action: u8, script: &mut Script) {
        let (server, now) = (&mut self.server, self.now);
        let number = usize::from(action >> 4);
        let peer = self.peers.get(number % self.peers.len().max(1)).copied();
        match (action & 0x0F, peer) {
            (0, _) => self.connect(number, script.number()),
            (1, Some(peer)) => server.received(peer, script.one_of(&REQUESTS).as_bytes(), now),
            (2, Some(peer)) => {
                let len = script.number();
                // 0xFF would begin a frame without a number, which no `Ear` can check.
                let bytes: Vec<u8> = script.bytes(len).iter().map(|byte| (*byte).min(0xFE)).collect();
                server.received(peer, &bytes, now);
            }
            (3, Some(peer)) => server.received(peer, &vec![b'x'; 64 * script.number()], now),
            (4, Some(peer)) => server.received_eof(peer, now),
            (5, Some(peer)) => server.connection_lost(peer, now),
            (6, Some(peer)) => self.free_send_buffer(peer, Some(script.number())),
            (7, Some(peer)) => self.free_send_buffer(peer, Some(script.number() * 256)),
            (8, Some(peer)) => self.free_send_buffer(peer, None),
            (9, Some(peer)) => self.socket(peer).broken = true,
            (10, _) => self.pass(Duration::from_millis(4 * script.number() as u64)),
            (11, _) => self.pass(Duration::from_millis(40 * script.number() as u64)),
            (12, _) => self.stall(Duration::from_millis(250 * script.number() as u64)),
            (13, _) => {
                let readiness = [Readiness::Ready, Readiness::Pending, Readiness::Idle];
                self.knobs[number % 4].borrow_mut().readiness = script.one_of(&readiness);
            }
            (14, _) => self.knobs[number % 4].borrow_mut().formats = formats(script.number()),
            (15, _) => match (script.number(), peer) {
                (frames @ 128.., Some(peer)) => self.send_frames(peer, (frames - 127) as u64),
                (station @ 100.., _) => self.change_settings(station % 2, script),
                (event, _) => self.late_event(event),
            },
            _ => {}
        }
    }

    /// Sends numbered frames from a peer, unless the server has paused reading from it.
    fn send_frames(&mut self, peer: Peer, count: u64) {
        if self.server.is_read_paused(peer) {
            return;
        }
        let first = LIVE * u64::from(peer.generation);
        let socket = self.socket(peer);
        let mut bytes = Vec::new();
        for _ in 0..count {
            socket.frames += 1;
            let mut frame = silent_frame(&Header::DEFAULT);
            frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&(first + socket.frames).to_le_bytes());
            bytes.extend(frame);
        }
        self.server.received(peer, &bytes, self.now);
    }

    /// Connects a new peer. `number` selects its address, `room` the space in its send buffer.
    fn connect(&mut self, number: usize, room: usize) {
        if self.peers.len() == PEERS_MAX {
            return;
        }
        self.next_port += 1;
        let address = match number {
            0..4 => SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port)),
            4..10 => SocketAddr::from((Ipv4Addr::new(192, 0, 2, number as u8), self.next_port)),
            _ => SocketAddr::from((Ipv6Addr::from_bits(0x2001_0db8 << 96 | number as u128), self.next_port)),
        };
        let Ok(peer) = self.server.connected(address, self.now) else {
            assert!(self.max_connections_per_address > 0 && number >= 4, "{address} is accepted");
            return;
        };
        let room = [None, Some(0), Some(room), Some(room * 200)][room % 4];
        let socket = self.net.sockets.insert(peer, FakeSocket::new(address, room));
        assert!(socket.is_none(), "{peer:?} is new");
        self.peers.push(peer);
    }

    fn socket(&mut self, peer: Peer) -> &mut FakeSocket {
        self.net.sockets.get_mut(&peer).expect("the peer has an open socket")
    }

    /// Applies other settings to a station while it plays.
    fn change_settings(&mut self, station: usize, script: &mut Script) {
        let settings = settings(station as u32 + 1, script);
        if settings.metaint < SHORT_METAINT && self.time_max > TIME_MAX_SHORT_METAINT {
            return;
        }
        self.server.apply_station(self.keys[station], settings, self.now).expect("the id is unique");
    }

    /// Makes room for `more` bytes in a peer's send buffer, or for any number from now on.
    fn free_send_buffer(&mut self, peer: Peer, more: Option<usize>) {
        let socket = self.socket(peer);
        socket.room = more.map(|more| socket.room.unwrap_or(0) + more);
        if socket.blocked && socket.room != Some(0) {
            socket.blocked = false;
            self.server.writable(peer);
        }
    }

    /// Reports an event for the peer that was closed last, as the operating system may do.
    fn late_event(&mut self, event: usize) {
        let Some(peer) = self.last_closed else { return };
        match event % 4 {
            0 => self.server.received(peer, b"GET / HTTP/1.0\r\n\r\n", self.now),
            1 => self.server.received_eof(peer, self.now),
            2 => self.server.connection_lost(peer, self.now),
            _ => self.server.writable(peer),
        }
    }

    /// Runs one iteration of the event loop and checks the state of the server after it.
    pub fn turn(&mut self) {
        self.server.turn(self.now, &mut self.net);
        for peer in self.server.drain_closed() {
            let socket = self.net.sockets.remove(&peer).expect("the server closes open sockets only");
            let logged = self.ended.borrow_mut().remove(&socket.address);
            assert_eq!(logged, Some(socket.written), "the session log has the bytes sent to {peer:?}");
            self.peers.retain(|other| *other != peer);
            self.last_closed = Some(peer);
        }
        for peer in self.server.drain_resumed().collect::<Vec<_>>() {
            assert!(!self.server.is_read_paused(peer), "reading from {peer:?} is resumed");
        }
        if let Some(deadline) = self.server.deadline() {
            assert!(deadline > self.now, "at {:?} the next deadline is {deadline:?}", self.now);
        }
        assert_eq!(self.server.connections(), self.peers.len());
        let listeners: usize = self.keys.iter().map(|&key| self.server.listeners(key)).sum();
        assert!(listeners <= self.max_listeners.min(self.peers.len()), "{listeners} listeners");
        assert!(self.ended.borrow().is_empty(), "a session that has ended is closed");
    }

    /// Lets time pass, with an iteration of the event loop at every deadline.
    fn pass(&mut self, time: Duration) {
        if self.passed + time > self.time_max {
            return;
        }
        self.passed += time;
        let end = self.now + time;
        while let Some(deadline) = self.server.deadline().filter(|deadline| *deadline < end) {
            self.now = deadline;
            self.turn();
        }
        self.now = end;
        self.turn();
    }

    /// Lets time pass without running the event loop, as when the process is suspended.
    fn stall(&mut self, time: Duration) {
        // A stall counts as two seconds at most: after any longer one the server plays no more than a burst
        // or a buffer, and that is what costs fuzzing time.
        if self.passed > self.time_max {
            return;
        }
        self.passed += time.min(Duration::from_secs(2));
        self.now = self.now + time;
    }

    /// Stops the server and checks that every connection is shut down, streams between two frames.
    pub fn stop(&mut self) {
        self.server.stop(self.now);
        self.turn();
        for peer in self.peers.clone() {
            self.free_send_buffer(peer, None);
        }
        self.turn();
        assert!(self.server.is_drained(), "every socket has room");
        for socket in self.net.sockets.values() {
            assert!(socket.finished);
            assert!(socket.ear.as_ref().is_none_or(Ear::is_at_frame_boundary), "{}", socket.address);
        }
        self.server.close_all(self.now);
        self.turn();
        assert_eq!(self.server.connections(), 0);
    }
}
