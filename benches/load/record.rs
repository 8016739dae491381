//! What came of one trial, as a line of JSON, so that a table can be made of many runs.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// One trial: a server, its listeners, and what was measured. Times are in milliseconds where nothing else is said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Which of the runs in benches/suite it belongs to.
    pub scenario: String,
    /// The command that measures the same.
    pub command: String,
    /// The day, as 2026-11-22.
    pub date: String,
    /// What it was measured on, without anything that names the machine.
    pub machine: String,
    /// What was measured: `coldwave 0.1.0`, `Icecast 2.4.4`, `the bare writer`.
    pub program: String,
    /// `titles`, `plain`, `many`, `live`, `icecast2`, `bare`, `bare-many`: see benches/README.md.
    pub kind: String,
    /// Which turn of that kind it is. Turns of the same number are a pair: they came one after the other.
    pub round: u64,
    pub listeners: usize,
    pub stations: usize,
    /// How many listeners joined in a second.
    pub rate: u32,
    /// How long was measured.
    pub window_s: f64,
    /// How often a listener is written to.
    pub interval_ms: u64,
    pub kbps: u32,
    /// Microseconds of a core for each listener and second, in user and in system mode.
    pub cpu_user_us: f64,
    pub cpu_system_us: f64,
    /// Microseconds of a core from the start until all had joined, for each listener.
    pub cpu_join_us: f64,
    /// Resident memory before the first listener, after the window, at its worst.
    pub memory_base_kib: u64,
    pub memory_kib: u64,
    pub memory_peak_kib: u64,
    /// What the kernel held for all TCP sockets of the machine, after the window.
    pub kernel_kib: u64,
    /// From connect() to the first byte of audio, and to 64 KiB of it.
    pub first_ms: Percentiles,
    pub full_ms: Percentiles,
    /// The longest time without a byte, of each listener.
    pub silence_ms: Percentiles,
    /// Bytes heard in the window in per cent of the bit rate: all together, the listener with the least, with the most.
    pub heard_all: f64,
    pub heard_least: f64,
    pub heard_most: f64,
    /// Per cent of the window in which others kept the server's core busy.
    pub others: Option<f64>,
    /// The longest that the listeners' program was busy without looking at its sockets.
    pub client_ms: f64,
    /// Listeners whose every byte was checked, and what was seen of all.
    pub checked_whole: usize,
    pub checked_frames: u64,
    pub checked_blocks: u64,
    /// Listeners that were lost, and mistakes in what was heard.
    pub lost: usize,
    pub wrong: usize,
    /// How long it took until all were back, of every time that all left at once.
    pub returns_ms: Vec<f64>,
    /// Memory through the window: seconds since its beginning, resident KiB, bytes heard in per cent of the bit rate so far.
    pub course: Vec<(f64, u64, f64)>,
}

/// How a time is spread over the listeners.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Record {
    /// Adds it to a file, as one more line.
    pub fn append(&self, to: &Path) -> Result<(), Failure> {
        let mut line = serde_json::to_string(self)?;
        line.push('\n');
        Ok(OpenOptions::new().create(true).append(true).open(to)?.write_all(line.as_bytes())?)
    }
}
