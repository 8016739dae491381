//! Where the listeners of stations go that are removed at one time.

use std::collections::HashMap;

use crate::time::Time;

/// The fallbacks of the stations that were removed last, by their mounts. If several are removed at once, the
/// fallback of one may be another that no longer exists.
#[derive(Debug, Default)]
pub struct RemovedFallbacks {
    at: Time,
    by_mount: HashMap<String, Option<String>>,
}

impl RemovedFallbacks {
    /// Notes that the station with this mount is removed now.
    pub fn note(&mut self, mount: String, fallback: Option<String>, now: Time) {
        if self.at != now {
            self.by_mount.clear();
        }
        self.at = now;
        self.by_mount.insert(mount, fallback);
    }

    /// Returns the fallback of a station that was removed at this time.
    pub fn get(&self, mount: &str, now: Time) -> Option<String> {
        self.by_mount.get(mount).filter(|_| self.at == now).cloned().flatten()
    }
}
