//! The words in which the loop and a thread speak of jobs.

/// What happens to a job that finds the queue full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped, and [`Worker::dropped`](super::Worker::dropped) counts it. For jobs whose loss is acceptable.
    Drop,
    /// The caller gets it back with [`SendError::TooManyBans`]. For jobs that the caller can answer or do without in its own way.
    Refuse,
    /// It replaces the newest job that waits. For jobs that a newer one makes obsolete.
    KeepNewest,
}

/// Why a job was not queued. It is inside.
#[derive(Debug, PartialEq, Eq)]
pub enum SendError<J> {
    /// The queue is full, under [`WhenFull::Refuse`].
    Full(J),
    /// The thread has ended, or the worker was told to [finish](super::Worker::finish).
    Disconnected(J),
}

/// What a thread is to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum InboxEvent<J> {
    /// This job.
    Job(J),
    /// Make lasting what was done: the queue is empty, a [flush](super::Worker::flush) waits for it, or the thread was
    /// [nudged](super::Worker::nudge).
    Flush,
    /// Nothing came within the time.
    Timeout,
    /// End: everything is done, and nothing will come.
    Closed,
}
