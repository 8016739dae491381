//! A handle to flush, ping or await a worker thread, independent of the type of its jobs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Flushes, pings or awaits a worker thread, independent of the type of its jobs. Does not keep the thread
/// alive.
#[derive(Debug, Clone)]
pub struct ThreadWatch {
    thread: Arc<dyn Watched>,
}

impl ThreadWatch {
    pub(super) fn new(thread: Arc<dyn Watched>) -> Self {
        Self { thread }
    }

    /// See [`Worker::flush`](super::Worker::flush).
    pub fn flush(&self, within: Duration) -> bool {
        self.thread.flush(within)
    }

    /// See [`Worker::ping`](super::Worker::ping).
    pub fn ping(&self, within: Duration) -> bool {
        self.thread.ping(within)
    }

    /// Waits until the thread has ended, at most for `within`. Returns whether it has.
    pub fn wait_for_end(&self, within: Duration) -> bool {
        self.thread.wait_for_end(within)
    }

    /// Returns whether the thread has ended.
    pub fn has_ended(&self) -> bool {
        self.wait_for_end(Duration::ZERO)
    }
}

/// The operations of a queue that a [`ThreadWatch`] uses.
pub(super) trait Watched: fmt::Debug + Send + Sync {
    fn flush(&self, within: Duration) -> bool;
    fn ping(&self, within: Duration) -> bool;
    fn wait_for_end(&self, within: Duration) -> bool;
}
