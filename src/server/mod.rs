//! All stations and all sessions: who is served when, and who is dismissed.
//!
//! A state machine without I/O. `net` tells it what the sockets said and what time it is, calls [`Server::turn`] once
//! per turn of the loop, and lends it the sockets for writing as a [`Wire`]. A test can be all of that.

mod answer;
mod deadlines;
mod delivery;
mod wheel;

use std::io::IoSlice;
use std::net::SocketAddr;
use std::time::Duration;

use log::{debug, info};
use slab::Slab;

use crate::http::reply::{self, Status};
use crate::http::request::Refusal;
use crate::session::{Card, Handshake, Heard, Listener, Reply, Session, Why};
use crate::settings::StationSettings;
use crate::station::{Input, Station};
use crate::time::Time;
use answer::Answer;
use deadlines::Deadlines;
use wheel::Wheel;

/// Time for a whole request, from the accepted connection to the empty line. Icecast's `header-timeout` is the same.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for a whole reply to be taken and the connection to be closed by the peer.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(15);

/// One peer, for as long as it is connected.
///
/// The generation tells it from whoever had the same place before, so that an event that comes late finds nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Its place in the tables of the server and of `net`.
    pub index: u32,
    /// Which of all who ever had that place it is. Never zero.
    pub generation: u32,
}

/// The peers' sockets, as far as the server writes to them.
pub trait Wire {
    /// Writes as much of `pieces` as the socket takes and returns how many bytes that was. If it was not all of them,
    /// [`Server::writable`] must be called when there is room again.
    ///
    /// # Errors
    /// [`Gone`] when the connection is broken.
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, Gone>;

    /// Tells the peer that nothing more will come, after all that was written.
    fn finish(&mut self, peer: Peer);
}

/// The connection is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// The server.
pub struct Server {
    settings: Vec<StationSettings>,
    stations: Vec<OnAir>,
    sessions: Slab<Entry>,
    generation: u32,
    requests_due: Deadlines,
    replies_due: Deadlines,
    /// Who has something to write in this turn, out of their turn on the wheel.
    to_write: Vec<Peer>,
    buried: Vec<Peer>,
    stopping: bool,
}

/// A station with its listeners' wheel.
struct OnAir {
    station: Station,
    wheel: Wheel,
    next_payment: Time,
    /// Who came before there was anything to hear, and should not have to wait for his slot when there is.
    early: Vec<Peer>,
}

#[derive(Debug)]
struct Entry {
    generation: u32,
    /// The socket is full; it will be heard of when it is not.
    blocked: bool,
    session: Session,
}

impl Server {
    /// A server for these stations, each with its inputs, the most important first.
    pub fn new(stations: Vec<(StationSettings, Vec<Box<dyn Input>>)>, now: Time) -> Self {
        let (settings, stations) =
            stations.into_iter().map(|(settings, inputs)| on_air(settings, inputs, now)).unzip();
        Self {
            settings,
            stations,
            sessions: Slab::new(),
            generation: 0,
            requests_due: Deadlines::new(REQUEST_TIMEOUT),
            replies_due: Deadlines::new(REPLY_TIMEOUT),
            to_write: Vec::new(),
            buried: Vec::new(),
            stopping: false,
        }
    }

    /// Someone connected.
    pub fn connected(&mut self, address: SocketAddr, now: Time) -> Peer {
        self.generation = self.generation.wrapping_add(1).max(1);
        let generation = self.generation;
        let session = Session::Handshake(Box::new(Handshake::new(address)));
        let index = self.sessions.insert(Entry { generation, blocked: false, session }) as u32;
        let peer = Peer { index, generation };
        self.requests_due.add(peer, now);
        peer
    }

