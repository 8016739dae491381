//! The latest events of every station, and the event readers (protocol-notes/api.md, "Events").
//!
//! Only the latest event of each kind is kept for a station. A reader that does not read for a while gets the
//! latest events and not those before, so its cost does not grow with the number of missed events. Stations
//! are identified by their ids here, as in the events. A station counts as removed when its id no longer
//! exists.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::http::untrusted_url::OwnHosts;
use crate::pages::api::StationJson;
use crate::pages::api::events::{
    ListenersEvent, RemovedEvent, TitleEvent, encode_event, has_station_changed,
};
use crate::pages::{Snapshot, StationSnapshot};
use crate::server::state::addresses::{AddressCounts, has_its_share};
use crate::server::state::deadlines::Deadlines;
use crate::server::state::peer::Peer;
use crate::session::EventReader;
use crate::time::Time;

/// How often the stations are compared with their last state, while there are readers. Title events contain
/// the exact time of the change, so the delay does not matter. For counts and names, the delay is too short
/// to be noticed.
const COMPARE_INTERVAL: Duration = Duration::from_millis(250);

/// The shortest interval between two events with a station's number of listeners.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

/// How often a reader without events gets a comment. Proxies close a connection after half a minute without
/// data.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);

/// The most readers to which one turn schedules writes, so that this list stays short. The writes themselves
/// are limited by [their time](crate::server::REPLY_TIME_PER_TURN).
const READERS_PER_TURN: usize = 256;

/// The most bytes of rendered station events that are kept until something changes. They suffice for about a
/// thousand stations, or for fewer with several base URLs, because readers may send any `Host`.
const RENDERED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most removals of stations that are kept for readers that do not read for a while. Only a new
/// configuration removes more stations at once.
const REMOVALS_MAX: usize = 1024;

/// The latest events, and their readers.
#[derive(Debug)]
pub struct EventHub {
    /// The most readers.
    pub max: usize,
    /// The readers, each with its address if it counts. Their number is the size of this map and is stored
    /// nowhere else.
    readers: BTreeMap<Peer, Option<IpAddr>>,
    addresses: AddressCounts,
    heartbeats: Deadlines,
    /// The snapshot of the last comparison.
    snapshot: Arc<Snapshot>,
    compared_at: Time,
    /// The number of the latest event.
    last_number: u64,
    events: BTreeMap<u64, Event>,
    /// The state published for each station, by its id.
    last_sent: BTreeMap<u32, LastSent>,
    /// The numbers of the events of removed stations, the oldest first.
    removals: VecDeque<u64>,
    /// Events with the state or the title of a station, rendered for readers with this base URL.
    rendered: HashMap<(Event, Rc<str>), Rc<[u8]>>,
    rendered_bytes: usize,
    pass: Pass,
}

/// An event of a station. Those that contain URLs are rendered for each base URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Event {
    /// Another input is on air, or it has another name.
    Station(u32),
    /// Another title is on air.
    Title(u32),
    /// An event that is the same for all readers.
    Rendered(u32, Rc<[u8]>),
    /// The removal of a station that was hidden. Readers of all stations do not get it.
    HiddenRemoved(u32, Rc<[u8]>),
}

/// The state published for a station.
#[derive(Debug)]
struct LastSent {
    /// The number of the latest event of each kind; 0 if there was none.
    numbers: [u64; 3],
    listeners: ListenersEvent,
    count_sent_at: Time,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy)]
enum EventKind {
    Station,
    Title,
    Listeners,
}

/// The readers that have not been sent the latest events.
#[derive(Debug, Default)]
struct Pass {
    /// The next reader; `None` if all were served.
    next: Option<Peer>,
    /// Whether there were new events since the pass began.
    is_stale: bool,
    /// When readers were last served. It is the deadline of an unfinished pass: the pass continues at once,
    /// and the loop lag counts from this time.
    served: Time,
}

impl EventHub {
    /// Creates a hub without events and readers.
    pub fn new() -> Self {
        Self {
            max: usize::MAX,
            readers: BTreeMap::new(),
            addresses: AddressCounts::default(),
            heartbeats: Deadlines::new(HEARTBEAT_INTERVAL),
            snapshot: Arc::default(),
            compared_at: Time::START,
            last_number: 0,
            events: BTreeMap::new(),
            last_sent: BTreeMap::new(),
            removals: VecDeque::new(),
            rendered: HashMap::new(),
            rendered_bytes: 0,
            pass: Pass::default(),
        }
    }

    /// Returns whether there is room for another reader.
    pub fn has_room(&self) -> bool {
        self.readers.len() < self.max
    }

    /// Returns the number of readers.
    pub fn readers(&self) -> usize {
        self.readers.len()
    }

    /// Returns whether this address has its share of the readers, so that it may have no more.
    pub fn has_its_share(&self, address: IpAddr) -> bool {
        has_its_share(self.addresses.held(address), self.readers.len(), self.max)
    }

