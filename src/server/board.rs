//! What is shown of the server: a snapshot that is taken when it may have changed, and the pages made of it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use super::{Entry, OnAir, Server};
use crate::audio::Codec;
use crate::http::request::which::Which;
use crate::image::Image;
use crate::pages::{self, OperatorPage, Page, Shown, Snapshot, StationSnapshot, art};
use crate::time::{Time, WallClock};

/// What is allowed for every listener and every station between two snapshots, as each is looked at: so that however many
/// ask, looking takes a hundredth of the time or so.
const PER_HEAD: Duration = Duration::from_micros(50);

/// Pages of one snapshot that are kept. There are some dozens for every station; more are made by those who vary what
/// they ask for.
const PAGES_MAX: usize = 256;

/// Bytes of pages that are kept.
const PAGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The latest snapshot, and the pages that were asked for since.
#[derive(Debug, Default)]
pub struct Board {
    snapshot: Rc<Snapshot>,
    /// When it was last made sure that the snapshot is true.
    looked: Option<Time>,
    pages: HashMap<(Page, String), Rc<Shown>>,
    bytes: usize,
}

impl Board {
    fn is_good(&self, now: Time) -> bool {
        let stations = &self.snapshot.stations;
        let heads = stations.len() + stations.iter().map(|station| station.listeners).sum::<usize>();
        self.looked.is_some_and(|looked| now < looked + PER_HEAD * heads as u32)
    }

    fn post(&mut self, snapshot: Snapshot, now: Time) {
        self.looked = Some(now);
        if snapshot != *self.snapshot {
            self.snapshot = Rc::new(snapshot);
            (self.bytes, self.pages) = (0, HashMap::new());
        }
    }

    /// Has every page made anew.
    pub fn forget_pages(&mut self) {
        (self.looked, self.bytes, self.pages) = (None, 0, HashMap::new());
    }

    fn page(&mut self, page: &Page, base: &str) -> Rc<Shown> {
        let key = (page.clone(), base.to_owned());
        if let Some(shown) = self.pages.get(&key) {
            return shown.clone();
        }
        let shown = Rc::new(page.render(&self.snapshot, base));
        if self.pages.len() == PAGES_MAX || self.bytes + shown.body.len() > PAGES_BYTES_MAX {
            (self.bytes, self.pages) = (0, HashMap::new());
        }
        self.bytes += shown.body.len();
        self.pages.insert(key, shown.clone());
        shown
    }
}

impl Server {
    /// Tells what time of day the server's clock means. A machine may learn that only after a while; differences as small
    /// as those between two looks at a clock are none.
    pub fn set_wall_clock(&mut self, clock: WallClock) {
        if clock.differs_by(self.wall_clock) >= Duration::from_millis(500) {
            self.wall_clock = clock;
        }
    }

    /// What everybody may see of the server as it is now.
    pub fn snapshot(&mut self, now: Time) -> Rc<Snapshot> {
        if !self.board.is_good(now) {
            self.count_listeners(now);
            (0..self.stations.len()).for_each(|at| self.pay(at, now));
            let snapshot = self.take_snapshot(now);
            self.board.post(snapshot, now);
        }
        self.board.snapshot.clone()
    }

    /// A page, as of now, for somebody who reached us at `base`.
    pub(super) fn show(&mut self, page: &Page, base: &str, now: Time) -> Rc<Shown> {
        self.snapshot(now);
        self.board.page(page, base)
    }

    /// A page for an operator about a station, as of now.
    pub(super) fn show_inside(&mut self, page: &OperatorPage, at: usize, base: &str, now: Time) -> Shown {
        let snapshot = self.admin_snapshot_for(page, at, now);
        match snapshot.find(&Which::Sid(self.settings[at].id)) {
            Some(station) => page.render(&snapshot, station, base),
            None => Shown::not_found(),
        }
    }

