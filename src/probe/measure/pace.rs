//! When the bytes arrive: the burst, pauses, and whether the audio keeps up with time.

use std::time::Duration;

use crate::probe::finding::{FindingKind, Findings};
use crate::probe::options::Thresholds;
use crate::probe::report::{PaceReport, ProbeReport};
use crate::time::{AudioTime, Time};

/// Arrivals closer to each other than this count as one.
const TOGETHER: Duration = Duration::from_millis(100);

/// The most arrivals that are kept: an hour of them. Later ones count as one with the last.
const ARRIVALS_MAX: usize = 36_000;

/// The time in which the burst must be over for the pace to be known, and the longest time of it that is
/// looked at: servers deliver up to a second at once.
const SETTLED_AFTER: Duration = Duration::from_millis(1500);
const SETTLED_WITHIN: Duration = Duration::from_secs(4);

/// How long the burst may take before it is remarked.
const UNPACED_AFTER: Duration = Duration::from_secs(6);

/// The most seconds of audio per second that are not taken for a part of the burst.
const SETTLED_RATE_MAX: f64 = 1.25;

/// How much audio a server may be ahead or behind without being too fast or too slow: it delivers, and the
/// encoder before it, in pieces.
const SLACK_S: f64 = 1.0;

/// The bytes whose arrival is reported.
const FIRST_BYTES: u64 = 64 * 1024;

/// Bytes that have arrived together.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    at: Time,
    /// All audio and bytes until then.
    audio_s: f64,
    bytes: u64,
}

/// The arrivals of a stream.
pub(super) struct PaceMeter {
    thresholds: Thresholds,
    arrivals: Vec<Arrival>,
    first: Option<Time>,
    last: Option<Time>,
    bytes: u64,
    longest_pause: Duration,
    has_first_bytes_at: Option<Time>,
}

