//! Worker threads for work that blocks or uses much CPU time. Each thread owns its data. The event loop sends
//! it jobs and never waits for it.
//!
//! | user | thread | jobs | bound | when full | a flush waits until |
//! | --- | --- | --- | ---: | --- | --- |
//! | [`log_writer`](crate::log_writer), one for each file | `log`, `access log` | lines | 4096 | drop and count | the lines are in the file |
//! | [`acme_webroot`](crate::acme_webroot) | `acme` | challenges | 64 | refuse | the files are read |
//! | [`ban_file`](crate::ban_file) | `bans` | the whole list | 1 | keep the newest | the list is on disk, or the write failed |
//! | [`program`](crate::program), reading the configuration again | `configuration` | a reload; formats of stations for another directory | 8 | refuse; the loop requests one reload at a time | the configuration is read |
//! | [`program`](crate::program), certificates | `certificates` | the list of their files; a timer | 1 | keep the newest | never |
//! | [`program`](crate::program), lists of addresses and programs | `lists` | the list of their files; a timer | 1 | keep the newest | never |
//! | [`directory`](crate::directory) | `directory` | reports on all stations | 1 | keep the newest | the report is applied and one due request is answered |
//! | [`master_list`](crate::master_list) | `master` | none, a timer | 1 | keep the newest | a request in progress has ended |
//! | [`net::resolver`](crate::net::resolver) | `resolver` | names | 256 | refuse | the names are looked up |
//! | [`record`](crate::record) | `record MOUNT`, one per session | batches of frames | 32 | refuse; the session counts what is missing | the batches are in the file, or the write failed |
//! | [`service_manager`](crate::service_manager) | `notify` | notifications | 64 | refuse | they are sent, or the sending failed |
//! | [`source_format_file`](crate::source_format_file) | `source formats` | the whole list | 1 | keep the newest | the list is on disk, or the write failed |
//! | [`statistics_file`](crate::statistics_file) | `statistics` | the statistics of all stations | 1 | keep the newest | they are on disk, or the write failed |
//! | [`webroot_files`](crate::webroot_files) | `webroot` | pieces of files | 64 | refuse | the pieces are read |
//! | [`process_usage`](crate::process_usage) | `vitals` | none, a timer | 0 | | a measurement in progress has ended |
//! | [`autodj`](crate::autodj), tracks | `autodj MOUNT`, one per station | none; woken when there is room for frames | 0 | | the thread waits for room or for music |
//! | [`autodj`](crate::autodj), artwork in files | `pictures` | tracks | 64 | refuse | the artwork is read |
//! | [`autodj`](crate::autodj), artwork through an encode worker | `covers` | tracks | 64 | refuse | the artwork is read |
//! | [`autodj`](crate::autodj), loudness | `loudness` | none; woken when a write is due | 0 | | the file is written, or the write failed |
//! | [`encode_worker`](crate::encode_worker), requests | `encode requests N`, one per worker process | none; woken when requests are queued | 0 | | the thread waits for requests, or for the process to read |
//! | [`encode_worker`](crate::encode_worker), responses | `encode worker N`, one per process | none; it reads a pipe | 0 | | never; it ends with the process |
//! | [`encode_worker`](crate::encode_worker), time | `encode pool` | none, a timer | 0 | | a look at all processes in progress has ended |
//! | [`program`](crate::program), `coldwave probe` | `probe N`, one per URL, and with `--renditions` one per stream | none | 0 | | never; the command waits for its reports |
//! | [`page_renderer`](crate::page_renderer) | `pages` | pages | 1 | refuse; the loop requests one at a time | the page is rendered |
//!
//! The event loop holds a [`Worker`], and the thread holds an [`Inbox`]. The queue between them is bounded,
//! and [`WhenFull`] determines what happens to a job that is sent to a full queue. A [`result_channel`]
//! carries results back and wakes the loop with a function that the loop provides, so this module does not
//! depend on the loop. Where many channels have the same user, a [`ReadyQueue`] tells it which of them have
//! results.
//!
//! **No call blocks without a bound.** [`Worker::send`], [`Worker::wake`] and dropping a worker only lock the
//! queue for a moment. [`flush`](Worker::flush), [`ping`](Worker::ping) and [`finish`](Worker::finish) have a
//! time limit. No thread is ever joined: a thread that is blocked in the kernel is left behind, and ends when
//! the kernel call returns, or with the process.
//!
//! **End.** When the last [`Worker`] of a thread is dropped, or on [`Worker::finish`], the thread does all
//! queued jobs and then gets [`InboxEvent::Closed`]. A thread that panics logs one line and drops its queue.
//! Later sends return [`SendError::Disconnected`], and the rest of the process continues.