    fn take_snapshot(&self, now: Time) -> Snapshot {
        let mut everybody = HashSet::new();
        let station = |at| Rc::new(self.station_snapshot(at, &mut everybody, now));
        let stations = (0..self.stations.len()).map(station).collect();
        Snapshot {
            clock: self.wall_clock,
            at: Time::after_start(Duration::from_secs(now.seconds().into())),
            max_listeners: self.max_listeners,
            unique: everybody.len(),
            peak: self.peak,
            ports: self.ports.clone(),
            stations,
        }
    }

    /// Looks at a station; adds the addresses of those who listen to it to those of `everybody`.
    fn station_snapshot(&self, at: usize, everybody: &mut HashSet<IpAddr>, now: Time) -> StationSnapshot {
        let (settings, about) = (&self.settings[at], self.about(at));
        let OnAir { station, audience, studio, .. } = &self.stations[at];
        let kbps = station.kbps();
        let format = kbps.map(|_| station.format().format());
        let people = self.people(at, now);
        everybody.extend(&people.addresses);
        StationSnapshot {
            id: settings.id,
            mount: settings.mount.clone(),
            name: about.name.to_owned(),
            description: about.description.to_owned(),
            genre: about.genre.to_owned(),
            url: about.url.to_owned(),
            public: about.public,
            codec: station.codec(),
            content_type: self.content_type(at),
            kbps,
            rate: format.map(|format| format.rate),
            channels: format.map(|format| format.channels),
            max_listeners: settings.max_listeners,
            listeners: audience.present().len(),
            unique: people.addresses.len(),
            people: people.pairs,
            peak: audience.peak(),
            average_s: people.average_s,
            hits: audience.hits(),
            on_demand: self.stations[at].master.as_ref().is_some_and(|master| master.is_on_demand()),
            on_air: self.on_air(at),
            source_user: studio.holder.as_ref().map(|holder| holder.who.user.clone()),
            title: station.current().title.clone(),
            titled: station.current().titled,
            by: station.current().by.clone(),
            artwork: settings.artwork.as_ref().map(Image::digest),
            album: station.track().and_then(|track| track.album.clone()),
            cover: station.track().and_then(|track| art::version_of(track)),
            next: station.next_titles(),
            history: station.history().latest().cloned().collect(),
        }
    }

    /// The media type of a station's stream.
    pub(super) fn content_type(&self, at: usize) -> &'static str {
        let codec = self.stations[at].station.codec().unwrap_or(Codec::Mp3);
        self.announced(at).unwrap_or_else(|| codec.content_type())
    }

    fn on_air(&self, at: usize) -> pages::OnAir {
        let OnAir { station, studio, master, .. } = &self.stations[at];
        let current = station.current();
        if current.by.is_empty() {
            pages::OnAir::Silence
        } else if station.is_on_air(studio.feed) {
            pages::OnAir::Live(current.since)
        } else if master.as_ref().is_some_and(|master| station.is_on_air(master.feed)) {
            pages::OnAir::Relay(current.since)
        } else {
            pages::OnAir::AutoDj(current.since)
        }
    }

    /// Looks at everyone who listens to a station.
    fn people(&self, at: usize, now: Time) -> People {
        let (mut addresses, mut pairs) = (HashSet::new(), HashSet::new());
        let mut seconds = 0;
        let present = self.stations[at].audience.present();
        for &peer in present {
            let Some(Entry { visit, .. }) = self.sessions.get(peer) else { continue };
            addresses.insert(visit.peer.ip());
            pairs.insert((visit.peer.ip(), &visit.user_agent));
            seconds += now.since(visit.since).as_secs();
        }
        let average_s = seconds / present.len().max(1) as u64;
        People { addresses, pairs: pairs.len(), average_s }
    }
}

/// Those who listen to a station, put together.
struct People {
    addresses: HashSet<IpAddr>,
    pairs: usize,
    average_s: u64,
}
