//! The latest news of every station, and who is told of it.
//!
//! Of each kind of event, a station has one: the latest. Who does not read for a while finds that and not those before it,
//! so that what anybody costs does not grow with what he misses.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use super::Peer;
use super::deadlines::Deadlines;
use crate::pages::api::StationJson;
use crate::pages::api::events::{ListenersEvent, TitleEvent, event, is_another_station};
use crate::pages::{Snapshot, StationSnapshot};
use crate::session::Events;
use crate::time::Time;

/// How often it is looked whether something has changed, while there is somebody to tell. What changed is told with its exact
/// time, so it does not matter when; counts and names wait no longer than anybody notices.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How often a station's listeners are told of at most.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// How often a reader is told that somebody is there. Proxies take half a minute of nothing for the end.
pub const BEAT_EVERY: Duration = Duration::from_secs(15);

/// How many readers are told of news in one turn. A write takes some 5 µs, and no listener's slot should wait for more
/// than a few milliseconds.
const TOLD_IN_A_TURN: usize = 256;

/// Bytes of stations' events that are kept until something changes: some thousand stations, or fewer under several
/// addresses, as readers may call us what they like.
const SHOWN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The latest news.
#[derive(Debug)]
pub struct Bulletin {
    max: usize,
    /// A number of readers is the size of this and of nothing else.
    readers: BTreeSet<Peer>,
    beats: Deadlines,
    /// As it was last looked at.
    snapshot: Rc<Snapshot>,
    looked: Time,
    /// The number of the latest event.
    last: u64,
    news: BTreeMap<u64, News>,
    told: Vec<Told>,
    /// Events of stations as they are for readers at an address.
    shown: HashMap<(usize, Rc<str>), Rc<[u8]>>,
    shown_bytes: usize,
    round: Round,
}

/// An event of a station.
#[derive(Debug)]
enum News {
    /// Another is on the air, or it has another name. It is made for whoever is told, as there are addresses in it.
    Station(usize),
    /// Something that is the same for everybody.
    Event(usize, Rc<[u8]>),
}

/// What was told of a station.
#[derive(Debug)]
struct Told {
    /// The number of the latest event of each kind; 0 where there was none.
    numbers: [u64; 3],
    listeners: ListenersEvent,
    counted: Time,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Station,
    Title,
    Listeners,
}

/// Who is still to be told of the latest news.
#[derive(Debug, Default)]
struct Round {
    /// The next one; nobody if none.
    next: Option<Peer>,
    /// There were news since it began.
    is_stale: bool,
    /// When somebody was told last: at once it goes on, but is not late before that.
    told: Time,
}

impl Bulletin {
    /// News for any number of readers.
    pub fn new() -> Self {
        Self {
            max: usize::MAX,
            readers: BTreeSet::new(),
            beats: Deadlines::new(BEAT_EVERY),
            snapshot: Rc::default(),
            looked: Time::START,
            last: 0,
            news: BTreeMap::new(),
            told: Vec::new(),
            shown: HashMap::new(),
            shown_bytes: 0,
            round: Round::default(),
        }
    }

    /// Lets at most so many read.
    pub fn limit(&mut self, max: usize) {
        self.max = max;
    }

    /// Whether there is room for another reader.
    pub fn has_room(&self) -> bool {
        self.readers.len() < self.max
    }

    /// How many read.
    pub fn readers(&self) -> usize {
        self.readers.len()
    }

    /// Someone reads from now on.
    pub fn welcome(&mut self, peer: Peer, now: Time) {
        self.readers.insert(peer);
        self.beats.add(peer, now);
    }

    /// Someone does not read any more.
    pub fn leave(&mut self, peer: Peer) {
        self.readers.remove(&peer);
    }

    /// The number of the latest event.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// When there is something to do.
    pub fn deadline(&self) -> Option<Time> {
        let look = Some(self.looked + LOOK_EVERY).filter(|_| !self.readers.is_empty());
        let round = self.round.next.map(|_| self.round.told);
        [look, round, self.beats.next_time()].into_iter().flatten().min()
    }

    /// Whether it is time to look whether something has changed.
    pub fn is_due(&self, now: Time) -> bool {
        !self.readers.is_empty() && self.looked + LOOK_EVERY <= now
    }

    /// The next reader who is to be told that somebody is there.
    pub fn pop_beat(&mut self, now: Time) -> Option<Peer> {
        let readers = &self.readers;
        self.beats.forget_first(|peer| readers.contains(&peer));
        let peer = self.beats.pop_due(now).filter(|peer| readers.contains(peer))?;
        self.beats.add(peer, now);
        Some(peer)
    }

