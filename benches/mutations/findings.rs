//! What mutated inputs did to the workers.

use std::fmt;
use std::time::Duration;

use crate::child::NoResponse;
use crate::seeds::DecoderPath;

/// The slowest, largest and worst of all inputs of a path.
#[derive(Debug, Default)]
pub struct Findings {
    /// Inputs: files, or frames of streams.
    pub inputs: u64,
    /// Files from which something was decoded, or frames that were encoded.
    pub decoded: u64,
    /// Files that were left out with a reason.
    pub left_out: u64,
    /// Cases after which the worker had ended: the case and how it ended.
    pub deaths: Vec<(u64, String)>,
    /// Cases for which a response took too long.
    pub hangs: Vec<u64>,
    /// Cases that the worker answered with a panic.
    pub panics: Vec<u64>,
    /// The longest time for a case, and the case.
    pub slowest: (Duration, u64),
    /// The highest resident memory of a worker in KiB, and the case after which it was noticed.
    pub peak: (u64, u64),
}

impl Findings {
    pub fn add_no_response(&mut self, case: u64, reason: NoResponse) {
        match reason {
            NoResponse::Died(how) => self.deaths.push((case, how)),
            NoResponse::Hangs => self.hangs.push(case),
        }
    }

    pub fn add_time(&mut self, case: u64, time: Duration) {
        self.slowest = self.slowest.max((time, case));
    }

    pub fn add_peak(&mut self, case: u64, kib: u64) {
        self.peak = self.peak.max((kib, case));
    }

    /// Adds the findings of another worker.
    pub fn add(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.decoded += other.decoded;
        self.left_out += other.left_out;
        self.deaths.extend(other.deaths);
        self.hangs.extend(other.hangs);
        self.panics.extend(other.panics);
        self.slowest = self.slowest.max(other.slowest);
        self.peak = self.peak.max(other.peak);
    }

    /// Returns whether no input ended a worker.
    pub fn is_sound(&self) -> bool {
        self.deaths.is_empty() && self.hangs.is_empty()
    }
}

/// The heading of the table.
pub const HEADING: &str =
    "path         inputs   per s  decoded  left out  panics  deaths  hangs   slowest  memory";

/// A line of the table.
pub struct Line<'a> {
    pub path: DecoderPath,
    pub findings: &'a Findings,
    pub elapsed: Duration,
    /// Panics that were caught, also those within a decoder.
    pub panics: u64,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, findings, elapsed, panics } = self;
        let per_second = findings.inputs as f64 / elapsed.as_secs_f64();
        write!(f, "{path:<11}{:>8}{per_second:>8.0}{:>9}", findings.inputs, findings.decoded)?;
        write!(f, "{:>10}{panics:>8}{:>8}", findings.left_out, findings.deaths.len())?;
        write!(f, "{:>7}{:>7.0} ms", findings.hangs.len(), findings.slowest.0.as_secs_f64() * 1000.0)?;
        write!(f, "{:>4} MiB", findings.peak.0.div_ceil(1024))
    }
}
