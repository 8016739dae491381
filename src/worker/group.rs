//! Groups of worker threads, with which the process waits for all of them at once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::watch::ThreadWatch;

/// A group of worker threads. Clones refer to the same group.
#[derive(Debug, Clone, Default)]
pub struct WorkerGroup {
    members: Arc<GroupMembers>,
}

#[derive(Debug, Default)]
struct GroupMembers {
    running: Mutex<Vec<ThreadWatch>>,
    ended: Condvar,
}

impl WorkerGroup {
    fn lock(&self) -> MutexGuard<'_, Vec<ThreadWatch>> {
        // No operation under the lock can panic half-way, so a poisoned lock is safe to use.
        self.members.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, thread: ThreadWatch) {
        self.lock().push(thread);
    }

    /// Removes the threads that have ended, and notifies those that wait for the end of the group.
    pub(super) fn remove_ended(&self) {
        self.lock().retain(|thread| !thread.has_ended());
        self.members.ended.notify_all();
    }

    /// Returns the threads that have not ended.
    pub fn running(&self) -> Vec<ThreadWatch> {
        self.lock().clone()
    }

    /// Waits until all threads have ended, at most for `within`. Returns whether they have.
    pub fn wait_for_end(&self, within: Duration) -> bool {
        let are_running = |running: &mut Vec<ThreadWatch>| !running.is_empty();
        let waited = self.members.ended.wait_timeout_while(self.lock(), within, are_running);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }
}
