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
use super::net::{Net, Socket};
use super::script::{REQUESTS, Script};
use super::settings::{MANY_TITLES, formats, settings};
use super::tone::{Knobs, LIVE, Log, NUMBER_AT, Tone};

/// So much time passes at most: enough for every deadline of the server.
const TIME_MAX: Duration = Duration::from_secs(60);

/// The same where titles are nearer to each other than [`MANY_TITLES`].
const TIME_MAX_MANY_TITLES: Duration = Duration::from_secs(2);

const MAX_PEERS: usize = 24;

pub struct World {
    server: Server,
    keys: Vec<StationKey>,
    net: Net,
    now: Time,
    passed: Duration,
    time_max: Duration,
    /// Those whose sockets are open, in the order in which they came.
    peers: Vec<Peer>,
    /// One that is gone, of whom the system may still have something to say.
    gone: Option<Peer>,
    knobs: Vec<Rc<RefCell<Knobs>>>,
    next_port: u16,
    max_listeners: usize,
    max_connections_per_address: usize,
    /// How many bytes each session was sent that has ended, as the session log has it.
    ended: Rc<RefCell<HashMap<SocketAddr, u64>>>,
}

impl World {
    pub fn new(script: &mut Script) -> Self {
        let now = Time::after_start(Duration::from_millis(1000 + script.number() as u64));
        let (mut stations, mut knobs, mut net) = (Vec::new(), Vec::new(), Net::default());
        let mut many_titles = false;
        for id in 1..=2 {
            let log: Rc<RefCell<Log>> = Rc::default();
            let tones = [Tone::new("Live", &log), Tone::new("DJ", &log)];
            for tone in &tones {
                tone.knobs.borrow_mut().frames_per_track = 1 + script.number() as u64;
                knobs.push(tone.knobs.clone());
            }
            let settings = settings(id, script);
            many_titles |= settings.metaint < MANY_TITLES;
            stations.push((settings, tones.map(|tone| Box::new(tone) as Box<dyn Input>).into()));
            net.logs.push(log);
        }
        let max_listeners = script.one_of(&[MAX_PEERS, 1, 5]);
        let max_connections_per_address = script.one_of(&[0, 1, 3]);
        let ended: Rc<RefCell<HashMap<SocketAddr, u64>>> = Rc::default();
        let log = ended.clone();
        let session_log = move |ended: &SessionSummary<'_>| {
            let before = log.borrow_mut().insert(ended.info.address, ended.bytes_sent);
            assert_eq!(before, None, "a session ends once");
        };
        let hooks = Hooks { session_log: Some(Box::new(session_log)), ..Hooks::default() };
        let config = ServerConfig { max_listeners, max_connections_per_address, ..ServerConfig::default() };
        let mut server = Server::new(config, hooks, Bans::default(), 0);
        let add = |(settings, inputs)| server.add_station(settings, inputs, now).expect("ids differ");
        let keys = stations.into_iter().map(add).collect();
        let time_max = if many_titles { TIME_MAX_MANY_TITLES } else { TIME_MAX };
        let (peers, gone, passed, next_port) = (Vec::new(), None, Duration::ZERO, 1);
        Self {
            server,
            keys,
            net,
            now,
            passed,
            time_max,
            peers,
            gone,
            knobs,
            next_port,
            max_listeners,
            max_connections_per_address,
            ended,
        }
    }

    pub fn act(&mut self, action: u8, script: &mut Script) {
        let (server, now) = (&mut self.server, self.now);
        // The upper bits say who does it.
        let who = usize::from(action >> 4);
        let peer = self.peers.get(who % self.peers.len().max(1)).copied();
        match (action & 0x0F, peer) {
            (0, _) => self.connect(who, script.number()),
            (1, Some(peer)) => server.received(peer, script.one_of(&REQUESTS).as_bytes(), now),
            (2, Some(peer)) => {
                let len = script.number();
                // Frames that nobody numbered would be none that an ear can place.
                let bytes: Vec<u8> = script.bytes(len).iter().map(|byte| (*byte).min(0xFE)).collect();
                server.received(peer, &bytes, now);
            }
            (3, Some(peer)) => server.received(peer, &vec![b'x'; 64 * script.number()], now),
            (4, Some(peer)) => server.received_eof(peer, now),
            (5, Some(peer)) => server.connection_lost(peer, now),
            (6, Some(peer)) => self.make_room(peer, Some(script.number())),
            (7, Some(peer)) => self.make_room(peer, Some(script.number() * 256)),
            (8, Some(peer)) => self.make_room(peer, None),
            (9, Some(peer)) => self.socket(peer).broken = true,
            (10, _) => self.pass(Duration::from_millis(4 * script.number() as u64)),
            (11, _) => self.pass(Duration::from_millis(40 * script.number() as u64)),
            (12, _) => self.stand_still(Duration::from_millis(250 * script.number() as u64)),
            (13, _) => {
                let readiness = [Readiness::Ready, Readiness::Pending, Readiness::Idle];
                self.knobs[who % 4].borrow_mut().readiness = script.one_of(&readiness);
            }
            (14, _) => self.knobs[who % 4].borrow_mut().formats = formats(script.number()),
            (15, _) => match (script.number(), peer) {
                (frames @ 128.., Some(peer)) => self.send_frames(peer, (frames - 127) as u64),
                (what @ 100.., _) => self.change_settings(what % 2, script),
                (what, _) => self.late_event(what),
            },
            _ => {}
        }
    }

    /// Someone sends frames.
    fn send_frames(&mut self, peer: Peer, count: u64) {
        if self.server.is_read_paused(peer) {
            return;
        }
        let kind = LIVE * u64::from(peer.generation);
        let socket = self.socket(peer);
        let mut bytes = Vec::new();
        for _ in 0..count {
            socket.frames += 1;
            let mut frame = silent_frame(&Header::DEFAULT);
            frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&(kind + socket.frames).to_le_bytes());
            bytes.extend(frame);
        }
        self.server.received(peer, &bytes, self.now);
    }

    fn connect(&mut self, who: usize, room: usize) {
        if self.peers.len() == MAX_PEERS {
            return;
        }
        self.next_port += 1;
        let address = match who {
            0..4 => SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port)),
            4..10 => SocketAddr::from((Ipv4Addr::new(192, 0, 2, who as u8), self.next_port)),
            _ => SocketAddr::from((Ipv6Addr::from_bits(0x2001_0db8 << 96 | who as u128), self.next_port)),
        };
        let Ok(peer) = self.server.connected(address, self.now) else {
            assert!(self.max_connections_per_address > 0 && who >= 4, "{address} is let in");
            return;
        };
        let room = [None, Some(0), Some(room), Some(room * 200)][room % 4];
        let socket = self.net.sockets.insert(peer, Socket::new(address, room));
        assert!(socket.is_none(), "{peer:?} was never there before");
        self.peers.push(peer);
    }

    fn socket(&mut self, peer: Peer) -> &mut Socket {
        self.net.sockets.get_mut(&peer).expect("it is among those who are there")
    }

    /// A station gets other settings while it plays.
    fn change_settings(&mut self, station: usize, script: &mut Script) {
        let settings = settings(station as u32 + 1, script);
        if settings.metaint < MANY_TITLES && self.time_max > TIME_MAX_MANY_TITLES {
            return;
        }
        self.server.apply_station(self.keys[station], settings, self.now).expect("its id is its own");
    }

    /// Someone reads so many bytes, or from now on everything.
    fn make_room(&mut self, peer: Peer, more: Option<usize>) {
        let socket = self.socket(peer);
        socket.room = more.map(|more| socket.room.unwrap_or(0) + more);
        if socket.blocked && socket.room != Some(0) {
            socket.blocked = false;
            self.server.writable(peer);
        }
    }

    /// Something that the system had to say of someone who is gone, or of someone with whom nothing is the matter.
    fn late_event(&mut self, what: usize) {
        let Some(peer) = self.gone else { return };
        match what % 4 {
            0 => self.server.received(peer, b"GET / HTTP/1.0\r\n\r\n", self.now),
            1 => self.server.received_eof(peer, self.now),
            2 => self.server.connection_lost(peer, self.now),
            _ => self.server.writable(peer),
        }
    }

    /// One turn of the loop, after which all must be done that was to do.
    pub fn turn(&mut self) {
        self.server.turn(self.now, &mut self.net);
        for peer in self.server.drain_closed() {
            let socket = self.net.sockets.remove(&peer).expect("only those who are there are buried");
            let told = self.ended.borrow_mut().remove(&socket.address);
            assert_eq!(told, Some(socket.taken), "the session log knows what {peer:?} was sent");
            self.peers.retain(|other| *other != peer);
            self.gone = Some(peer);
        }
        for peer in self.server.drain_resumed().collect::<Vec<_>>() {
            assert!(!self.server.is_read_paused(peer), "{peer:?} may go on");
        }
        if let Some(deadline) = self.server.deadline() {
            assert!(deadline > self.now, "woken at {:?} for {deadline:?}, and again", self.now);
        }
        assert_eq!(self.server.connections(), self.peers.len());
        let listeners: usize = self.keys.iter().map(|&key| self.server.listeners(key)).sum();
        assert!(listeners <= self.max_listeners.min(self.peers.len()), "{listeners} listeners");
        assert!(self.ended.borrow().is_empty(), "whose session ended is buried");
    }

    /// Lets time pass, with a turn whenever the server wants one.
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

    /// Time passes, but the process stands still meanwhile.
    fn stand_still(&mut self, time: Duration) {
        // However long it was, what is played afterwards is a burst or a buffer: that is what takes the fuzzer its time.
        if self.passed > self.time_max {
            return;
        }
        self.passed += time.min(Duration::from_secs(2));
        self.now = self.now + time;
    }

    /// Everyone who can hear it is told that this is the end, between two frames.
    pub fn stop(&mut self) {
        self.server.stop(self.now);
        self.turn();
        for peer in self.peers.clone() {
            self.make_room(peer, None);
        }
        self.turn();
        assert!(self.server.is_drained(), "everyone has room for it");
        for socket in self.net.sockets.values() {
            assert!(socket.finished);
            assert!(socket.ear.as_ref().is_none_or(Ear::is_at_frame_boundary), "{}", socket.address);
        }
        self.server.close_all(self.now);
        self.turn();
        assert_eq!(self.server.connections(), 0);
    }
}
