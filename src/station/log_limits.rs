//! The limits of log lines about one station, so that a flood at one station suppresses no lines of others.

use log::info;

use super::switcher::OnAirChange;
use crate::log_limiter::{LogRateLimiter, excerpt, log_limited};
use crate::time::Time;

/// The most lines of a kind in ten seconds. A track and its input are two lines.
const LINES_MAX: u32 = 30;

/// The log target of lines about what is on air: the station, not this module.
const TARGET: &str = "coldwave::station";

/// The limiters of a station, one for each kind of line.
#[derive(Debug)]
pub struct StationLogLimits {
    /// For inputs and titles on air.
    pub on_air: LogRateLimiter,
    /// For titles that are set by a source or its encoder.
    pub titles: LogRateLimiter,
    /// For live sources.
    pub sources: LogRateLimiter,
    /// For the upstream.
    pub relay: LogRateLimiter,
    /// For the encoder of the renditions.
    pub renditions: LogRateLimiter,
}

impl Default for StationLogLimits {
    fn default() -> Self {
        let [on_air, titles, sources, relay, renditions] = [(); 5].map(|()| LogRateLimiter::new(LINES_MAX));
        Self { on_air, titles, sources, relay, renditions }
    }
}

impl StationLogLimits {
    /// Returns how many lines were suppressed so far.
    pub fn suppressed(&self) -> u64 {
        let Self { on_air, titles, sources, relay, renditions } = self;
        [on_air, titles, sources, relay, renditions].into_iter().map(LogRateLimiter::suppressed).sum()
    }

    /// Logs another input or title on air.
    pub(super) fn log_change(&mut self, mount: &str, change: &OnAirChange<'_>, now: Time) {
        if change.has_switched {
            let name = if change.input_name.is_empty() { "silence" } else { change.input_name };
            log_limited!(target: TARGET, self.on_air.admit(now), "{mount}: {name} is on the air");
        }
        let title = change.block.title();
        if !title.is_empty() {
            log_limited!(target: TARGET, self.on_air.admit(now), "{mount}: now playing {:?}", excerpt(title));
        }
    }

    /// Logs how many lines about the station `mount` were suppressed in the windows that are over.
    pub fn report(&mut self, mount: &str, now: Time) {
        self.report_each(mount, |limiter| limiter.take_report(now));
    }

    /// Logs how many lines about the station `mount` were suppressed since the last report, at its end.
    pub fn report_all(&mut self, mount: &str) {
        self.report_each(mount, LogRateLimiter::take_unreported);
    }

    fn report_each(&mut self, mount: &str, mut count: impl FnMut(&mut LogRateLimiter) -> Option<u64>) {
        let Self { on_air, titles, sources, relay, renditions } = self;
        for (limiter, kind) in [
            (on_air, "tracks and titles on air"),
            (titles, "titles that were set"),
            (sources, "live sources"),
            (relay, "the relay"),
            (renditions, "the renditions"),
        ] {
            if let Some(count) = count(limiter) {
                info!("{mount}: {count} more lines about {kind} in the last 10 s were not logged");
            }
        }
    }
}
