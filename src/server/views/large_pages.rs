//! Serves large pages: those about many stations or listeners, and pictures in pixels.
//!
//! The list of listeners is gathered in pieces, and a worker renders the page. One page at a time is made.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use log::warn;

use crate::pages::{AdminPage, AdminSnapshot, Page, RenderJob, RenderedPage, Snapshot};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::timers::PAGE_TIMEOUT;
use crate::server::state::views::large_pages::{LargePage, LargePageState};
use crate::server::state::views::page_queue::{PageKind, QueuedRequest};
use crate::server::state::views::stored_page::StoredPage;
use crate::station::StationKey;
use crate::time::Time;

use super::pages::PageError;

/// The number of stations above which pages that show all of them are large. A station takes some 5 µs.
const LARGE_STATIONS: usize = 50;

/// The number of listeners added to a list at once. They take about half a millisecond.
const LISTENERS_PER_STEP: usize = 500;

/// After this time without a page, the worker counts as broken.
const RENDERER_TIMEOUT: Duration = PAGE_TIMEOUT;

impl Server {
    /// Returns whether a page is large.
    pub(super) fn is_large(&self, kind: &PageKind) -> bool {
        let has_many_stations = self.stations.table_len() > LARGE_STATIONS;
        match kind {
            PageKind::Public(page) => page.is_slow() || has_many_stations && page.shows_all_stations(),
            PageKind::Admin { page, .. } => has_many_stations || page.listed_listeners().is_some(),
            PageKind::Metrics => has_many_stations,
        }
    }

    /// Does the next step for a large page, if there is one on the event loop. Returns whether there was.
    pub(super) fn advance_large_page(&mut self, now: Time) -> bool {
        self.views.large.served_at = now;
        match self.views.large.current.take() {
            None => self.start_large_page(now),
            Some(LargePage { queued, state: LargePageState::Gathering { snapshot, remaining } }) => {
                if self.awaits_reply(queued.peer) {
                    self.gather_listeners(queued, snapshot, remaining, now);
                }
                true
            }
            Some(LargePage { queued, state: LargePageState::Rendering { snapshot, since } }) => {
                self.poll_renderer(queued, snapshot, since, now)
            }
        }
    }

    fn start_large_page(&mut self, now: Time) -> bool {
        let Some(queued) = self.views.large.queue.pop(now) else { return false };
        if !self.awaits_reply(queued.peer) {
            return true;
        }
        match &queued.request.kind {
            PageKind::Public(page) => {
                let page = page.clone();
                self.start_public_page(queued, page, now);
            }
            PageKind::Admin { page, station, .. } => {
                let (page, station) = (page.clone(), *station);
                self.start_admin_page(queued, &page, station, now);
            }
            PageKind::Metrics => self.start_metrics(queued, now),
        }
        true
    }

    fn start_public_page(&mut self, queued: QueuedRequest, page: Page, now: Time) {
        let snapshot = self.snapshot(now);
        if let Some(stored) = self.views.pages.find(&page, &queued.request.base) {
            return self.send_page(queued.peer, &queued.request, Ok(stored), now);
        }
        let base = queued.request.base.to_string();
        let job = RenderJob::Public { page, snapshot: snapshot.clone(), base };
        self.request_rendering(queued, Some(snapshot), job, now);
    }

    fn start_admin_page(
        &mut self,
        queued: QueuedRequest,
        page: &AdminPage,
        station: Option<StationKey>,
        now: Time,
    ) {
        let mut snapshot = Box::new(self.admin_snapshot_for(page, now));
        let mut remaining = Vec::new();
        if let Some(part) = page.listed_listeners() {
            (remaining, snapshot.listener_count) = self.listed_peers(station, part);
        }
        // The next ones are taken from the end.
        remaining.reverse();
        let state = LargePageState::Gathering { snapshot, remaining };
        self.views.large.current = Some(LargePage { queued, state });
    }

