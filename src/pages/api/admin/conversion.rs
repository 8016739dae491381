//! The JSON of what is converted: the format of a station, the audio on the air, the files that are left
//! out, and the encode workers.

use std::time::Duration;

use serde::Serialize;

use crate::audio::{Codec, Format};
use crate::encode_worker::{EncoderStatus, WorkerState, WorkerStatus};
use crate::pages::api::rfc3339;
use crate::pages::{AdminSnapshot, AdminStation, OnAirAudio, printable};
use crate::station::{LeftOutFile, MusicFormat};
use crate::time::WallClock;

/// The audio on the air, as the file, source or upstream has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AudioJson {
    /// Codec, sampling rate and channels.
    pub format: String,
    /// Whether it is converted to the format of the station.
    pub converted: bool,
    /// The gain that brings a track to the station's loudness, in dB, rounded to tenths.
    pub gain_db: Option<f64>,
    /// The delay that the conversion of a source or an upstream causes, in seconds, rounded to milliseconds.
    pub delay_s: Option<f64>,
    /// All of this in one line, to be shown.
    pub summary: String,
}

/// The format to which music is converted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MusicFormatJson {
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// The number of channels.
    pub channels: u8,
    /// Kilobits per second of what is encoded.
    pub bitrate_kbps: u16,
    /// `configured`, `stored`, `music` or `default`.
    pub origin: &'static str,
    /// All of this in one line, to be shown.
    pub summary: String,
}

/// What encode workers did for a station.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EncoderJson {
    /// Duration of the audio that was encoded, in seconds, rounded to milliseconds.
    pub encoded_s: f64,
    /// How often a worker died while it converted for the station.
    pub interruptions: u64,
    /// The latest error.
    pub last_error: Option<String>,
}

/// The files of a station that are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOutJson {
    /// The id of the station.
    pub station: u32,
    /// The number of all files that are left out.
    pub count: usize,
    /// The files that were left out last, the latest first.
    pub files: Vec<LeftOutFileJson>,
}

/// A file that is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOutFileJson {
    /// Its path.
    pub file: String,
    /// Why it is left out.
    pub reason: String,
    /// When it was last found that it cannot be played.
    pub at: String,
}

/// The encode workers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkersJson {
    /// One for each process that may run at the same time.
    pub workers: Vec<WorkerJson>,
}

/// An encode worker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkerJson {
    /// Its number: 1, 2 …
    pub worker: usize,
    /// `stopped`, `starting`, `running` or `waiting`.
    pub state: &'static str,
    /// How long a worker that died too often waits before it is started again, in seconds.
    pub restart_in_s: Option<u64>,
    /// The process, while it runs.
    pub pid: Option<u32>,
    /// The mounts of the stations that use it.
    pub stations: Vec<String>,
    /// The number of open jobs.
    pub jobs: usize,
    /// Processor time of all its processes so far, in seconds, rounded to milliseconds.
    pub cpu_s: f64,
    /// Resident memory of the process in bytes; 0 while none runs.
    pub memory_bytes: u64,
    /// How often a process was started.
    pub starts: u64,
    /// How often a process died, or was killed because it did not answer.
    pub deaths: u64,
}

impl AudioJson {
    /// Creates the JSON of the audio on the air.
    pub fn new(audio: &OnAirAudio) -> Self {
        let what = if audio.is_converted { "converted from" } else { "passes unchanged:" };
        let gain = audio.gain_db.map_or_else(String::new, |gain| format!(", {gain:+.1} dB"));
        let delay = audio.delay.map_or_else(String::new, |delay| format!(", {} ms late", delay.as_millis()));
        Self {
            format: audio.format.clone(),
            converted: audio.is_converted,
            gain_db: audio.gain_db.map(|gain| (f64::from(gain) * 10.0).round() / 10.0),
            delay_s: audio.delay.map(seconds),
            summary: format!("{what} {}{gain}{delay}", audio.format),
        }
    }
}

impl MusicFormatJson {
    /// Creates the JSON of a format.
    pub fn new(MusicFormat { target, origin }: &MusicFormat) -> Self {
        let format = Format { codec: Codec::Mp3, rate: target.rate, channels: target.channels };
        let why = match *origin {
            "configured" => "configured",
            "stored" => "as at the last start",
            "music" => "as most of the music",
            _ => "the default",
        };
        Self {
            sample_rate_hz: target.rate,
            channels: target.channels,
            bitrate_kbps: target.kbps,
            origin,
            summary: format!("{format}, {} kbit/s ({why})", target.kbps),
        }
    }
}

impl EncoderJson {
    /// Creates the JSON of what was encoded.
    pub fn new(status: &EncoderStatus) -> Self {
        Self {
            encoded_s: seconds(status.encoded),
            interruptions: status.restarts,
            last_error: status.last_error.as_deref().map(printable),
        }
    }
}

impl LeftOutJson {
    /// Creates the list of the left-out files of a station of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot, station: &AdminStation) -> Self {
        let music = station.music.as_deref();
        let files = music.map_or(&[][..], |music| &music.left_out);
        Self {
            station: station.public.id,
            count: music.map_or(0, |music| music.left_out_count),
            files: files.iter().map(|file| LeftOutFileJson::new(snapshot.public.clock, file)).collect(),
        }
    }
}

impl LeftOutFileJson {
    fn new(clock: WallClock, left_out: &LeftOutFile) -> Self {
        Self {
            file: printable(&left_out.file.to_string_lossy()),
            reason: printable(&left_out.reason),
            at: rfc3339(clock, left_out.at),
        }
    }
}

impl WorkersJson {
    /// Creates the list of the workers of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        Self { workers: snapshot.workers.iter().map(WorkerJson::new).collect() }
    }
}

impl WorkerJson {
    fn new(worker: &WorkerStatus) -> Self {
        let restart_in_s = match worker.state {
            WorkerState::Waiting(wait) => Some(wait.as_secs()),
            WorkerState::Stopped | WorkerState::Starting | WorkerState::Running => None,
        };
        Self {
            worker: worker.slot,
            state: worker.state.as_str(),
            restart_in_s,
            pid: worker.pid,
            stations: worker.stations.clone(),
            jobs: worker.jobs,
            cpu_s: seconds(worker.cpu),
            memory_bytes: worker.resident_bytes,
            starts: worker.starts,
            deaths: worker.deaths,
        }
    }
}

/// Returns a duration in seconds, rounded to milliseconds.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
