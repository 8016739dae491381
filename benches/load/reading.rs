//! Where a server and its listeners stand at one moment, and what lies between two of them.

use std::time::{Duration, Instant};

use crate::crowd::Crowd;
use crate::failure::Failure;
use crate::launch::Cores;
use crate::listener::Listener;
use crate::process::Server;
use crate::usage::{self, Cpu};

/// How a time is spread over all listeners.
#[derive(Debug, Default, Clone, Copy)]
pub struct Spread {
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
    /// The number of the listener who has the longest.
    pub whose: usize,
    /// How many there are.
    pub count: usize,
}

impl Spread {
    pub fn of(all: &[Listener], time: impl Fn(&Listener) -> Option<Duration>) -> Self {
        let timed = all.iter().enumerate().filter_map(|(at, listener)| Some((time(listener)?, at)));
        let mut times: Vec<(Duration, usize)> = timed.collect();
        times.sort_unstable();
        // The smallest time that so many per cent are not above.
        let percentile = |per_cent: usize| {
            let at = (times.len() * per_cent).div_ceil(100).max(1) - 1;
            times.get(at).copied().unwrap_or_default()
        };
        let (max, whose) = percentile(100);
        Self { p50: percentile(50).0, p99: percentile(99).0, max, whose, count: times.len() }
    }
}

/// Where things stand at one moment of the window.
pub struct Reading {
    pub at: Instant,
    /// CPU time of the server since it was started.
    pub cpu: Cpu,
    core_busy: Option<Duration>,
    /// Of each listener, the bytes heard and when the last came.
    heard: Vec<(u64, Option<Instant>)>,
}

impl Reading {
    pub fn take(server: &Server, cores: &Cores, crowd: &Crowd) -> Result<Self, Failure> {
        Ok(Self {
            at: Instant::now(),
            cpu: usage::cpu(server.pid())?,
            core_busy: cores.of_server().map(usage::busy).transpose()?,
            heard: crowd.listeners().iter().map(|listener| (listener.bytes(), listener.last())).collect(),
        })
    }
}

/// The part of the window in which the server's core was busy with something else.
pub fn others(before: &Reading, after: &Reading) -> Option<f64> {
    let busy = after.core_busy? - before.core_busy?;
    let others = busy.saturating_sub((after.cpu - before.cpu).total);
    Some(others.div_duration_f64(after.at - before.at))
}

/// What there is to say of some listeners, each with its number.
pub fn numbered(all: &[Listener], what: impl Fn(&Listener) -> Option<String>) -> Vec<String> {
    let found = all.iter().enumerate().filter_map(|(at, listener)| Some((at, what(listener)?)));
    found.map(|(at, what)| format!("listener {at}: {what}")).collect()
}

/// Bytes heard between two readings, where 1 is what the bit rate says: all listeners together, the least, the most.
/// Not of those who are lost. `kbps` is that of streams that do not say.
///
/// Bytes come once an interval, so those of a listener are counted from his last delivery before the first reading to his
/// last before the second one. Else it would depend on where in the interval the readings lie. Who got nothing for a
/// quarter of the time between them is not forgiven that.
pub fn supply(all: &[Listener], before: &Reading, after: &Reading, kbps: u32) -> [f64; 3] {
    let window = after.at - before.at;
    let each: Vec<f64> = before
        .heard
        .iter()
        .zip(&after.heard)
        .zip(all)
        .filter(|(_, listener)| listener.loss().is_none())
        .map(|((&(bytes, since), &(bytes_after, until)), listener)| {
            let took = since.zip(until).map_or(window, |(since, until)| until - since);
            let took = took.max(window * 3 / 4).as_secs_f64();
            (bytes_after - bytes) as f64 / (bytes_per_second(listener, kbps) * took)
        })
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    [mean, each.iter().copied().fold(f64::INFINITY, f64::min), each.iter().copied().fold(0.0, f64::max)]
}

fn bytes_per_second(listener: &Listener, kbps: u32) -> f64 {
    let said = listener.head().and_then(|head| head.kbps);
    f64::from(said.unwrap_or(kbps)) * 1000.0 / 8.0
}
