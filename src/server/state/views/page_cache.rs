//! The latest public snapshot, the pages rendered from it, and pictures that were drawn.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::stored_page::StoredPage;
use crate::pages::{Page, Snapshot};
use crate::time::Time;

/// How long a snapshot is reused, multiplied by the number of its listeners and stations. The time to take a
/// snapshot is proportional to this number too, so that snapshots take about a hundredth of the server's
/// time, independent of the number of requests.
const MAX_AGE_PER_ENTRY: Duration = Duration::from_micros(50);

/// The most pages of one snapshot that are kept. A station has a few dozen. Clients that vary their requests
/// cause more.
const PAGES_MAX: usize = 256;

/// The most bytes of pages that are kept.
const PAGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most pictures that are kept. Each has some 20 kB.
const PICTURES_MAX: usize = 32;

/// The latest snapshot, the pages rendered from it, and pictures that were drawn.
#[derive(Debug, Default)]
pub struct PageCache {
    snapshot: Arc<Snapshot>,
    /// When the snapshot was last known to be current.
    taken_at: Option<Time>,
    pages: HashMap<(Page, Rc<str>), Rc<StoredPage>>,
    bytes: usize,
    /// Pictures by the names that they are drawn from, the oldest first. They outlive the snapshot.
    pictures: VecDeque<(String, Rc<StoredPage>)>,
}

impl PageCache {
    /// Returns the latest snapshot.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Returns whether the latest snapshot is recent enough.
    pub fn is_recent(&self, now: Time) -> bool {
        let stations = &self.snapshot.stations;
        let entries = stations.len() + stations.iter().map(|station| station.listeners).sum::<usize>();
        self.taken_at.is_some_and(|taken_at| now < taken_at + MAX_AGE_PER_ENTRY * entries as u32)
    }

    /// Replaces the latest snapshot. Pages are kept if nothing has changed.
    pub fn update(&mut self, snapshot: Snapshot, now: Time) {
        self.taken_at = Some(now);
        if snapshot != *self.snapshot {
            self.snapshot = Arc::new(snapshot);
            (self.bytes, self.pages) = (0, HashMap::new());
        }
    }

    /// Drops everything, so that the next request gets the state at that time.
    pub fn invalidate(&mut self) {
        (self.taken_at, self.bytes, self.pages) = (None, 0, HashMap::new());
    }

    /// Drops the pictures.
    pub fn drop_pictures(&mut self) {
        self.pictures = VecDeque::new();
    }

    /// Returns a page of the latest snapshot, for a client that used the base URL `base`, if it was rendered
    /// before.
    pub fn find(&self, page: &Page, base: &Rc<str>) -> Option<Rc<StoredPage>> {
        match page.pictured_name(&self.snapshot) {
            Some(name) => {
                let found = self.pictures.iter().find(|(drawn, _)| drawn == name);
                found.map(|(_, stored)| stored.clone())
            }
            None => self.pages.get(&(page.clone(), base.clone())).cloned(),
        }
    }

    /// Keeps a page that was rendered from `snapshot`, if it shows the latest one, and a picture in any case.
    pub fn keep(&mut self, page: Page, base: Rc<str>, snapshot: &Arc<Snapshot>, stored: Rc<StoredPage>) {
        match page.pictured_name(snapshot) {
            Some(name) => self.keep_picture(name, stored),
            None if Arc::ptr_eq(snapshot, &self.snapshot) => self.keep_page(page, base, stored),
            None => {}
        }
    }

    fn keep_picture(&mut self, name: &str, stored: Rc<StoredPage>) {
        self.pictures.retain(|(drawn, _)| drawn != name);
        if self.pictures.len() == PICTURES_MAX {
            self.pictures.pop_front();
        }
        self.pictures.push_back((name.to_owned(), stored));
    }

    fn keep_page(&mut self, page: Page, base: Rc<str>, stored: Rc<StoredPage>) {
        if self.pages.len() == PAGES_MAX || self.bytes + stored.len() > PAGES_BYTES_MAX {
            (self.bytes, self.pages) = (0, HashMap::new());
        }
        self.bytes += stored.len();
        self.pages.insert((page, base), stored);
    }
}
