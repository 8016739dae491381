//! Live sessions on disk: a file with the frames as they came, and a cue sheet that says when which title began.
//!
//! Writing blocks, so every session has a thread of its own for as long as it lasts: a dead disk harms no other
//! recording, and what the thread has not taken is bounded. What finds no room is missing in the recording; the audio is
//! never held up.

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

/// How long the end of the process waits for the ends of the recordings.
pub const FINISH_TIMEOUT: Duration = Duration::from_millis(500);

/// Sessions of one station that may be written at once: the one that is live, and some whose disk is slow to take their
/// end. On a disk that takes nothing at all, an encoder that keeps coming back would else start threads without end.
const SESSIONS_MAX: usize = 4;

/// All recordings of a process.
#[derive(Debug)]
pub struct Recordings {
    threads: WorkerGroup,
}

/// The way to record sessions, and a way to wait for their end.
pub fn start() -> (StartRecording, Recordings) {
    let all = WorkerGroup::default();
    let threads = all.clone();
    let mut by_station: HashMap<u32, WorkerGroup> = HashMap::new();
    let recorder = move |station: &StationSettings, dj: &str, codec: Codec| {
        station.record.as_ref()?;
        // Stations come and go.
        by_station.retain(|_, threads| !threads.running().is_empty());
        start_session(station, dj, codec, [&all, by_station.entry(station.id).or_default()])
    };
    (Box::new(recorder), Recordings { threads })
}

/// Begins to record a session. Its thread is a member of both groups.
fn start_session(
    station: &StationSettings,
    dj: &str,
    codec: Codec,
    [of_process, of_station]: [&WorkerGroup; 2],
) -> Option<Box<dyn RecordingSink>> {
    let record = station.record.clone()?;
    if of_station.running().len() >= SESSIONS_MAX {
        warn!("{}: {dj} is not recorded: earlier sessions are still being written", station.mount);
        return None;
    }
    let names = PatternValues { dj, mount: &station.mount, station: &station.name };
    let name = RecordingName::new(&record, &names, codec, Timestamp::now());
    let about = cue::SheetHeader { performer: dj.to_owned(), title: station.name.clone(), codec };
    let groups = [of_process, of_station];
    match recorder::start(&station.mount, about, move || name.create_files(TimeZone::system()), groups) {
        Ok(recorder) => Some(Box::new(recorder)),
        Err(error) => {
            warn!("{}: {dj} is not recorded: {error}", station.mount);
            None
        }
    }
}

impl Recordings {
    /// Waits, no longer than `within`, until everything is written. All sessions must be over.
    /// Says whether it is.
    pub fn finish(self, within: Duration) -> bool {
        self.threads.wait_for_end(within)
    }
}
