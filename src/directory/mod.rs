//! Directories of stations: those that are public are announced there, in the words of Icecast's YP protocol
//! (protocol-notes/directories.md).
//!
//! A directory takes its time to answer, so a thread of its own asks it. The loop hands over what there is to say and
//! never waits.

mod entry;
mod listing;
mod words;
mod work;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

pub use listing::{About, Listing, listings};

use crate::pages::Snapshot;
use crate::time::Time;
use work::Work;

/// How long the end of the process waits for the directory to be told.
pub const FINISH_WITHIN: Duration = Duration::from_millis(500);

/// Reports that may wait for a thread that waits for the directory. More are dropped: newer ones say all.
const WAITING_MAX: usize = 4;

/// Where the thread learns what time it is.
pub type Clock = Box<dyn Fn() -> Time + Send>;

/// Takes what there is to say of all stations, and never blocks.
pub type Reporter = Box<dyn FnMut(&Snapshot)>;

/// The thread, while it has something to say.
#[derive(Debug)]
pub struct Announcements {
    /// Nothing is ever sent; the thread holds the other end until it is over.
    ended: Receiver<()>,
}

/// Starts to announce stations at `url`. They are reached at `base`, such as `http://radio.example:8000`. When the reporter
/// is dropped, the directory is told that they are gone.
///
/// # Errors
/// When the system gives us no thread.
pub fn start(url: String, base: String, clock: Clock) -> io::Result<(Reporter, Announcements)> {
    let (reports, reported): (SyncSender<Vec<Listing>>, _) = sync_channel(WAITING_MAX);
    let (running, ended) = channel::<()>();
    let mut work = Work::new(url, clock);
    thread::Builder::new().name("directory".to_owned()).spawn(move || {
        work.go_on(&reported);
        drop(running);
    })?;
    let reporter = move |snapshot: &Snapshot| drop(reports.try_send(listings(snapshot, &base)));
    Ok((Box::new(reporter), Announcements { ended }))
}

impl Announcements {
    /// Waits, no longer than `within`, until the directory was told that all stations are gone. The reporter must be gone.
    /// Says whether it was.
    pub fn finish(self, within: Duration) -> bool {
        self.ended.recv_timeout(within) == Err(RecvTimeoutError::Disconnected)
    }
}