    /// Compares the stations with their last state, unless that was done for this snapshot: many new readers
    /// at once must not compare all stations each.
    pub fn prepare_for_reader(&mut self, snapshot: Arc<Snapshot>, now: Time) {
        if self.readers.is_empty() || !Arc::ptr_eq(&self.snapshot, &snapshot) {
            self.update(snapshot, now);
        }
    }

    /// Adds a reader. It counts for `address`, unless that is a trusted proxy.
    pub fn add_reader(&mut self, peer: Peer, address: Option<IpAddr>, now: Time) {
        self.readers.insert(peer, address);
        address.into_iter().for_each(|address| self.addresses.add(address));
        self.heartbeats.add(peer, now);
    }

    /// Removes a reader.
    pub fn remove_reader(&mut self, peer: Peer) {
        let address = self.readers.remove(&peer).flatten();
        address.into_iter().for_each(|address| self.addresses.remove(address));
    }

    /// Returns the number of the latest event.
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Returns the earliest deadline.
    pub fn deadline(&self) -> Option<Time> {
        let compare = Some(self.compared_at + COMPARE_INTERVAL).filter(|_| !self.readers.is_empty());
        let pass = self.pass.next.map(|_| self.pass.served);
        [compare, pass, self.heartbeats.next_time()].into_iter().flatten().min()
    }

    /// Returns whether a comparison is due.
    pub fn is_due(&self, now: Time) -> bool {
        !self.readers.is_empty() && self.compared_at + COMPARE_INTERVAL <= now
    }

    /// Returns the next reader whose heartbeat is due.
    pub fn pop_heartbeat(&mut self, now: Time) -> Option<Peer> {
        let readers = &self.readers;
        self.heartbeats.drop_obsolete_front(|peer| readers.contains_key(&peer));
        let peer = self.heartbeats.pop_due(now).filter(|peer| readers.contains_key(peer))?;
        self.heartbeats.add(peer, now);
        Some(peer)
    }

    /// Compares the stations with their last state, and publishes the changes.
    pub fn update(&mut self, snapshot: Arc<Snapshot>, now: Time) {
        self.compared_at = now;
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        if self.readers.is_empty() {
            return self.clear_events();
        }
        let (last_number, after) = (self.last_number, self.snapshot.clone());
        self.publish_removals(&before, &after);
        let mut known = before.stations.iter().peekable();
        for station in &after.stations {
            // Both are sorted by id.
            while known.next_if(|known| known.id < station.id).is_some() {}
            match known.next_if(|known| known.id == station.id) {
                Some(known) => self.compare(&before, known, station, now),
                None => self.publish(station, EventKind::Station, |_| Event::Station(station.id)),
            }
        }
        if self.last_number > last_number {
            self.start_pass();
        }
        if self.last_number > last_number || !Arc::ptr_eq(&before, &after) {
            self.drop_rendered();
        }
    }

    fn drop_rendered(&mut self) {
        self.rendered.clear();
        self.rendered_bytes = 0;
    }

    /// Drops all events, because there is no reader.
    fn clear_events(&mut self) {
        self.last_sent.clear();
        self.removals.clear();
        self.events.clear();
        self.drop_rendered();
        self.pass = Pass::default();
    }

    /// Replaces the events of removed stations by one that reports the removal.
    fn publish_removals(&mut self, before: &Snapshot, after: &Snapshot) {
        let exists = |id: u32| after.stations.binary_search_by_key(&id, |station| station.id).is_ok();
        for removed in before.stations.iter().filter(|station| !exists(station.id)) {
            let (id, hidden) = (removed.id, removed.hidden);
            let numbers = self.last_sent.remove(&id).map(|last_sent| last_sent.numbers).unwrap_or_default();
            numbers.iter().for_each(|number| drop(self.events.remove(number)));
            self.last_number += 1;
            let removed = encode_event("removed", self.last_number, &RemovedEvent { station: id });
            let event = if hidden { Event::HiddenRemoved } else { Event::Rendered };
            self.events.insert(self.last_number, event(id, removed.into()));
            self.removals.push_back(self.last_number);
            if self.removals.len() > REMOVALS_MAX {
                self.removals.pop_front().into_iter().for_each(|number| drop(self.events.remove(&number)));
            }
        }
    }

    /// Compares a station of the snapshot `old` with its state in the current snapshot.
    fn compare(&mut self, old: &Snapshot, before: &StationSnapshot, after: &StationSnapshot, now: Time) {
        if has_station_changed((old, before), (&self.snapshot, after)) {
            self.publish(after, EventKind::Station, |_| Event::Station(after.id));
        }
        if TitleEvent::has_title_changed(before, after) {
            self.publish(after, EventKind::Title, |_| Event::Title(after.id));
        }
        let listeners = ListenersEvent::new(&self.snapshot, after);
        let last_sent = self.last_sent.entry(after.id).or_insert_with(|| LastSent::initial(old, before));
        if last_sent.listeners != listeners && now.since(last_sent.count_sent_at) >= COUNT_INTERVAL {
            (last_sent.listeners, last_sent.count_sent_at) = (listeners.clone(), now);
            let rendered =
                |number| Event::Rendered(after.id, encode_event("listeners", number, &listeners).into());
            self.publish(after, EventKind::Listeners, rendered);
        }
    }

