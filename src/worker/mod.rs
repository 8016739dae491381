//! Helper threads for work that blocks or burns CPU. Each owns its data; the event loop sends it jobs and never waits for
//! it.
//!
//! | user | thread | jobs | bound | when full | a flush waits until |
//! | --- | --- | --- | ---: | --- | --- |
//! | [`access_log`](crate::access_log) | `access log` | lines | 4096 | drop and count | the lines are in the file |
//! | [`ban_file`](crate::ban_file) | `bans` | the whole list | 1 | keep the newest | the list is on disk, or the disk refused it |
//! | [`directory`](crate::directory) | `directory` | reports on all stations | 1 | keep the newest | the report is taken in and one request that was due is answered |
//! | [`net::resolver`](crate::net::resolver) | `resolver` | names | 256 | refuse | the names are looked up |
//! | [`record`](crate::record) | `record MOUNT`, one a session | batches of frames | 32 | refuse; the session counts what is missing | the batches are in the file, or the disk refused them |
//! | [`process_usage`](crate::process_usage) | `vitals` | none, a timer | 0 | | a measurement in progress is over |
//! | [`autodj`](crate::autodj), tracks | `autodj MOUNT`, one a station | none, a wake-up when there is room for frames | 0 | | the reader waits for room or for music |
//! | [`autodj`](crate::autodj), artwork | `pictures` | tracks | 64 | refuse | the pictures are read |
//!
//! The loop holds a [`Worker`], the thread an [`Inbox`]. The queue between them is bounded, and [`WhenFull`] states what
//! happens to a job that finds no room. [`Results`] carry answers back and wake the loop by a function that the loop
//! provides; this module knows nothing of the loop.
//!
//! **No call blocks without a bound.** [`Worker::send`], [`Worker::nudge`] and dropping a worker only lock the queue for a
//! moment. [`flush`](Worker::flush), [`ping`](Worker::ping) and [`finish`](Worker::finish) have a time limit. No thread is
//! ever joined: one that is stuck in the kernel is left behind and ends when the kernel lets it go, or with the process.
//!
//! **End.** When the last [`Worker`] of a thread is dropped, or on [`Worker::finish`], the thread works off what is queued
//! and then gets [`InboxEvent::Closed`]. When it panics, it logs one line and drops what is queued; later sends return
//! [`SendError::Gone`], and the rest of the process goes on.

mod group;
mod inbox;
mod job;
mod queue;
mod results;
mod watch;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use group::WorkerGroup;
pub use inbox::Inbox;
pub use job::{InboxEvent, SendError, WhenFull};
use queue::Queue;
pub use results::{LoopWaker, Outbox, Results, result_channel};
pub use watch::ThreadWatch;
use watch::Watched;

/// What a thread is called and what may wait for it.
#[derive(Debug, Clone)]
pub struct WorkerBuilder {
    name: String,
    stack: Option<usize>,
    bound: usize,
    when_full: WhenFull,
    groups: Vec<WorkerGroup>,
}

impl WorkerBuilder {
    /// A thread of this name, which takes no jobs until [`queue`](Self::queue) says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), stack: None, bound: 0, when_full: WhenFull::Refuse, groups: Vec::new() }
    }

    /// Sets the size of the stack in bytes, instead of the system's default.
    pub fn stack(self, bytes: usize) -> Self {
        Self { stack: Some(bytes), ..self }
    }

    /// Lets at most `bound` jobs wait.
    pub fn queue(self, bound: usize, when_full: WhenFull) -> Self {
        Self { bound, when_full, ..self }
    }

    /// Makes the thread a member of a group until it ends.
    pub fn member_of(mut self, group: &WorkerGroup) -> Self {
        self.groups.push(group.clone());
        self
    }

    /// Starts the thread, which runs `body` and ends with it.
    ///
    /// # Errors
    /// When the system has no more threads. The message names the thread.
    pub fn spawn<J: Send + 'static>(
        self,
        body: impl FnOnce(Inbox<J>) + Send + 'static,
    ) -> io::Result<Worker<J>> {
        let (name, stack) = (self.name.clone(), self.stack);
        let (worker, inbox) = self.channel();
        let builder = thread::Builder::new().name(name.clone());
        let builder = stack.into_iter().fold(builder, thread::Builder::stack_size);
        builder.spawn(move || body(inbox)).map_err(|error| {
            io::Error::new(error.kind(), format!("thread {name:?} cannot be started: {error}"))
        })?;
        Ok(worker)
    }

    /// Both ends, without a thread between them.
    pub(crate) fn channel<J: Send + 'static>(self) -> (Worker<J>, Inbox<J>) {
        let queue = Arc::new(Queue::new(self.bound, self.when_full));
        let watch = ThreadWatch::new(queue.clone());
        self.groups.iter().for_each(|group| group.add(watch.clone()));
        let inbox = Inbox::new(self.name, queue.clone(), self.groups);
        (Worker { handle: Arc::new(Handle { queue }) }, inbox)
    }
}

/// The loop's end of a helper thread. Clones send to the same thread.
#[derive(Debug)]
pub struct Worker<J: Send + 'static> {
    handle: Arc<Handle<J>>,
}

/// Closes the queue when the last worker is dropped.
#[derive(Debug)]
struct Handle<J: Send + 'static> {
    queue: Arc<Queue<J>>,
}

impl<J: Send + 'static> Drop for Handle<J> {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl<J: Send + 'static> Clone for Worker<J> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl<J: Send + 'static> Worker<J> {
    /// Queues a job, without waiting for room.
    ///
    /// # Errors
    /// When it was not queued. Under [`WhenFull::Drop`], a full queue is no error; the job is counted.
    pub fn send(&self, job: J) -> Result<(), SendError<J>> {
        self.handle.queue.send(job)
    }

    /// Wakes the thread without a job: it gets [`InboxEvent::Settle`] soon, whether or not there is room in the queue.
    pub fn wake(&self) {
        self.handle.queue.wake();
    }

    /// How many jobs were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.handle.queue.dropped()
    }

    /// Waits until everything that was queued before this call is done and settled, at most for `within`. Returns whether
    /// it is; never if the thread has ended.
    pub fn flush(&self, within: Duration) -> bool {
        self.handle.queue.flush(within)
    }

    /// Waits until the thread answers between two jobs, at most for `within`. Returns whether it did: `false` says that
    /// it is stuck in a job, or has ended.
    pub fn ping(&self, within: Duration) -> bool {
        self.handle.queue.ping(within)
    }

    /// Takes no more jobs, and waits until the thread has done what is queued and ended, at most for `within`. Returns
    /// whether it has ended.
    pub fn finish(self, within: Duration) -> bool {
        self.handle.queue.close();
        self.handle.queue.wait_for_end(within)
    }

    /// A handle that watches the thread and does not keep it alive.
    pub fn watch(&self) -> ThreadWatch {
        ThreadWatch::new(self.handle.queue.clone())
    }
}

#[cfg(test)]
mod tests;
