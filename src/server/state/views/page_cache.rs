//! The latest public snapshot, and the pages that were rendered from it.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use crate::pages::{Page, RenderedPage, Snapshot};
use crate::time::Time;

/// How long a snapshot is good for, for every listener and every station in it, as each is looked at: so that taking
/// snapshots takes about a hundredth of the time, however many clients ask.
const MAX_AGE_PER_ENTRY: Duration = Duration::from_micros(50);

/// Pages of one snapshot that are kept. There are some dozens for every station; more are due to clients that vary what
/// they ask for.
const PAGES_MAX: usize = 256;

/// Bytes of pages that are kept.
const PAGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The latest snapshot, and the pages that were asked for since.
#[derive(Debug, Default)]
pub struct PageCache {
    snapshot: Rc<Snapshot>,
    /// When the snapshot was last known to be true.
    taken: Option<Time>,
    pages: HashMap<(Page, String), Rc<RenderedPage>>,
    bytes: usize,
}

impl PageCache {
    /// The latest snapshot.
    pub fn snapshot(&self) -> &Rc<Snapshot> {
        &self.snapshot
    }

    /// Whether the latest snapshot is good enough.
    pub fn is_recent(&self, now: Time) -> bool {
        let stations = &self.snapshot.stations;
        let heads = stations.len() + stations.iter().map(|station| station.listeners).sum::<usize>();
        self.taken.is_some_and(|taken| now < taken + MAX_AGE_PER_ENTRY * heads as u32)
    }

    /// Takes a snapshot in the place of the latest. Pages are kept where nothing has changed.
    pub fn update(&mut self, snapshot: Snapshot, now: Time) {
        self.taken = Some(now);
        if snapshot != *self.snapshot {
            self.snapshot = Rc::new(snapshot);
            (self.bytes, self.pages) = (0, HashMap::new());
        }
    }

    /// Forgets everything, so that the next request gets what is true then.
    pub fn invalidate(&mut self) {
        (self.taken, self.bytes, self.pages) = (None, 0, HashMap::new());
    }

    /// A page of the latest snapshot, for a client that used the address `base`.
    pub fn page(&mut self, page: &Page, base: &str) -> Rc<RenderedPage> {
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
