//! The playlist log.

use std::sync::Arc;

use super::state::server::Server;
use crate::station::{StationKey, TitleOnAir};
use crate::time::Moment;

impl Server {
    /// Logs the title on air, if it has begun since the last call. Titles of an earlier run were logged then,
    /// and a rendition has those of its station.
    pub(super) fn log_title(&mut self, key: StationKey) {
        let Some(log) = &mut self.hooks.title_log else { return };
        let channel = &mut self.stations[key];
        let Some(latest) = channel.station.history().latest().next() else { return };
        let is_logged = channel.logged_title.as_ref().is_some_and(|logged| Arc::ptr_eq(logged, latest));
        if is_logged || channel.parent.is_some() || matches!(latest.started_at, Moment::EarlierRun(_)) {
            return;
        }
        let latest = latest.clone();
        log(&TitleOnAir {
            mount: &channel.settings().mount,
            title: &latest.title.text,
            listeners: channel.audience.counted().len(),
        });
        channel.logged_title = Some(latest);
    }
}
