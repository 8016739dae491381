//! Pages, rendered when they are requested.

use std::rc::Rc;

use crate::http::request::station_ref::StationRef;
use crate::pages::{AdminPage, Page, RenderedPage};
use crate::server::state::server::Server;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Returns a page with the current state, for a client that used the base URL `base`.
    pub(in crate::server) fn page(&mut self, page: &Page, base: &str, now: Time) -> Rc<RenderedPage> {
        self.snapshot(now);
        self.views.pages.page(page, base)
    }

    /// Returns a page for an administrator with the current state, about a station if it is about one; `None`
    /// if that station does not exist.
    pub(in crate::server) fn admin_page(
        &mut self,
        page: &AdminPage,
        key: Option<StationKey>,
        base: &str,
        now: Time,
    ) -> Option<RenderedPage> {
        let snapshot = self.admin_snapshot_for(page, key, now);
        let id = key.map(|key| self.stations[key].settings().id);
        page.render(&snapshot, id.and_then(|id| snapshot.find(&StationRef::Id(id))), base)
    }
}
