//! The limits of log lines about one station, so that a flood at one station suppresses no lines of others.

use log::Level;

use super::comeback::Stall;
use super::gap::DueGap;
use super::on_air_log::{OnAirLog, TARGET};
use super::switcher::OnAirChange;
use crate::audio::Format;
use crate::log_limiter::{LogRateLimiter, excerpt, limited, log_limited};
use crate::settings::Unconverted;
use crate::time::Time;

/// The most lines of a kind in ten seconds. A track and its input are two lines.
const LINES_MAX: u32 = 30;

/// The limiters of a station, one for each kind of line.
#[derive(Debug)]
pub struct StationLogLimits {
    /// For inputs and titles on air.
    pub on_air: LogRateLimiter,
    /// For silence, stalls and gaps. They have a limit of their own, so that short tracks do not hide them.
    pub faults: LogRateLimiter,
    /// For titles that are set by a source or its encoder.
    pub titles: LogRateLimiter,
    /// For live sources.
    pub sources: LogRateLimiter,
    /// For the upstream.
    pub relay: LogRateLimiter,
    /// For the encoder of the renditions.
    pub renditions: LogRateLimiter,
    /// What the next lines about the input on air say about the last ones.
    changes: OnAirLog,
}

impl Default for StationLogLimits {
    fn default() -> Self {
        let [on_air, faults, titles, sources, relay, renditions] =
            [(); 6].map(|()| LogRateLimiter::new(LINES_MAX));
        Self { on_air, faults, titles, sources, relay, renditions, changes: OnAirLog::default() }
    }
}

impl StationLogLimits {
    /// Returns how many lines were suppressed so far.
    pub fn suppressed(&self) -> u64 {
        let Self { on_air, faults, titles, sources, relay, renditions, .. } = self;
        [on_air, faults, titles, sources, relay, renditions].into_iter().map(LogRateLimiter::suppressed).sum()
    }

    /// Makes the next silence no fault: the relay has no listeners.
    pub fn expect_silence(&mut self) {
        self.changes.expect_silence();
    }

    /// Logs another input or title on air. A file that is repeated is logged once.
    pub(super) fn log_change(
        &mut self,
        mount: &str,
        change: &OnAirChange<'_>,
        is_same_title: bool,
        now: Time,
    ) {
        if change.has_switched {
            let line = self.changes.switch_to(change.input_name, now);
            let is_usual = line.level == Level::Info && line.target == TARGET;
            let limiter = if is_usual { &mut self.on_air } else { &mut self.faults };
            let level = limited(line.level, limiter.admit(now));
            log::log!(target: line.target, level, "{mount}: {}", line.text);
        }
        let title = change.block.title();
        if !title.is_empty() && (change.has_switched || !is_same_title) {
            log_limited!(target: TARGET, self.on_air.admit(now), "{mount}: now playing {:?}", excerpt(title));
        }
    }

    /// Warns of a sender whose frames begin in another format than that of the frame before.
    pub(super) fn log_seam(
        &mut self,
        mount: &str,
        name: &str,
        [before, format]: [Format; 2],
        reason: Unconverted,
        now: Time,
    ) {
        let level = limited(Level::Warn, self.sources.admit(now));
        let remedy = reason.or_remedy();
        log::log!(
            target: TARGET,
            level,
            "{mount}: {name} sends {format}, the station has played {before}: browsers stop at the change; \
             change the encoder{remedy}"
        );
    }

    /// Logs that a feed was replaced because it stalled, or has no connection.
    pub(super) fn log_stall(&mut self, mount: &str, stall: &Stall, now: Time) {
        let (name, required) = (excerpt(&stall.name), stall.required.as_secs());
        let level = limited(Level::Warn, self.faults.admit(now));
        if stall.is_interrupted {
            log::log!(target: TARGET, level, "{mount}: {name} is off the air until it is connected again");
        } else {
            self.changes.note_stall(&stall.name, now);
            log::log!(
                target: TARGET,
                level,
                "{mount}: {name} has stalled; it is back on the air after {required} s of audio without a pause"
            );
        }
    }

    /// Logs a gap of the feed `name`.
    pub(super) fn log_gap(&mut self, mount: &str, name: &str, gap: &DueGap, now: Time) {
        let level = limited(Level::Warn, gap.is_logged && self.faults.admit(now));
        let (name, percent) = (excerpt(name), gap.slow_percent);
        let (length, total) = (gap.length.as_secs_f32(), gap.total.as_secs_f32());
        log::log!(
            target: TARGET,
            level,
            "{mount}: {name} is {percent:.1} % slower than real time: {length:.1} s of silence inserted, \
             {total:.1} s since it went on air"
        );
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
        let Self { on_air, faults, titles, sources, relay, renditions, .. } = self;
        // If lines at level warn may be among them, their number is at this level, too.
        for (limiter, kind, level) in [
            (on_air, "tracks and titles on air", Level::Info),
            (faults, "silence and stalls", Level::Warn),
            (titles, "titles that were set", Level::Info),
            (sources, "live sources", Level::Warn),
            (relay, "the relay", Level::Warn),
            (renditions, "the renditions", Level::Warn),
        ] {
            if let Some(count) = count(limiter) {
                log::log!(level, "{mount}: {count} more lines about {kind} in the last 10 s were not logged");
            }
        }
    }
}
