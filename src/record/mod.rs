//! Live sessions on disk: a file with the frames as they came, and a cue sheet that says when which title began.
//!
//! Writing blocks, so every session has a thread of its own for as long as it lasts: a dead disk harms no other
//! recording, and what the thread has not taken is bounded. What finds no room is missing in the recording; the audio is
//! never held up.

mod batch;
mod cue;
mod files;
mod name;
mod session;
mod tape;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use log::warn;

pub use name::check_pattern;

use crate::audio::Codec;
use crate::settings::StationSettings;
use crate::station::{Recorder, Tape};
use name::{Name, Names};

/// How long the end of the process waits for the ends of the recordings.
pub const FINISH_WITHIN: Duration = Duration::from_millis(500);

/// Sessions of one station that may be written at once: the one that is live, and some whose disk is slow to take their
/// end. On a disk that takes nothing at all, an encoder that keeps coming back would else start threads without end.
const SESSIONS_MAX: usize = 4;

/// All recordings of a process.
#[derive(Debug)]
pub struct Recordings {
    /// Nothing is ever sent; each recording holds the other end until it is over.
    ended: Receiver<()>,
}

/// The way to record sessions, and a way to wait for their end.
pub fn start() -> (Recorder, Recordings) {
    let (running, ended) = channel();
    let mut threads: HashMap<u32, Arc<()>> = HashMap::new();
    let recorder = move |station: &StationSettings, dj: &str, codec: Codec| {
        station.record.as_ref()?;
        let of_station = threads.entry(station.id).or_default();
        let running = Running { of_station: of_station.clone(), of_process: running.clone() };
        begin(station, dj, codec, running)
    };
    (Box::new(recorder), Recordings { ended })
}

/// Held as long as a recording is written.
struct Running {
    of_station: Arc<()>,
    #[allow(dead_code, reason = "it says all by being dropped")]
    of_process: Sender<()>,
}

fn begin(station: &StationSettings, dj: &str, codec: Codec, running: Running) -> Option<Box<dyn Tape>> {
    let record = station.record.clone()?;
    // One is in the list of stations, one here, the others in threads.
    if Arc::strong_count(&running.of_station) - 2 >= SESSIONS_MAX {
        warn!("{}: {dj} is not recorded: earlier sessions are still being written", station.mount);
        return None;
    }
    let names = Names { dj, mount: &station.mount, station: &station.name };
    let name = Name::new(&record, &names, codec, Timestamp::now());
    let about = cue::About { performer: dj.to_owned(), title: station.name.clone(), codec };
    let begun = tape::begin(&station.mount, about, move || name.open(TimeZone::system()), running);
    match begun {
        Ok(tape) => Some(Box::new(tape)),
        Err(error) => {
            warn!("{}: {dj} is not recorded: cannot start a thread: {error}", station.mount);
            None
        }
    }
}

impl Recordings {
    /// Waits, no longer than `within`, until everything is written. All sessions must be over, and the recorder gone.
    /// Says whether it is.
    pub fn finish(self, within: Duration) -> bool {
        self.ended.recv_timeout(within) == Err(RecvTimeoutError::Disconnected)
    }
}
