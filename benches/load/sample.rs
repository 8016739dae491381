//! Samples of a server and its listeners, and figures from two samples.

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::launch::Cores;
use crate::listener::Listener;
use crate::listener_pool::ListenerPool;
use crate::process::ServerProcess;
use crate::usage::{self, CpuTime};

/// Percentiles of a time over all listeners.
#[derive(Debug, Default, Clone, Copy)]
pub struct TimePercentiles {
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
    /// The number of the listener with the longest time.
    pub max_listener: usize,
    /// The number of listeners with a time.
    pub count: usize,
}

impl TimePercentiles {
    pub fn from_listeners(all: &[Listener], time: impl Fn(&Listener) -> Option<Duration>) -> Self {
        let times = all.iter().enumerate().filter_map(|(number, listener)| Some((time(listener)?, number)));
        let mut times: Vec<(Duration, usize)> = times.collect();
        times.sort_unstable();
        // The smallest time that is not exceeded by this percentage of listeners.
        let percentile = |per_cent: usize| {
            let index = (times.len() * per_cent).div_ceil(100).max(1) - 1;
            times.get(index).copied().unwrap_or_default()
        };
        let (max, max_listener) = percentile(100);
        Self { p50: percentile(50).0, p99: percentile(99).0, max, max_listener, count: times.len() }
    }
}

/// The state of a server and its listeners at one moment.
pub struct Sample {
    pub at: Instant,
    /// CPU time of the server since its start.
    pub cpu: CpuTime,
    core_busy: Option<Duration>,
    /// The bytes that each listener has received, and when the last arrived.
    received: Vec<(u64, Option<Instant>)>,
}

impl Sample {
    pub fn take(server: &ServerProcess, cores: &Cores, pool: &ListenerPool) -> Result<Self, Failure> {
        Ok(Self {
            at: Instant::now(),
            cpu: usage::cpu_time(server.pid())?,
            core_busy: cores.server_core().map(usage::core_busy).transpose()?,
            received: pool.listeners().iter().map(|listener| (listener.bytes(), listener.last())).collect(),
        })
    }
}

/// Returns the part of the window in which something else kept the server's core busy.
pub fn other_load(before: &Sample, after: &Sample) -> Option<f64> {
    let busy = after.core_busy? - before.core_busy?;
    let other = busy.saturating_sub((after.cpu - before.cpu).total);
    Some(other.div_duration_f64(after.at - before.at))
}

/// Returns the texts of the listeners that have one, each with the listener's number.
pub fn numbered(all: &[Listener], text: impl Fn(&Listener) -> Option<String>) -> Vec<String> {
    let texts = all.iter().enumerate().filter_map(|(number, listener)| Some((number, text(listener)?)));
    texts.map(|(number, text)| format!("listener {number}: {text}")).collect()
}

/// Returns the bytes received between two samples, divided by the bytes due: the mean, the least and the most
/// of a listener. Lost listeners are left out. `kbps` is the bit rate of streams without `icy-br`.
///
/// Audio arrives once per delivery interval. So the bytes of a listener are counted from its last delivery
/// before the first sample to its last delivery before the second one; otherwise the result would depend on
/// the time of the samples within the interval. The time counts as at least three quarters of the window, so
/// that a longer gap lowers the result.
pub fn received_ratio(all: &[Listener], before: &Sample, after: &Sample, kbps: u32) -> [f64; 3] {
    let window = after.at - before.at;
    let each: Vec<f64> = before
        .received
        .iter()
        .zip(&after.received)
        .zip(all)
        .filter(|(_, listener)| listener.loss().is_none())
        .map(|((&(bytes, since), &(bytes_after, until)), listener)| {
            let time = since.zip(until).map_or(window, |(since, until)| until - since);
            let time = time.max(window * 3 / 4).as_secs_f64();
            (bytes_after - bytes) as f64 / (bytes_per_second(listener, kbps) * time)
        })
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    [mean, each.iter().copied().fold(f64::INFINITY, f64::min), each.iter().copied().fold(0.0, f64::max)]
}

fn bytes_per_second(listener: &Listener, kbps: u32) -> f64 {
    let announced = listener.headers().and_then(|headers| headers.kbps);
    f64::from(announced.unwrap_or(kbps)) * 1000.0 / 8.0
}