impl PaceMeter {
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            thresholds: thresholds.clone(),
            arrivals: Vec::new(),
            first: None,
            last: None,
            bytes: 0,
            longest_pause: Duration::ZERO,
            has_first_bytes_at: None,
        }
    }

    /// Notes an arrival of `bytes` bytes, after which there are `heard` of audio, if that is known.
    pub fn arrived(&mut self, now: Time, bytes: usize, heard: Option<AudioTime>, findings: &mut Findings) {
        self.pause_until(now, findings);
        self.first.get_or_insert(now);
        self.last = Some(now);
        self.bytes += bytes as u64;
        if self.bytes >= FIRST_BYTES {
            self.has_first_bytes_at.get_or_insert(now);
        }
        let Some(heard) = heard else { return };
        let arrival = Arrival { at: now, audio_s: heard.duration().as_secs_f64(), bytes: self.bytes };
        let is_full = self.arrivals.len() == ARRIVALS_MAX;
        match self.arrivals.last_mut() {
            // The time is that of the first of them, so that a steady flow does not become one arrival.
            Some(last) if is_full || now.since(last.at) < TOGETHER => {
                (last.audio_s, last.bytes) = (arrival.audio_s, arrival.bytes);
            }
            _ => self.arrivals.push(arrival),
        }
    }

    /// Returns for how long the stream has been received.
    pub fn heard_for(&self, now: Time) -> Duration {
        self.first.map_or(Duration::ZERO, |first| now.since(first))
    }

    fn pause_until(&mut self, now: Time, findings: &mut Findings) {
        let Some(last) = self.last else { return };
        let pause = now.since(last);
        self.longest_pause = self.longest_pause.max(pause);
        // Some servers deliver long pieces, after a burst that is longer.
        let buffer = self.arrivals.last().map(|have| have.audio_s - self.heard_for(now).as_secs_f64());
        let is_short = buffer.is_none_or(|buffer| buffer < self.thresholds.stall.as_secs_f64());
        if pause > self.thresholds.stall && is_short {
            let after = self.heard_for(last).as_secs_f64();
            findings.add(FindingKind::Stall, || {
                format!("nothing arrived for {:.1} s, {after:.1} s after the start", pause.as_secs_f64())
            });
        }
    }

    /// Writes the results into the report. `started` is when the probe has started.
    pub fn finish(
        &mut self,
        now: Time,
        received: u64,
        started: Time,
        report: &mut ProbeReport,
        findings: &mut Findings,
    ) {
        self.pause_until(now, findings);
        let since_start = |time: Time| time.since(started).as_secs_f64();
        report.times.first_byte_s = self.first.map(since_start);
        report.times.first_64_kib_s = self.has_first_bytes_at.map(since_start);
        report.received_bytes = received;
        report.heard_s = self.heard_for(now).as_secs_f64();
        let settled = self.settled();
        let rate = settled.and_then(|at| self.check_rate(at, findings));
        let burst = settled.map(|at| self.arrivals[at]);
        if burst.is_none() && self.arrivals.len() > 1 && self.heard_for(now) > UNPACED_AFTER {
            findings.add(FindingKind::Unpaced, || {
                "the audio arrived faster than it plays all the time, as a file does: its pace is not known".to_owned()
            });
        }
        report.pace = self.first.map(|_| PaceReport {
            burst_s: burst.map(|burst| burst.audio_s),
            burst_bytes: burst.map(|burst| burst.bytes),
            audio_per_second: rate,
            longest_pause_s: self.longest_pause.as_secs_f64(),
            lowest_buffer_s: self.lowest_buffer(now),
        });
    }

    /// Returns the index of the arrival with which the burst ends: the first one from which on the audio does
    /// not arrive much faster than it plays.
    fn settled(&self) -> Option<usize> {
        let end = self.arrivals.last()?.at;
        let is_settled = |at: &usize| {
            let from = self.arrivals[*at];
            let later = self.arrivals[*at..].iter().take_while(|to| to.at.since(from.at) <= SETTLED_WITHIN);
            let mut later = later.filter(|to| to.at.since(from.at) >= SETTLED_AFTER);
            later.all(|to| rate(&from, to) <= SETTLED_RATE_MAX)
        };
        let has_time = |at: &usize| end.since(self.arrivals[*at].at) >= SETTLED_AFTER;
        (0..self.arrivals.len()).take_while(has_time).find(is_settled)
    }

    /// Returns the seconds of audio per second from this arrival on.
    fn check_rate(&self, from: usize, findings: &mut Findings) -> Option<f64> {
        let (from, to) = (&self.arrivals[from], self.arrivals.last()?);
        let seconds = to.at.since(from.at).as_secs_f64();
        let ahead = to.audio_s - from.audio_s - seconds;
        let rate = rate(from, to);
        if ahead.abs() > SLACK_S + self.thresholds.drift * seconds {
            let kind = if ahead > 0.0 { FindingKind::TooFast } else { FindingKind::TooSlow };
            findings.add(kind, || {
                let audio = to.audio_s - from.audio_s;
                format!("after the burst, {audio:.1} s of audio came in {seconds:.1} s, {rate:.3} s a second")
            });
        }
        Some(rate)
    }

    /// Returns how much audio a player that has started with the first arrival had left when it was the
    /// least; below zero if it had to wait.
    fn lowest_buffer(&self, now: Time) -> Option<f64> {
        let first = self.arrivals.first()?.at;
        let next = self.arrivals.iter().skip(1).map(|next| next.at).chain([now]);
        let left = self.arrivals.iter().zip(next);
        left.map(|(have, until)| have.audio_s - until.since(first).as_secs_f64()).min_by(f64::total_cmp)
    }
}

/// Returns the seconds of audio per second between two arrivals.
fn rate(from: &Arrival, to: &Arrival) -> f64 {
    (to.audio_s - from.audio_s) / to.at.since(from.at).as_secs_f64().max(f64::EPSILON)
}
