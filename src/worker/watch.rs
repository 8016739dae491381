//! A thread as seen by what does not know its jobs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Watches a thread, whatever its jobs are.
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

    /// Whether the thread has ended.
    pub fn has_ended(&self) -> bool {
        self.wait_for_end(Duration::ZERO)
    }
}

/// What a [`ThreadWatch`] asks of a queue.
pub(super) trait Watched: fmt::Debug + Send + Sync {
    fn flush(&self, within: Duration) -> bool;
    fn ping(&self, within: Duration) -> bool;
    fn wait_for_end(&self, within: Duration) -> bool;
}
