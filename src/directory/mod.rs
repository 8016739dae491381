//! Announces public stations to directories with Icecast's YP protocol (protocol-notes/directories.md).
//!
//! A directory may take long to respond, so a separate thread for each sends the requests. The event loop
//! sends reports to these threads and never waits.

mod announcer;
mod clock;
mod entry;

mod listing;
mod request;
mod yp;

use std::io;
use std::time::Duration;

pub use clock::DirectoryClock;
pub use listing::{Listing, ListingInfo, listings};

use crate::pages::Snapshot;
use crate::settings::DirectorySettings;
use crate::tls::CurrentClientTls;
use crate::worker::{ThreadWatch, WhenFull, Worker, WorkerBuilder};
use announcer::Announcer;

/// How long shutdown waits until the stations are removed from the directory.
pub const FINISH_TIMEOUT: Duration = Duration::from_millis(500);

/// Sends a report on all stations to the threads. Never blocks.
pub type DirectoryReporter = Box<dyn FnMut(&Snapshot)>;

/// A handle of the threads, one for each directory.
#[derive(Debug)]
pub struct Announcements {
    watches: Vec<ThreadWatch>,
}

/// Starts to announce stations to directories. `base` is the public URL of this server, such as
/// `http://radio.example:8000`. `clock` makes a clock for each thread. Requests over TLS use `tls`. When the
/// reporter is dropped, all stations are removed from the directories.
///
/// # Errors
/// If the system cannot start a thread.
pub fn start(
    settings: &DirectorySettings,
    base: String,
    clock: impl Fn() -> DirectoryClock,
    tls: &CurrentClientTls,
) -> io::Result<(DirectoryReporter, Announcements)> {
    let mut workers = Vec::new();
    for url in &settings.urls {
        let mut announcer = Announcer::new(url.clone(), settings, clock(), tls.clone());
        // While the thread waits for the directory, the newest report replaces earlier ones.
        let builder = WorkerBuilder::new("directory").queue(1, WhenFull::KeepNewest);
        workers.push(builder.spawn(move |reported| announcer.run(&reported))?);
    }
    let watches = workers.iter().map(Worker::watch).collect();
    let reporter = move |snapshot: &Snapshot| {
        let listings = listings(snapshot, &base);
        workers.iter().for_each(|worker| drop(worker.send(listings.clone())));
    };
    Ok((Box::new(reporter), Announcements { watches }))
}

impl Announcements {
    /// Returns whether the reporter was dropped, and all stations are removed from the directories.
    pub fn has_ended(&self) -> bool {
        self.watches.iter().all(ThreadWatch::has_ended)
    }

    /// Waits until all stations are removed from the directories, at most for `within` from when the first
    /// one is late. Returns whether they were removed. The caller must drop the reporter first.
    pub fn finish(self, within: Duration) -> bool {
        self.watches.into_iter().all(|watch| watch.wait_for_end(within))
    }
}