    /// Publishes an event, which replaces the previous one of its kind.
    fn publish(&mut self, station: &StationSnapshot, kind: EventKind, event: impl FnOnce(u64) -> Event) {
        self.last_number += 1;
        let snapshot = &self.snapshot;
        let last_sent =
            self.last_sent.entry(station.id).or_insert_with(|| LastSent::initial(snapshot, station));
        let before = std::mem::replace(&mut last_sent.numbers[kind as usize], self.last_number);
        self.events.remove(&before);
        self.events.insert(self.last_number, event(self.last_number));
    }

    fn start_pass(&mut self) {
        self.pass.is_stale = self.pass.next.is_some();
        if !self.pass.is_stale {
            self.pass.next = self.readers.keys().next().copied();
        }
    }

    /// Returns the next readers that have not been sent the latest events.
    pub fn take_next_readers(&mut self, now: Time) -> Vec<Peer> {
        self.pass.served = now;
        let Some(next) = self.pass.next else { return Vec::new() };
        let mut remaining = self.readers.range(next..).map(|(&peer, _)| peer);
        let readers = remaining.by_ref().take(READERS_PER_TURN).collect();
        self.pass.next = remaining.next();
        if self.pass.next.is_none() && self.pass.is_stale {
            self.start_pass();
        }
        readers
    }

    /// Queues the events that a reader has not been sent, as far as it has room.
    pub fn fill(&mut self, reader: &mut EventReader) {
        while reader.has_room() {
            let Some(event) = self.next(reader) else { return };
            reader.push(event);
        }
    }

    fn next(&mut self, reader: &mut EventReader) -> Option<Rc<[u8]>> {
        let stations = &self.snapshot.stations;
        let reads_all = reader.station_filter().is_none();
        let at_or_after = |from: u32| {
            let at = stations.partition_point(|station| station.id < from);
            let mut next = stations[at..].iter().filter(|station| !(reads_all && station.hidden));
            next.next().map(|station| station.id)
        };
        if let Some(id) = reader.next_undescribed(at_or_after) {
            return self.render(&Event::Station(id), self.last_number, &reader.base);
        }
        loop {
            let after = (Bound::Excluded(reader.last_seen), Bound::Unbounded);
            let (&number, event) =
                self.events.range(after).find(|(_, event)| reader.receives(event.station()))?;
            reader.last_seen = number;
            let event = event.clone();
            if reads_all && self.is_hidden(&event) {
                continue;
            }
            let rendered = self.render(&event, number, &reader.base);
            if rendered.is_some() {
                return rendered;
            }
        }
    }

    /// Returns whether readers of all stations do not get an event.
    fn is_hidden(&self, event: &Event) -> bool {
        let (stations, id) = (&self.snapshot.stations, event.station());
        let is_removed = matches!(event, Event::HiddenRemoved(..));
        let found = stations.binary_search_by_key(&id, |station| station.id);
        is_removed || found.is_ok_and(|at| stations[at].hidden)
    }

    /// Returns an event with this number for a reader with this base URL; `None` if its station is gone.
    fn render(&mut self, event: &Event, number: u64, base: &Rc<str>) -> Option<Rc<[u8]>> {
        if let Event::Rendered(_, event) | Event::HiddenRemoved(_, event) = event {
            return Some(event.clone());
        }
        let key = (event.clone(), base.clone());
        if let Some(rendered) = self.rendered.get(&key) {
            return Some(rendered.clone());
        }
        let stations = &self.snapshot.stations;
        let at = stations.binary_search_by_key(&event.station(), |station| station.id).ok()?;
        // Only this station: the cost of a reader must not grow with the square of the number of stations.
        let rendered: Rc<[u8]> = match event {
            Event::Title(_) => {
                let title = TitleEvent::new(&self.snapshot, &stations[at], base);
                encode_event("title", number, &title).into()
            }
            _ => encode_event("station", self.last_number, &self.station_json(at, base)).into(),
        };
        if self.rendered_bytes + rendered.len() > RENDERED_BYTES_MAX {
            self.drop_rendered();
        }
        self.rendered_bytes += rendered.len();
        self.rendered.insert(key, rendered.clone());
        Some(rendered)
    }

    /// Returns the state of the station at this place in the snapshot.
    fn station_json(&self, at: usize, base: &str) -> StationJson {
        let station = &self.snapshot.stations[at];
        let without_links = station.without_links_to(&OwnHosts::from_urls([base]));
        StationJson::new(&self.snapshot, without_links.as_ref().unwrap_or(station), base)
    }
}

impl LastSent {
    /// Returns the state of a station as published by its description in this snapshot.
    fn initial(snapshot: &Snapshot, station: &StationSnapshot) -> Self {
        let listeners = ListenersEvent::new(snapshot, station);
        Self { numbers: [0; 3], listeners, count_sent_at: Time::START }
    }
}

impl Event {
    /// Returns the id of the event's station.
    fn station(&self) -> u32 {
        match *self {
            Self::Station(id) | Self::Title(id) | Self::Rendered(id, _) | Self::HiddenRemoved(id, _) => id,
        }
    }
}