    fn start_metrics(&mut self, queued: QueuedRequest, now: Time) {
        let base = &queued.request.base;
        if let Some(stored) = self.cached_metrics(base, now) {
            return self.send_page(queued.peer, &queued.request, Ok(stored), now);
        }
        let base = self.views.metrics.settings.icecast_names.then(|| base.to_string());
        let job = RenderJob::Metrics { snapshot: self.admin_snapshot(now).into(), base };
        self.request_rendering(queued, None, job, now);
    }

    /// Adds the next listeners to the snapshot for a page. After the last ones, requests the page.
    fn gather_listeners(
        &mut self,
        queued: QueuedRequest,
        mut snapshot: Box<AdminSnapshot>,
        mut remaining: Vec<Peer>,
        now: Time,
    ) {
        let PageKind::Admin { page, station, .. } = &queued.request.kind else { return };
        let next = remaining.split_off(remaining.len().saturating_sub(LISTENERS_PER_STEP));
        snapshot.listeners.extend(self.listener_snapshots(*station, next.into_iter().rev(), now));
        if remaining.is_empty() {
            let (page, station) = (page.clone(), self.station_id(*station));
            let base = queued.request.base.to_string();
            let job = RenderJob::Admin { page, snapshot, station, base };
            self.request_rendering(queued, None, job, now);
        } else {
            let state = LargePageState::Gathering { snapshot, remaining };
            self.views.large.current = Some(LargePage { queued, state });
        }
    }

    /// Requests the page from the worker; without one, renders it.
    fn request_rendering(
        &mut self,
        queued: QueuedRequest,
        snapshot: Option<Arc<Snapshot>>,
        job: RenderJob,
        now: Time,
    ) {
        let result = match &mut self.views.large.renderer {
            Some(renderer) => renderer.request(job),
            None => Err(job),
        };
        match result {
            Ok(()) => {
                let state = LargePageState::Rendering { snapshot, since: now };
                self.views.large.current = Some(LargePage { queued, state });
            }
            Err(job) => self.finish_large_page(queued, snapshot, job.run(), now),
        }
    }

    /// Takes the page from the worker, if it is rendered. Returns whether it is.
    fn poll_renderer(
        &mut self,
        queued: QueuedRequest,
        snapshot: Option<Arc<Snapshot>>,
        since: Time,
        now: Time,
    ) -> bool {
        let large = &mut self.views.large;
        if let Some(rendered) = large.renderer.as_mut().and_then(|renderer| renderer.poll()) {
            self.finish_large_page(queued, snapshot, rendered, now);
            return true;
        }
        if now.since(since) < RENDERER_TIMEOUT {
            large.current = Some(LargePage { queued, state: LargePageState::Rendering { snapshot, since } });
            return false;
        }
        warn!("the renderer of large pages does not answer; they are rendered on the event loop from now on");
        large.renderer = None;
        true
    }

    fn finish_large_page(
        &mut self,
        queued: QueuedRequest,
        snapshot: Option<Arc<Snapshot>>,
        rendered: Option<RenderedPage>,
        now: Time,
    ) {
        let stored = match rendered {
            Some(rendered) => self.store_page(rendered, now).map_err(PageError::from),
            None => Err(PageError::NoSuchStation),
        };
        if let Ok(stored) = &stored {
            self.keep_large_page(&queued, snapshot.as_ref(), stored, now);
        }
        if self.awaits_reply(queued.peer) {
            self.send_page(queued.peer, &queued.request, stored, now);
        }
    }

    /// Keeps a page for further requests.
    fn keep_large_page(
        &mut self,
        queued: &QueuedRequest,
        snapshot: Option<&Arc<Snapshot>>,
        stored: &Rc<StoredPage>,
        now: Time,
    ) {
        let (pages, base) = (&mut self.views.pages, &queued.request.base);
        match (&queued.request.kind, snapshot) {
            (PageKind::Public(page), Some(snapshot)) => {
                pages.keep(page.clone(), base.clone(), snapshot, stored.clone());
            }
            (PageKind::Metrics, _) => self.views.metrics.store(base, stored, now),
            (PageKind::Public(_) | PageKind::Admin { .. }, _) => {}
        }
    }
}
