//! Reports to the log that a station or the server is full, and that it no longer is.

use log::{info, warn};

use crate::http::response::reply::StreamRefusal;
use crate::log_limiter::RECOVERY;
use crate::server::state::server::Server;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Warns that a listener is refused because the station or the server is full: at once, and then once a
    /// minute.
    pub(super) fn warn_if_full(&mut self, key: StationKey, refusal: StreamRefusal, now: Time) {
        let channel = &mut self.stations[key];
        let (run, full) = match refusal {
            StreamRefusal::StationFull => {
                let run = channel.refusals.note(now);
                let (mount, count) = (&channel.settings().mount, channel.wheel.len());
                (run, format!("{mount}: the station is full with {}", listeners(count)))
            }
            StreamRefusal::ServerFull => {
                let count = self.capacity.listeners;
                (self.capacity.refusals.note(now), format!("the server is full with {}", listeners(count)))
            }
            StreamRefusal::NotFound | StreamRefusal::NothingOnAir | StreamRefusal::Banned => return,
        };
        let Some(run) = run else { return };
        match (run.count, run.lasted().as_secs()) {
            (1, _) => warn!("{full}; new listeners are refused"),
            (count, seconds) => warn!("{full}; {count} were refused in {seconds} s"),
        }
    }

    /// Logs which stations have refused no listener for a while, after they were full.
    pub(in crate::server) fn report_room(&mut self, now: Time) {
        if let Some(run) = self.capacity.refusals.take_over(now) {
            let (count, seconds) = (run.count, run.lasted().as_secs());
            info!(target: RECOVERY, "the server refuses no listeners any more: {count} were refused in {seconds} s");
        }
        for key in self.stations.keys() {
            let channel = &mut self.stations[key];
            if let Some(run) = channel.refusals.take_over(now) {
                let (mount, count, seconds) = (&channel.settings().mount, run.count, run.lasted().as_secs());
                info!(
                    target: RECOVERY,
                    "{mount}: the station refuses no listeners any more: {count} were refused in {seconds} s"
                );
            }
        }
    }
}

fn listeners(count: usize) -> String {
    if count == 1 { "1 listener".to_owned() } else { format!("{count} listeners") }
}
