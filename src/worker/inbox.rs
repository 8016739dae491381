//! The end of a queue from which a worker thread receives jobs.

use std::iter;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use log::error;

use super::group::WorkerGroup;
use super::job::InboxEvent;
use super::queue::Queue;

/// Receives the jobs of a worker thread. Dropping it signals the other end that the thread has ended.
#[derive(Debug)]
pub struct Inbox<J> {
    thread: String,
    queue: Arc<Queue<J>>,
    groups: Vec<WorkerGroup>,
}

impl<J> Inbox<J> {
    pub(super) fn new(thread: String, queue: Arc<Queue<J>>, groups: Vec<WorkerGroup>) -> Self {
        Self { thread, queue, groups }
    }

    /// Waits for the next event. The call also marks the previous event as handled. Pings are answered only
    /// during this call.
    pub fn next(&self) -> InboxEvent<J> {
        self.queue.next(None)
    }

    /// Like [`next`](Self::next), waiting at most for `within`.
    pub fn next_within(&self, within: Duration) -> InboxEvent<J> {
        self.queue.next(Some(within))
    }

    /// Returns an iterator over the jobs until the end, for work that needs no flush.
    pub fn jobs(&self) -> impl Iterator<Item = J> {
        iter::from_fn(|| {
            loop {
                match self.next() {
                    InboxEvent::Job(job) => return Some(job),
                    InboxEvent::Flush | InboxEvent::Timeout => {}
                    InboxEvent::Closed => return None,
                }
            }
        })
    }

    /// Returns how many jobs were dropped so far, see [`WhenFull::Drop`](super::WhenFull::Drop).
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

impl<J> Drop for Inbox<J> {
    fn drop(&mut self) {
        if thread::panicking() {
            error!("the thread {:?} has panicked; its work is not done until the restart", self.thread);
        }
        self.queue.mark_ended();
        self.groups.iter().for_each(WorkerGroup::remove_ended);
    }
}
