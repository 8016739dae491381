//! What the server is given by the process it runs in. None of these may block.

use std::sync::Arc;

use super::views::metrics_endpoint::ProcessStats;
use crate::bans::Bans;
use crate::log_tail::LogTail;
use crate::pages::Snapshot;
use crate::session::SessionSummary;
use crate::station::{ArtworkLoader, StartRecording};

/// Receives every session that ends.
pub type SessionLog = Box<dyn FnMut(&SessionSummary<'_>)>;

/// Stores bans as they are now, to outlive the process.
pub type BanStore = Box<dyn FnMut(&Bans)>;

/// Receives the state of the stations every five seconds, until the server stops.
pub type SnapshotReporter = Box<dyn FnMut(&Snapshot)>;

/// What reports to the outside, and what reads from it.
pub struct Hooks {
    /// The access log, if there is one.
    pub session_log: Option<SessionLog>,
    /// Opens the access log again after it was rotated; `None` without one.
    pub reopen_log: Option<Box<dyn Fn()>>,
    /// Begins recordings of live sessions.
    pub recorder: StartRecording,
    /// `None` where bans last until the restart.
    pub ban_store: Option<BanStore>,
    /// A directory of stations.
    pub reporter: Option<SnapshotReporter>,
    /// Reads the pictures of tracks. Without it there are none.
    pub artwork: Option<Box<dyn ArtworkLoader>>,
    /// What the process needs of the machine, for the metrics.
    pub process: Option<ProcessStats>,
    /// The last lines of the log, for the admin pages.
    pub log_tail: Arc<LogTail>,
}

impl Default for Hooks {
    /// Nothing is reported and nothing is read.
    fn default() -> Self {
        Self {
            session_log: None,
            reopen_log: None,
            recorder: Box::new(|_, _, _| None),
            ban_store: None,
            reporter: None,
            artwork: None,
            process: None,
            log_tail: Arc::default(),
        }
    }
}
