//! All stations and all sessions: who is served when, and who is dismissed.
//!
//! A state machine without I/O. `net` tells it what the sockets said and what time it is, calls [`Server::turn`] once
//! per turn of the loop, and lends it the sockets for writing as a [`Wire`]. A test can be all of that.

mod accounts;
mod addresses;
mod admin;
mod admin_snapshot;
mod air;
mod answer;
mod audience;
pub mod backoff;
mod bans;
mod board;
mod bulletin;
mod day;
mod deadlines;
mod deeds;
mod delivery;
mod events;
mod leavers;
mod life;
mod live;
mod logins;
mod master;
mod meter;
mod peer;
mod pictures;
mod proxies;
mod quota;
mod relaying;
mod report;
mod sender;
mod sessions;
mod stations;
mod studio;
mod tally;
mod traffic;
mod wheel;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use crate::bans::Bans;
use crate::http::proxy::hops::{Hops, ServerId};
use crate::log_tail::LogTail;
use crate::proxies::Proxies;
use crate::session::{Ended, Session, Why};
use crate::settings::{Account, StationSettings};
use crate::station::{Feed, Input, Recorder, Station};
use crate::time::{Time, WallClock};
use addresses::Addresses;
use answer::Manner;
use audience::Audience;
pub use audience::{COUNTED_AFTER, DOUBLES_MAX, LOOK_COUNTED_AFTER, TOGETHER};
pub use bans::BanKeeper;
use board::Board;
pub use bulletin::BEAT_EVERY;
use bulletin::Bulletin;
use deadlines::Deadlines;
pub use events::EVENTS_PATIENCE;
pub use leavers::LEAVES_WITHIN;
use leavers::Leavers;
use logins::Logins;
use master::Master;
pub use master::{ANSWER_TIMEOUT, DIAL_TIMEOUT, LINGER};
use meter::Meter;
pub use meter::{REFRESHED_AFTER, VitalSigns};
pub use peer::{Gone, Peer, Wire};
pub use pictures::PICTURE_TIMEOUT;
use pictures::Pictures;
use proxies::Claims;
use quota::Quota;
pub use relaying::{Dial, Ticket};
pub use report::Reporter;
use report::Reports;
pub use sessions::ENTRY_SIZE;
use sessions::{Entry, Sessions};
use stations::Stations;
use studio::Studio;
pub use tally::Refused;
use tally::{Kind, Tally};
use traffic::Counters;
use wheel::Wheel;

/// Time for a whole request, from the accepted connection to the empty line. Icecast's `header-timeout` is the same.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for a whole reply to be taken and the connection to be closed by the peer; as much again for whoever takes a long
/// one at a fair pace.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for a live source's first frame, from its password on: it takes nobody's place before that.
pub const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(15);

/// Bytes that a peer may send after its request. What comes is dropped, but costs; and who sends so much wants something
/// else than to be answered.
pub const IGNORED_MAX: u32 = 64 * 1024;

/// The server.
pub struct Server {
    settings: Vec<StationSettings>,
    stations: Stations,
    sessions: Sessions,
    requests_due: Deadlines,
    replies_due: Deadlines,
    sources_due: Deadlines,
    pictures_due: Deadlines,
    /// How many listeners there are, all stations together, whether they count or not.
    listening: usize,
    leavers: Leavers,
    /// Listeners who do not count yet.
    settling: Deadlines,
    /// The most of them that counted at once, all stations together.
    peak: usize,
    /// The same of those who asked for the first bytes only.
    looking: Deadlines,
    dials: Vec<Dial>,
    last_ticket: u64,
    /// Which server this is, for others that relay it or are relayed.
    id: ServerId,
    rng: Rng,
    stopping: bool,
    max_listeners: usize,
    addresses: Addresses,
    logins: Logins,
    proxies: Proxies,
    claims: Claims,
    /// Where we are found, by the operator's word.
    public_url: Option<String>,
    bans: Bans,
    /// Keeps them beyond the restart, where there is a place for that.
    ban_keeper: Option<BanKeeper>,
    /// Opens the access log anew, if there is one.
    log_opener: Option<Box<dyn Fn()>>,
    admin: Account,
    complaints: Quota,
    /// Apart from the others, so that no noise hides who tries passwords.
    login_complaints: Quota,
    journal: Journal,
    recorder: Recorder,
    board: Board,
    pictures: Pictures,
    bulletin: Bulletin,
    counters: Counters,
    reports: Option<Reports>,
    tally: Tally,
    meter: Meter,
    wall_clock: WallClock,
    /// Where listeners are expected.
    ports: Vec<u16>,
    log_tail: Arc<LogTail>,
}

