//! A log that is in use, which a reload may exchange for another.

use std::cell::RefCell;
use std::rc::Rc;

use crate::log_writer::{LogLine, LogWriter};
use crate::worker::ThreadWatch;

/// The log that is in use, if there is one. Clones share it.
pub struct CurrentLog<L: LogLine>(Rc<RefCell<LogInUse<L>>>);

struct LogInUse<L: LogLine> {
    log: Option<LogWriter<L>>,
    /// The lines that earlier logs have dropped.
    dropped_before: u64,
}

impl<L: LogLine> Clone for CurrentLog<L> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<L: LogLine> CurrentLog<L> {
    /// Uses this log, or none.
    pub fn new(log: Option<LogWriter<L>>) -> Self {
        Self(Rc::new(RefCell::new(LogInUse { log, dropped_before: 0 })))
    }

    /// Uses another log, or none. The lines of the log before are still written by the thread that this
    /// returns.
    pub fn replace(&self, log: Option<LogWriter<L>>) -> Option<ThreadWatch> {
        let dropped_before = self.dropped();
        let before = self.0.replace(LogInUse { log, dropped_before });
        before.log.map(|log| log.watch())
    }

    /// Returns the log, if there is one.
    pub fn writer(&self) -> Option<LogWriter<L>> {
        self.0.borrow().log.clone()
    }

    /// Reopens the file under its name.
    pub fn reopen(&self) {
        self.0.borrow().log.iter().for_each(LogWriter::reopen);
    }

    /// Returns how many lines were dropped since the start of the program.
    pub fn dropped(&self) -> u64 {
        let current = self.0.borrow();
        current.dropped_before + current.log.as_ref().map_or(0, LogWriter::dropped)
    }

    /// Waits, for a limited time, until all lines are written.
    pub fn flush(&self) {
        self.0.borrow().log.iter().for_each(LogWriter::flush);
    }
}