    /// Looks what has changed, and has everybody told.
    pub fn post(&mut self, snapshot: Rc<Snapshot>, now: Time) {
        self.looked = now;
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        if self.readers.is_empty() {
            return self.begin_anew();
        }
        let (last, snapshot) = (self.last, self.snapshot.clone());
        for (at, (before, after)) in before.stations.iter().zip(&snapshot.stations).enumerate() {
            self.compare(at, before, after, now);
        }
        if self.last > last {
            self.begin_round();
        }
        if self.last > last || !Rc::ptr_eq(&before, &snapshot) {
            self.forget_shown();
        }
    }

    fn forget_shown(&mut self) {
        self.shown.clear();
        self.shown_bytes = 0;
    }

    /// Nobody was told of what was before.
    fn begin_anew(&mut self) {
        let told = |station: &Rc<_>| Told {
            numbers: [0; 3],
            listeners: ListenersEvent::of(station),
            counted: Time::START,
        };
        self.told = self.snapshot.stations.iter().map(told).collect();
        self.news.clear();
        self.forget_shown();
        self.round = Round::default();
    }

    fn compare(&mut self, at: usize, before: &StationSnapshot, after: &StationSnapshot, now: Time) {
        if is_another_station(before, after) {
            self.publish(at, Kind::Station, |_| News::Station(at));
        }
        if TitleEvent::is_due(before, after) {
            let title = TitleEvent::of(self.snapshot.clock, after);
            self.publish(at, Kind::Title, |number| News::Event(at, event("title", number, &title).into()));
        }
        let (listeners, told) = (ListenersEvent::of(after), &mut self.told[at]);
        if told.listeners != listeners && now.since(told.counted) >= COUNT_EVERY {
            (told.listeners, told.counted) = (listeners.clone(), now);
            let news = |number| News::Event(at, event("listeners", number, &listeners).into());
            self.publish(at, Kind::Listeners, news);
        }
    }

    /// Puts an event in the place of the one before it of its kind.
    fn publish(&mut self, at: usize, kind: Kind, news: impl FnOnce(u64) -> News) {
        self.last += 1;
        let before = std::mem::replace(&mut self.told[at].numbers[kind as usize], self.last);
        self.news.remove(&before);
        self.news.insert(self.last, news(self.last));
    }

    fn begin_round(&mut self) {
        self.round.is_stale = self.round.next.is_some();
        if !self.round.is_stale {
            self.round.next = self.readers.first().copied();
        }
    }

    /// Some of those who are still to be told of the news.
    pub fn take_some(&mut self, now: Time) -> Vec<Peer> {
        self.round.told = now;
        let Some(next) = self.round.next else { return Vec::new() };
        let mut rest = self.readers.range(next..).copied();
        let some = rest.by_ref().take(TOLD_IN_A_TURN).collect();
        self.round.next = rest.next();
        if self.round.next.is_none() && self.round.is_stale {
            self.begin_round();
        }
        some
    }

    /// Makes ready for a reader what he has not been told yet, as far as he has room for it.
    pub fn fill(&mut self, reader: &mut Events) {
        while reader.has_room() {
            let Some(event) = self.next(reader) else { return };
            reader.push(event);
        }
    }

    fn next(&mut self, reader: &mut Events) -> Option<Rc<[u8]>> {
        if let Some(at) = reader.next_unknown(self.snapshot.stations.len()) {
            return Some(self.station(at, &reader.base));
        }
        let mut news = self.news.range(reader.seen + 1..);
        let (&number, news) = news.find(|(_, news)| reader.wants(news.station()))?;
        reader.seen = number;
        Some(match news {
            News::Event(_, event) => event.clone(),
            &News::Station(at) => self.station(at, &reader.base),
        })
    }

    /// A station as it is now, for a reader who reached us at `base`.
    fn station(&mut self, at: usize, base: &Rc<str>) -> Rc<[u8]> {
        let key = (at, base.clone());
        if let Some(shown) = self.shown.get(&key) {
            return shown.clone();
        }
        let station = StationJson::of(&self.snapshot, &self.snapshot.stations[at], base);
        let shown: Rc<[u8]> = event("station", self.last, &station).into();
        if self.shown_bytes + shown.len() > SHOWN_BYTES_MAX {
            self.forget_shown();
        }
        self.shown_bytes += shown.len();
        self.shown.insert(key, shown.clone());
        shown
    }
}

impl News {
    /// The place of the station that it is of.
    fn station(&self) -> usize {
        match *self {
            Self::Station(at) | Self::Event(at, _) => at,
        }
    }
}
