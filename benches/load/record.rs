//! The figures of a trial as a line of JSON.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A trial: the server, its listeners and the figures. Fields that end in `_ms` are in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The name of the run, as in benches/suite.
    pub scenario: String,
    /// The command that repeats the run.
    pub command: String,
    /// The date, as 2026-11-22.
    pub date: String,
    /// The hardware and kernel, without anything that identifies the machine.
    pub machine: String,
    /// The measured program: `coldwave 0.1.0`, `Icecast 2.4.4`, `the bare writer`.
    pub program: String,
    /// `titles`, `plain`, `tls`, `many`, `live`, `icecast2`, `bare`, `bare-many`: see benches/README.md.
    pub kind: String,
    /// The number of the round. Trials of the same round are a pair: they ran one after the other.
    pub round: u64,
    pub listeners: usize,
    pub stations: usize,
    /// Joins per second.
    pub rate: u32,
    /// The measured time.
    pub window_s: f64,
    /// The delivery interval.
    pub interval_ms: u64,
    pub kbps: u32,
    /// CPU time per listener and second, in user and in system mode.
    pub cpu_user_us: f64,
    pub cpu_system_us: f64,
    /// CPU time per listener from the start until all had joined.
    pub cpu_join_us: f64,
    /// Resident memory before the first listener, after the window, and its peak.
    pub memory_base_kib: u64,
    pub memory_kib: u64,
    pub memory_peak_kib: u64,
    /// Memory of the kernel for all TCP sockets of the machine, after the window.
    pub kernel_kib: u64,
    /// The time from connect() to the first byte of audio, and to 64 KiB of audio.
    pub first_ms: Percentiles,
    pub full_ms: Percentiles,
    /// The longest gap of each listener: the longest time without data.
    pub silence_ms: Percentiles,
    /// Bytes received in the window in per cent of the bit rate: of all listeners together, the least and the
    /// most of a listener.
    pub heard_all: f64,
    pub heard_least: f64,
    pub heard_most: f64,
    /// The part of the window, in per cent, in which other processes kept the server's core busy.
    pub others: Option<f64>,
    /// The longest time that the listeners' process was busy without polling its sockets.
    pub client_ms: f64,
    /// The listeners whose every byte was checked, and the frames and blocks that were checked of all
    /// listeners.
    pub checked_whole: usize,
    pub checked_frames: u64,
    pub checked_blocks: u64,
    /// Lost listeners, and errors in received data.
    pub lost: usize,
    pub wrong: usize,
    /// The time until all had rejoined, for each time that all left at once.
    pub returns_ms: Vec<f64>,
    /// Samples during the window: seconds since its start, resident KiB, received bytes so far in per cent of
    /// the bit rate.
    pub course: Vec<(f64, u64, f64)>,
}

/// Percentiles of a time over all listeners.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Record {
    /// Appends the record to a file as a line.
    pub fn append(&self, to: &Path) -> Result<(), Failure> {
        let mut line = serde_json::to_string(self)?;
        line.push('\n');
        Ok(OpenOptions::new().create(true).append(true).open(to)?.write_all(line.as_bytes())?)
    }
}