    /// A peer sent these bytes.
    pub fn received(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        // What listeners and those already answered have to say interests nobody.
        let Some(Entry { session: Session::Handshake(handshake), .. }) = self.entry(peer) else { return };
        let address = handshake.peer;
        match handshake.hear(bytes) {
            Heard::NotYet => {}
            Heard::Request(request) => {
                let answer = self.answer(&request, address, now);
                self.become_answer(peer, answer, now);
            }
            Heard::No(refusal) => self.refuse(peer, address, refusal, now),
        }
    }

    /// A peer said that it will send no more. It may well go on reading.
    pub fn received_end(&mut self, peer: Peer, now: Time) {
        match self.entry(peer).map(|entry| &entry.session) {
            Some(Session::Handshake(_)) => self.bury(peer, Why::PeerLeft, now),
            Some(Session::Reply(reply)) if reply.is_finished() => {
                let why = reply.why;
                self.bury(peer, why, now);
            }
            _ => {}
        }
    }

    /// A peer's connection broke.
    pub fn broke(&mut self, peer: Peer, now: Time) {
        self.bury(peer, Why::PeerLeft, now);
    }

    /// A peer's socket has room again.
    pub fn writable(&mut self, peer: Peer) {
        if let Some(entry) = self.entry(peer).filter(|entry| entry.blocked) {
            entry.blocked = false;
            self.to_write.push(peer);
        }
    }

    /// One turn: does all that is due, writes all that is to be written.
    pub fn turn(&mut self, now: Time, wire: &mut impl Wire) {
        self.dismiss_overdue(now);
        if !self.stopping {
            for at in 0..self.stations.len() {
                self.pay(at, now);
                self.admit_early(at);
                self.serve_slots(at, now, wire);
            }
        }
        for peer in std::mem::take(&mut self.to_write) {
            self.write(peer, now, wire);
        }
    }

    /// The peers whose sessions ended since this was last asked; their sockets are to be closed.
    pub fn buried(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.buried.drain(..)
    }