mod group;
mod inbox;
mod job;
mod queue;
mod ready_queue;
mod results;
mod watch;

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use group::WorkerGroup;
pub use inbox::Inbox;
pub use job::{InboxEvent, SendError, WhenFull};
use queue::Queue;
pub use ready_queue::ReadyQueue;
pub use results::{LoopWaker, Outbox, Results, result_channel};
pub use watch::ThreadWatch;
use watch::Watched;

/// Returns the number of processor cores that this process may use, at least 1.
pub fn available_cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Configures a worker thread: its name, its stack, and the bound of its queue.
#[derive(Debug, Clone)]
pub struct WorkerBuilder {
    name: String,
    stack: Option<usize>,
    bound: usize,
    when_full: WhenFull,
    groups: Vec<WorkerGroup>,
}

impl WorkerBuilder {
    /// Returns a builder for a thread with this name. It takes no jobs unless [`queue`](Self::queue) is
    /// called.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), stack: None, bound: 0, when_full: WhenFull::Refuse, groups: Vec::new() }
    }

    /// Sets the stack size in bytes, instead of the system's default.
    pub fn stack(self, bytes: usize) -> Self {
        Self { stack: Some(bytes), ..self }
    }

    /// Sets how many jobs can wait in the queue, and what happens to further ones.
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
    /// If the system cannot start another thread. The message names the thread.
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

    /// Returns both ends of the queue without starting a thread.
    pub(crate) fn channel<J: Send + 'static>(self) -> (Worker<J>, Inbox<J>) {
        let queue = Arc::new(Queue::new(self.bound, self.when_full));
        let watch = ThreadWatch::new(queue.clone());
        self.groups.iter().for_each(|group| group.add(watch.clone()));
        let inbox = Inbox::new(self.name, queue.clone(), self.groups);
        (Worker { handle: Arc::new(Handle { queue }) }, inbox)
    }
}

/// The event loop's handle of a worker thread. Clones send to the same thread.
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
    /// Queues a job. Never waits for room in the queue.
    ///
    /// # Errors
    /// If the job was not queued. With [`WhenFull::Drop`], a full queue is not an error; the job is counted.
    pub fn send(&self, job: J) -> Result<(), SendError<J>> {
        self.handle.queue.send(job)
    }

    /// Wakes the thread without a job: it soon gets [`InboxEvent::Flush`], even if the queue is full.
    pub fn wake(&self) {
        self.handle.queue.wake();
    }

    /// Returns how many jobs were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.handle.queue.dropped()
    }

    /// Waits until everything that was queued before this call is done and flushed, at most for `within`.
    /// Returns whether it is; always `false` if the thread has ended.
    pub fn flush(&self, within: Duration) -> bool {
        self.handle.queue.flush(within)
    }

    /// Waits until the thread answers between two jobs, at most for `within`. Returns whether it did: `false`
    /// means that it is blocked in a job, or has ended.
    pub fn ping(&self, within: Duration) -> bool {
        self.handle.queue.ping(within)
    }

    /// Closes the queue, and waits until the thread has done the queued jobs and has ended, at most for
    /// `within`. Returns whether it has ended.
    pub fn finish(self, within: Duration) -> bool {
        self.handle.queue.close();
        self.handle.queue.wait_for_end(within)
    }

    /// Returns a handle that watches the thread and does not keep it alive.
    pub fn watch(&self) -> ThreadWatch {
        ThreadWatch::new(self.handle.queue.clone())
    }
}

#[cfg(test)]
mod tests;
