//! Answers requests for pages: from the cache, or in the order of the queue, for a limited time in each turn.

use std::rc::Rc;
use std::time::Duration;

use crate::address_blocks::address_block;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply;
use crate::memory_budget::{BudgetExceeded, SharedBytes};
use crate::pages::{AdminPage, Page, RenderedPage};
use crate::server::state::peer::{Peer, Wire};
use crate::server::state::server::Server;
use crate::server::state::views::page_queue::{PageKind, PageRequest, QueuedRequest};
use crate::server::state::views::stored_page::StoredPage;
use crate::session::{CloseReason, Reply, Session};
use crate::station::StationKey;
use crate::time::Time;

/// How long a turn renders pages, besides the page that is being rendered when this time is over. A listener
/// must not wait much longer than a slot of the delivery wheel.
pub const PAGE_TIME_PER_TURN: Duration = Duration::from_millis(5);

/// Why a page cannot be sent.
pub(super) enum PageError {
    /// There is no memory for it.
    NoMemory,
    /// The station of the page does not exist any more.
    NoSuchStation,
}

impl From<BudgetExceeded> for PageError {
    fn from(BudgetExceeded: BudgetExceeded) -> Self {
        Self::NoMemory
    }
}

impl Server {
    /// Answers a request for a page that the client may read: at once if the page is in the cache, else when
    /// it is its turn in the queue.
    pub(in crate::server) fn answer_page(&mut self, peer: Peer, page_request: PageRequest, now: Time) {
        if matches!(&page_request.kind, PageKind::Public(page) if page.is_slow()) {
            // The name of the station decides which picture it is. One that was drawn before need not wait
            // for the worker.
            self.snapshot(now);
        }
        if let Some(stored) = self.cached_page(&page_request, now) {
            return self.become_reply(peer, stored.reply(&page_request.options), now);
        }
        let is_large = self.is_large(&page_request.kind);
        let Some(address) = self.sessions.address(peer) else { return };
        match self.charge(page_request.memory(), now) {
            Ok(charge) => {
                let views = &mut self.views;
                let queue = if is_large { &mut views.large.queue } else { &mut views.queue };
                queue.push(peer, address_block(address.ip()), page_request, charge);
                self.timers.pages.add(peer, now);
                self.become_session(peer, Session::Reply(Box::new(Reply::deferred())));
            }
            Err(BudgetExceeded) => self.refuse_for_memory(peer, now),
        }
    }

    /// Returns a public page that need not be rendered.
    pub(super) fn cached_page(&self, request: &PageRequest, now: Time) -> Option<Rc<StoredPage>> {
        match &request.kind {
            PageKind::Public(page) if page.is_slow() || self.views.pages.is_recent(now) => {
                self.views.pages.find(page, &request.base)
            }
            _ => None,
        }
    }

    /// Renders and sends pages that were requested, until their time in this turn is over. Answers the
    /// requests that have waited for too long.
    pub(in crate::server) fn serve_pages(&mut self, now: Time, wire: &impl Wire) {
        while let Some(peer) = self.timers.pages.pop_due(now) {
            self.send_deferred(peer, Reply::new(reply::overloaded(), CloseReason::Overloaded), now);
        }
        if self.views.queue.is_empty() && self.views.large.is_idle() {
            return;
        }
        let end = wire.now() + PAGE_TIME_PER_TURN;
        loop {
            // Both, so that neither kind of page delays the other.
            let (small, large) = (self.serve_small_page(now), self.advance_large_page(now));
            if !(small || large) || wire.now() >= end {
                return;
            }
        }
    }

    /// Serves the next page that is not large. Returns whether there was one.
    fn serve_small_page(&mut self, now: Time) -> bool {
        let Some(QueuedRequest { peer, request, .. }) = self.views.queue.pop(now) else { return false };
        if self.awaits_reply(peer) {
            let rendered = self.render_page(&request, now);
            self.send_page(peer, &request, rendered, now);
        }
        true
    }

    pub(super) fn awaits_reply(&self, peer: Peer) -> bool {
        self.sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply())
    }

    /// Answers the request for a page.
    pub(super) fn send_page(
        &mut self,
        peer: Peer,
        request: &PageRequest,
        rendered: Result<Rc<StoredPage>, PageError>,
        now: Time,
    ) {
        match rendered {
            Ok(stored) => self.become_reply(peer, stored.reply(&request.options), now),
            Err(PageError::NoMemory) => self.refuse_for_memory(peer, now),
            Err(PageError::NoSuchStation) => self.refuse_page(peer, &request.kind, now),
        }
    }

    fn refuse_page(&mut self, peer: Peer, kind: &PageKind, now: Time) {
        let refusal = match kind {
            PageKind::Admin { format, .. } => AdminRefusal::NoSuchSource.reply(*format),
            PageKind::Public(_) | PageKind::Metrics => reply::not_found(false),
        };
        self.become_reply(peer, Reply::new(refusal, CloseReason::Answered), now);
    }

    fn render_page(&mut self, request: &PageRequest, now: Time) -> Result<Rc<StoredPage>, PageError> {
        match &request.kind {
            PageKind::Public(page) => Ok(self.public_page(page, &request.base, now)?),
            PageKind::Admin { page, station, .. } => {
                let rendered = self.admin_page(page, *station, &request.base, now);
                Ok(self.store_page(rendered.ok_or(PageError::NoSuchStation)?, now)?)
            }
            PageKind::Metrics => Ok(self.metrics(&request.base, now)?),
        }
    }

    /// Returns a public page with the current state.
    fn public_page(
        &mut self,
        page: &Page,
        base: &Rc<str>,
        now: Time,
    ) -> Result<Rc<StoredPage>, BudgetExceeded> {
        let snapshot = self.snapshot(now);
        if let Some(stored) = self.views.pages.find(page, base) {
            return Ok(stored);
        }
        let stored = self.store_page(page.render(&snapshot, base), now)?;
        self.views.pages.keep(page.clone(), base.clone(), &snapshot, stored.clone());
        Ok(stored)
    }

    /// Returns a page for an administrator with the current state, about a station if it is about one; `None`
    /// if that station does not exist.
    fn admin_page(
        &mut self,
        page: &AdminPage,
        key: Option<StationKey>,
        base: &str,
        now: Time,
    ) -> Option<RenderedPage> {
        let snapshot = self.admin_snapshot_for(page, now);
        page.render(&snapshot, self.station_id(key).and_then(|id| snapshot.find(&StationRef::Id(id))), base)
    }

    /// Returns the id of a station, if it still exists.
    pub(super) fn station_id(&self, key: Option<StationKey>) -> Option<u32> {
        key.and_then(|key| self.stations.get(key)).map(|channel| channel.settings().id)
    }

    /// Charges the body of a page to the memory budget.
    pub(super) fn store_page(
        &mut self,
        rendered: RenderedPage,
        now: Time,
    ) -> Result<Rc<StoredPage>, BudgetExceeded> {
        let charge = self.charge(rendered.body.len(), now)?;
        let body = SharedBytes::copied(&rendered.body, charge);
        Ok(Rc::new(StoredPage::new(rendered, body)))
    }
}