/// Is told of every session that ends. Must not block.
pub type Journal = Box<dyn FnMut(&Ended<'_>)>;

/// A station with its listeners' wheel, its live source and its master.
struct OnAir {
    station: Station,
    wheel: Wheel,
    audience: Audience,
    /// How many listeners were dismissed as they did not keep up.
    too_slow: u64,
    /// Bytes that listeners were sent while they listened.
    bytes_sent: u64,
    studio: Studio,
    master: Option<Box<Master>>,
    next_payment: Time,
    /// Something came from whoever is live, or from the master, since the last payment.
    is_stirred: bool,
    /// Who came before there was anything to hear, and should not have to wait for his slot when there is.
    early: Vec<(Peer, Manner)>,
    /// Listeners that are relays, each with the servers that it was told the stream comes through.
    downstream: BTreeMap<Peer, Hops>,
}

impl Server {
    /// A server for these stations, each with its inputs, the most important first.
    pub fn new(stations: Vec<(StationSettings, Vec<Box<dyn Input>>)>, now: Time) -> Self {
        let (settings, stations): (_, Vec<OnAir>) = stations
            .into_iter()
            .enumerate()
            .map(|(number, (settings, inputs))| on_air(number, settings, inputs, now))
            .unzip();
        Self {
            settings,
            stations: Stations::new(stations),
            sessions: Sessions::default(),
            requests_due: Deadlines::new(REQUEST_TIMEOUT),
            replies_due: Deadlines::new(REPLY_TIMEOUT),
            sources_due: Deadlines::new(FIRST_FRAME_TIMEOUT),
            pictures_due: Deadlines::new(PICTURE_TIMEOUT),
            listening: 0,
            leavers: Leavers::default(),
            settling: Deadlines::new(COUNTED_AFTER),
            peak: 0,
            looking: Deadlines::new(LOOK_COUNTED_AFTER),
            dials: Vec::new(),
            last_ticket: 0,
            id: ServerId::from_random(0),
            rng: Rng::with_seed(0),
            stopping: false,
            max_listeners: usize::MAX,
            addresses: Addresses::new(0),
            logins: Logins::default(),
            proxies: Proxies::default(),
            claims: Claims::default(),
            public_url: None,
            bans: Bans::default(),
            ban_keeper: None,
            log_opener: None,
            admin: Account { user: String::new(), password: None },
            complaints: Quota::default(),
            login_complaints: Quota::default(),
            journal: Box::new(|_| ()),
            recorder: Box::new(|_, _, _| None),
            board: Board::default(),
            pictures: Pictures::default(),
            bulletin: Bulletin::new(),
            counters: Counters::default(),
            reports: None,
            tally: Tally::default(),
            meter: Meter::default(),
            wall_clock: WallClock::default(),
            ports: Vec::new(),
            log_tail: Arc::default(),
        }
    }

    /// Lets at most so many listeners in, all stations together, and so many connections from one address (0: any
    /// number). Before the first connection.
    pub fn limit(&mut self, max_listeners: usize, max_connections_per_address: usize) {
        self.max_listeners = max_listeners;
        self.addresses = Addresses::new(max_connections_per_address);
    }

    /// Is told from all other servers by this random number, and tries again at times that come of it. Before the first
    /// turn.
    pub fn draw(&mut self, random: u64) {
        (self.id, self.rng) = (ServerId::from_random(random), Rng::with_seed(random));
    }

    /// Lets whoever has this password do everything. Before the first connection.
    pub fn admit_admin(&mut self, admin: Account) {
        self.admin = admin;
    }

    /// Listeners are expected on these ports. Before the first connection.
    pub fn listen_on(&mut self, ports: Vec<u16>) {
        self.ports = ports;
    }

    /// Shows operators what is in this.
    pub fn show_log(&mut self, log_tail: Arc<LogTail>) {
        self.log_tail = log_tail;
    }

    /// Has `journal` told of every session that ends.
    pub fn keep_journal(&mut self, journal: Journal) {
        self.journal = journal;
    }

    /// Has live sessions recorded.
    pub fn record(&mut self, recorder: Recorder) {
        self.recorder = recorder;
    }

    /// A peer's socket has room again.
    pub fn writable(&mut self, peer: Peer) {
        if let Some(entry) = self.sessions.get_mut(peer).filter(|entry| entry.blocked) {
            entry.blocked = false;
            self.sessions.write_soon(peer);
        }
    }

    /// One turn: does all that is due, writes all that is to be written.
    pub fn turn(&mut self, now: Time, wire: &mut impl Wire) {
        self.dismiss_overdue(now);
        self.hand_out_pictures(now);
        self.count_listeners(now);
        if !self.stopping {
            self.report(now);
            for at in 0..self.stations.len() {
                if !self.stations.is_due(at, now) {
                    continue;
                }
                self.look_after(at, now);
                self.admit_early(at);
                self.serve_slots(at, now, wire);
                self.stations.looked_after(at, &self.settings[at]);
            }
            self.tell_events(now, wire);
        }
        // The list goes back with its room, as nothing on the way of the audio should allocate.
        let mut to_write = self.sessions.take_writes();
        for peer in to_write.drain(..) {
            self.write(peer, now, wire);
        }
        self.sessions.reuse_writes(to_write);
    }

    /// The peers whose sessions ended since this was last asked; their sockets are to be closed.
    pub fn buried(&mut self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.drain_closed()
    }

    /// When [`turn`](Self::turn) is next to be called if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        let queues = [&self.requests_due, &self.replies_due, &self.sources_due, &self.pictures_due];
        let sessions = queues.map(Deadlines::next_time);
        let stations = self.stations.deadline(&self.settings).filter(|_| !self.stopping);
        let events = self.bulletin.deadline().filter(|_| !self.stopping);
        sessions.into_iter().chain([stations, events, self.report_time()]).flatten().min()
    }

    /// Says goodbye to everyone: listeners get the rest of the frame they are in. Then [`turn`](Self::turn) until
    /// [`has_said_goodbye`](Self::has_said_goodbye), and at last [`end`](Self::end).
    pub fn stop(&mut self, now: Time) {
        self.stopping = true;
        self.reports = None;
        for peer in self.sessions.peers() {
            self.say_goodbye(peer, Why::Stopping, now);
        }
    }

    /// Ends all sessions that are left, because the server is stopping.
    pub fn end(&mut self, now: Time) {
        for peer in self.sessions.peers() {
            match self.sessions.get_mut(peer).map(|entry| &entry.session) {
                Some(Session::Reply(reply)) if reply.is_finished() => self.broke(peer, now),
                _ => self.bury(peer, Why::Stopping, now),
            }
        }
    }

    /// Whether everyone was sent all that he was to be sent.
    pub fn has_said_goodbye(&self) -> bool {
        self.sessions
            .iter()
            .all(|(_, entry)| matches!(&entry.session, Session::Reply(reply) if reply.is_finished()))
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.sessions.len()
    }

    /// How many listeners each station has.
    pub fn listeners(&self, station: usize) -> usize {
        self.stations[station].wheel.len()
    }

    /// Whether a station has a live source, on the air or about to be.
    pub fn is_live(&self, station: usize) -> bool {
        self.stations[station].studio.holder.is_some()
    }

    /// Whether a station's master plays, on the air or not.
    pub fn is_relaying(&self, station: usize) -> bool {
        self.stations[station].master.as_ref().is_some_and(|master| master.sender().is_some())
    }

    /// The station at this place of the settings.
    pub fn station(&self, at: usize) -> &Station {
        &self.stations[at].station
    }
}

fn on_air(
    number: usize,
    mut settings: StationSettings,
    inputs: Vec<Box<dyn Input>>,
    now: Time,
) -> (StationSettings, OnAir) {
    settings.delivery_interval = settings.delivery_interval.clamp(wheel::SLOT, settings.longest_interval());
    let mut station = Station::new(&settings, now);
    let studio = Studio::new(station.add_feed());
    let master = settings.relay.clone().map(|relay| {
        let master = Master::new(station.add_feed(), relay, now);
        if !master.is_on_demand() {
            // It is on its way, so that the first listener is kept waiting rather than told of silence.
            relaying::open_feed(&mut station, &master, Feed::default());
        }
        Box::new(master)
    });
    for input in inputs {
        station.add_input(input);
    }
    let wheel = Wheel::new(number, settings.delivery_interval, now);
    let on_air = OnAir {
        station,
        wheel,
        audience: Audience::default(),
        too_slow: 0,
        bytes_sent: 0,
        studio,
        master,
        next_payment: now,
        is_stirred: false,
        early: Vec::new(),
        downstream: BTreeMap::new(),
    };
    (settings, on_air)
}
