//! What a worker thread receives: jobs, a flush, the end; and what happens to a job when the queue is full.

/// What happens to a job that is sent to a full queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped, and [`Worker::dropped`](super::Worker::dropped) counts it. For jobs whose loss is
    /// acceptable.
    Drop,
    /// The caller gets it back with [`SendError::Full`]. For jobs that the caller can handle or omit in its
    /// own way.
    Refuse,
    /// It replaces the newest job in the queue. For jobs that a newer one makes obsolete.
    KeepNewest,
}

/// Why a job was not queued. Contains the job.
#[derive(Debug, PartialEq, Eq)]
pub enum SendError<J> {
    /// The queue is full, with [`WhenFull::Refuse`].
    Full(J),
    /// The thread has ended, or the worker was [finished](super::Worker::finish).
    Disconnected(J),
}

/// What a thread has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum InboxEvent<J> {
    /// Do this job.
    Job(J),
    /// Make the work so far durable: the queue is empty, a [flush](super::Worker::flush) waits, or the thread
    /// was [woken](super::Worker::wake).
    Flush,
    /// No event within the time limit.
    Timeout,
    /// End: all jobs are done, and no more can come.
    Closed,
}
