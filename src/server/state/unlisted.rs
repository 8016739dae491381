//! The settings of unlisted stations, and what outlives each of them.

use crate::settings::UnlistedSettings;
use crate::station::StationLogLimits;

/// What the server has for its unlisted stations.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// The settings; `None` if no source may create a station.
    pub settings: Option<UnlistedSettings>,
    /// The log limits of stations that have ended. The next stations get them, so that a source cannot get
    /// new limits with a new mount. At most one for each station that there was at the same time.
    spare_limits: Vec<StationLogLimits>,
}

impl Unlisted {
    /// Returns the log limits for a station that begins.
    pub fn take_limits(&mut self) -> StationLogLimits {
        self.spare_limits.pop().unwrap_or_default()
    }

    /// Keeps the log limits of a station that has ended.
    pub fn keep_limits(&mut self, limits: StationLogLimits) {
        self.spare_limits.push(limits);
    }

    /// Returns how many lines the kept limits have suppressed.
    pub fn suppressed(&self) -> u64 {
        self.spare_limits.iter().map(StationLogLimits::suppressed).sum()
    }
}
