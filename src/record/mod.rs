//! Records live sessions to disk: a file with the frames as they arrived, and a cue sheet with the times of
//! the titles.
//!
//! Writing may block, so every session has its own thread. A disk that does not respond does not affect
//! recordings on other disks. The queue of each thread is bounded: data that does not fit is missing in the
//! recording, and the audio on air is never delayed.

mod batch;
mod cue;
mod file_name;
mod files;
mod recorder;
mod session;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use log::warn;

pub use file_name::check_pattern;

use crate::audio::Codec;
use crate::settings::StationSettings;
use crate::station::{RecordingSink, StartRecording};
use crate::worker::WorkerGroup;
use file_name::{PatternValues, RecordingName};

/// How long the process waits on exit until all recordings are written.
pub const FINISH_TIMEOUT: Duration = Duration::from_millis(500);

/// The most sessions of one station that are written at the same time: the live session, and earlier ones
/// that wait for a slow disk. The limit bounds the number of threads if an encoder keeps reconnecting while
/// the disk is blocked.
const SESSIONS_MAX: usize = 4;

/// All recordings of a process.
#[derive(Debug)]
pub struct Recordings {
    threads: WorkerGroup,
}

/// Returns a function that starts the recording of a session, and a handle to wait for the end of all
/// recordings.
pub fn start() -> (StartRecording, Recordings) {
    let all = WorkerGroup::default();
    let threads = all.clone();
    let mut by_station: HashMap<u32, WorkerGroup> = HashMap::new();
    let recorder = move |station: &StationSettings, dj: &str, codec: Codec| {
        station.record.as_ref()?;
        // Without this, groups of removed stations would stay.
        by_station.retain(|_, threads| !threads.running().is_empty());
        start_session(station, dj, codec, [&all, by_station.entry(station.id).or_default()])
    };
    (Box::new(recorder), Recordings { threads })
}

/// Starts to record a session. Its thread is a member of both groups.
fn start_session(
    station: &StationSettings,
    dj: &str,
    codec: Codec,
    [process_group, station_group]: [&WorkerGroup; 2],
) -> Option<Box<dyn RecordingSink>> {
    let record = station.record.clone()?;
    if station_group.running().len() >= SESSIONS_MAX {
        warn!("{}: {dj} is not recorded: earlier sessions are still being written", station.mount);
        return None;
    }
    let values = PatternValues { dj, mount: &station.mount, station: &station.name };
    let name = RecordingName::new(&record, &values, codec, Timestamp::now());
    let header = cue::SheetHeader { performer: dj.to_owned(), title: station.name.clone(), codec };
    let groups = [process_group, station_group];
    match recorder::start(&station.mount, header, move || name.create_files(TimeZone::system()), groups) {
        Ok(recorder) => Some(Box::new(recorder)),
        Err(error) => {
            warn!("{}: {dj} is not recorded: {error}", station.mount);
            None
        }
    }
}

impl Recordings {
    /// Waits until all recordings are written, at most for `within`. Returns whether they are. All sessions
    /// must have ended before.
    pub fn finish(self, within: Duration) -> bool {
        self.threads.wait_for_end(within)
    }
}
