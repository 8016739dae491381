//! The thread's end of a queue.

use std::iter;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use log::error;

use super::group::WorkerGroup;
use super::job::InboxEvent;
use super::queue::Queue;

/// Where a thread gets its jobs. Dropping it tells the other end that the thread has ended.
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

    /// Waits for what is to be done next. The call says that what the last one returned is done. Pings are answered here
    /// and nowhere else.
    pub fn next(&self) -> InboxEvent<J> {
        self.queue.next(None)
    }

    /// As [`next`](Self::next), at most for `within`.
    pub fn next_within(&self, within: Duration) -> InboxEvent<J> {
        self.queue.next(Some(within))
    }

    /// Job after job until the end. For work that has nothing to settle.
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

    /// How many jobs were dropped so far, see [`WhenFull::Drop`](super::WhenFull::Drop).
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