    /// When [`turn`](Self::turn) is next to be called if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        let deadlines = [self.requests_due.next_time(), self.replies_due.next_time()];
        let stations = self.stations.iter().filter(|_| !self.stopping).flat_map(OnAir::deadlines);
        deadlines.into_iter().chain(stations).flatten().min()
    }

    /// Says goodbye to everyone: listeners get the rest of the frame they are in. Then [`turn`](Self::turn) until
    /// [`has_said_goodbye`](Self::has_said_goodbye).
    pub fn stop(&mut self, now: Time) {
        self.stopping = true;
        let peers = self
            .sessions
            .iter()
            .map(|(index, entry)| Peer { index: index as u32, generation: entry.generation });
        for peer in peers.collect::<Vec<_>>() {
            self.say_goodbye(peer, now);
        }
    }

    /// Whether everyone was sent all that he was to be sent.
    pub fn has_said_goodbye(&self) -> bool {
        self.sessions
            .iter()
            .all(|(_, entry)| matches!(&entry.session, Session::Reply(reply) if reply.is_finished()))
    }

    /// How many listeners each station has.
    pub fn listeners(&self, station: usize) -> usize {
        self.stations[station].wheel.len()
    }

    /// The station at this place of the settings.
    pub fn station(&self, at: usize) -> &Station {
        &self.stations[at].station
    }

    fn entry(&mut self, peer: Peer) -> Option<&mut Entry> {
        self.sessions.get_mut(peer.index as usize).filter(|entry| entry.generation == peer.generation)
    }

    fn refuse(&mut self, peer: Peer, address: SocketAddr, refusal: Refusal, now: Time) {
        info!("{address} {}: {refusal}", Why::BadRequest);
        match refusal.reply() {
            nothing if nothing.is_empty() => self.bury(peer, Why::BadRequest, now),
            bytes => {
                self.become_answer(peer, Answer::Reply(Reply::new(address, bytes, Why::BadRequest)), now)
            }
        }
    }

    fn become_answer(&mut self, peer: Peer, answer: Answer, now: Time) {
        let session = match answer {
            Answer::Reply(reply) => {
                self.replies_due.add(peer, now);
                Session::Reply(Box::new(reply))
            }
            Answer::Listener(mut listener) => {
                let on_air = &mut self.stations[usize::from(listener.station)];
                listener.slot = on_air.wheel.add(peer);
                if on_air.station.timeline().end() == 0 {
                    on_air.early.push(peer);
                }
                Session::Listener(listener)
            }
        };
        if let Some(entry) = self.entry(peer) {
            entry.session = session;
            self.to_write.push(peer);
        }
    }

    fn say_goodbye(&mut self, peer: Peer, now: Time) {
        let Some(entry) = self.sessions.get_mut(peer.index as usize) else { return };
        match &mut entry.session {
            Session::Handshake(_) => self.bury(peer, Why::Stopping, now),
            Session::Reply(_) => {}
            Session::Listener(listener) => {
                let on_air = &mut self.stations[usize::from(listener.station)];
                on_air.wheel.remove(peer, listener.slot);
                let rest = listener.rest_of_frame(&on_air.station);
                log_end(listener, Why::Stopping, now);
                let reply = Reply::new(listener.card.peer, rest, Why::Stopping);
                self.become_answer(peer, Answer::Reply(reply), now);
            }
        }
    }

    fn dismiss_overdue(&mut self, now: Time) {
        while let Some(peer) = self.requests_due.pop_due(now) {
            self.dismiss_unheard(peer, now);
        }
        while let Some(peer) = self.replies_due.pop_due(now) {
            if let Some(Entry { session: Session::Reply(reply), .. }) = self.entry(peer) {
                let why = if reply.is_finished() { reply.why } else { Why::ReplyTimeout };
                self.bury(peer, why, now);
            }
        }
    }

    /// Dismisses a peer whose request is overdue. One that began with it is told so; one that never said a word was
    /// only looking whether somebody is here.
    fn dismiss_unheard(&mut self, peer: Peer, now: Time) {
        let Some(Entry { session: Session::Handshake(handshake), .. }) = self.entry(peer) else { return };
        let address = handshake.peer;
        if handshake.heard_anything() {
            info!("{address} {}", Why::RequestTimeout);
            let bytes = reply::text(Status::RequestTimeout, "the request was not whole in time");
            self.become_answer(peer, Answer::Reply(Reply::new(address, bytes, Why::RequestTimeout)), now);
        } else {
            self.bury(peer, Why::RequestTimeout, now);
        }
    }

    /// Ends a session. Its socket is closed at the end of the turn, see [`buried`](Self::buried).
    fn bury(&mut self, peer: Peer, why: Why, now: Time) {
        if self.entry(peer).is_none() {
            return;
        }
        match self.sessions.remove(peer.index as usize).session {
            Session::Listener(listener) => {
                self.stations[usize::from(listener.station)].wheel.remove(peer, listener.slot);
                log_end(&listener, why, now);
            }
            Session::Handshake(handshake) => debug!("{} {why}", handshake.peer),
            Session::Reply(reply) => debug!("{} {why}", reply.peer),
        }
        self.buried.push(peer);
    }
}

fn on_air(settings: StationSettings, inputs: Vec<Box<dyn Input>>, now: Time) -> (StationSettings, OnAir) {
    let mut station = Station::new(&settings, now);
    for input in inputs {
        station.add_input(input);
    }
    let wheel = Wheel::new(settings.delivery_interval, now);
    (settings, OnAir { station, wheel, next_payment: now, early: Vec::new() })
}

fn log_end(listener: &Listener, why: Why, now: Time) {
    let Card { peer, user_agent, since, mount } = &*listener.card;
    let (seconds, sent) = (now.since(*since).as_secs_f32(), listener.sent());
    info!("{mount}: {peer} {why} after {seconds:.1} s and {sent} bytes ({user_agent:?})");
}
