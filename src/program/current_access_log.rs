//! The access log that is in use, which a reload may exchange for another.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use crate::access_log::AccessLog;
use crate::server::{ReopenLog, SessionLog};
use crate::worker::ThreadWatch;

/// The access log that is in use, if there is one. Clones share it.
#[derive(Clone, Default)]
pub struct CurrentAccessLog(Rc<RefCell<LogInUse>>);

#[derive(Default)]
struct LogInUse {
    log: Option<AccessLog>,
    /// The lines that earlier logs have dropped.
    dropped_before: u64,
}

/// Opens an access log.
///
/// # Errors
/// Returns one sentence with the path and the reason.
pub fn open(path: &Path) -> Result<AccessLog, String> {
    AccessLog::open(path).map_err(|error| format!("cannot open the access log {}: {error}", path.display()))
}

impl CurrentAccessLog {
    /// Uses another log, or none. The lines of the log before are still written by the thread that this
    /// returns.
    pub fn replace(&self, log: Option<AccessLog>) -> Option<ThreadWatch> {
        let dropped_before = self.dropped();
        let before = self.0.replace(LogInUse { log, dropped_before });
        before.log.map(|log| log.watch())
    }

    /// Returns the function that gets the sessions that end, and the one that reopens the log.
    pub fn hooks(&self) -> (Option<SessionLog>, Option<ReopenLog>) {
        let log = self.0.borrow().log.clone();
        let session_log = log.as_ref().map(|log| log.session_log() as SessionLog);
        (session_log, log.map(|log| Box::new(move || log.reopen()) as ReopenLog))
    }

    /// Reopens the file under its name.
    pub fn reopen(&self) {
        self.0.borrow().log.iter().for_each(AccessLog::reopen);
    }

    /// Returns how many lines were dropped since the start of the program.
    pub fn dropped(&self) -> u64 {
        let current = self.0.borrow();
        current.dropped_before + current.log.as_ref().map_or(0, AccessLog::dropped)
    }

    /// Waits, for a limited time, until all lines are written.
    pub fn flush(&self) {
        self.0.borrow().log.iter().for_each(AccessLog::flush);
    }
}
