//! Announces public stations to a directory with Icecast's YP protocol (protocol-notes/directories.md).
//!
//! A directory may take long to respond, so a separate thread sends the requests. The event loop sends
//! reports to that thread and never waits.

mod announcer;
mod clock;
mod entry;
mod http_client;
mod listing;
mod yp;

use std::io;
use std::time::Duration;

pub use clock::DirectoryClock;
pub use listing::{Listing, ListingInfo, listings};

use crate::pages::Snapshot;
use crate::tls::CurrentClientTls;
use crate::worker::{ThreadWatch, WhenFull, WorkerBuilder};
use announcer::Announcer;

/// How long shutdown waits until the stations are removed from the directory.
pub const FINISH_TIMEOUT: Duration = Duration::from_millis(500);

/// Sends a report on all stations to the thread. Never blocks.
pub type DirectoryReporter = Box<dyn FnMut(&Snapshot)>;

/// A handle of the directory thread.
#[derive(Debug)]
pub struct Announcements {
    watch: ThreadWatch,
}

/// Starts to announce stations to the directory at `url`. `base` is the public URL of this server, such as
/// `http://radio.example:8000`. Requests over TLS use `tls`. When the reporter is dropped, all stations are
/// removed from the directory.
///
/// # Errors
/// If the system cannot start a thread.
pub fn start(
    url: String,
    base: String,
    clock: DirectoryClock,
    tls: CurrentClientTls,
) -> io::Result<(DirectoryReporter, Announcements)> {
    let mut announcer = Announcer::new(url, clock, tls);
    // While the thread waits for the directory, the newest report replaces earlier ones.
    let builder = WorkerBuilder::new("directory").queue(1, WhenFull::KeepNewest);
    let worker = builder.spawn(move |reported| announcer.run(&reported))?;
    let watch = worker.watch();
    let reporter = move |snapshot: &Snapshot| drop(worker.send(listings(snapshot, &base)));
    Ok((Box::new(reporter), Announcements { watch }))
}

impl Announcements {
    /// Returns whether the reporter was dropped, and all stations are removed from the directory.
    pub fn has_ended(&self) -> bool {
        self.watch.has_ended()
    }

    /// Waits until all stations are removed from the directory, at most for `within`. Returns whether they
    /// were removed. The caller must drop the reporter first.
    pub fn finish(self, within: Duration) -> bool {
        self.watch.wait_for_end(within)
    }
}
