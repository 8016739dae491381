//! Directories of stations: those that are public are announced there, in the words of Icecast's YP protocol
//! (protocol-notes/directories.md).
//!
//! A directory takes its time to answer, so a thread of its own asks it. The loop hands over what there is to say and
//! never waits.

mod announcer;
mod clock;
mod entry;
mod listing;
mod yp;

use std::io;
use std::time::Duration;

pub use clock::DirectoryClock;
pub use listing::{Listing, ListingInfo, listings};

use crate::pages::Snapshot;
use crate::worker::{ThreadWatch, WhenFull, WorkerBuilder};
use announcer::Announcer;

/// How long the end of the process waits for the directory to be told.
pub const FINISH_TIMEOUT: Duration = Duration::from_millis(500);

/// Takes what there is to say of all stations, and never blocks.
pub type DirectoryReporter = Box<dyn FnMut(&Snapshot)>;

/// The thread, while it has something to say.
#[derive(Debug)]
pub struct Announcements {
    watch: ThreadWatch,
}

/// Starts to announce stations at `url`. They are reached at `base`, such as `http://radio.example:8000`. When the reporter
/// is dropped, the directory is told that they are gone.
///
/// # Errors
/// When the system gives us no thread.
pub fn start(
    url: String,
    base: String,
    clock: DirectoryClock,
) -> io::Result<(DirectoryReporter, Announcements)> {
    let mut work = Announcer::new(url, clock);
    // Of reports that wait for a thread that waits for the directory, the newest says all.
    let spec = WorkerBuilder::new("directory").queue(1, WhenFull::KeepNewest);
    let worker = spec.spawn(move |reported| work.run(&reported))?;
    let watch = worker.watch();
    let reporter = move |snapshot: &Snapshot| drop(worker.send(listings(snapshot, &base)));
    Ok((Box::new(reporter), Announcements { watch }))
}

impl Announcements {
    /// Waits, no longer than `within`, until the directory was told that all stations are gone. Says whether it was. The
    /// reporter is to be dropped before.
    pub fn finish(self, within: Duration) -> bool {
        self.watch.wait_for_end(within)
    }
}
