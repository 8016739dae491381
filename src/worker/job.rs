//! The events that a worker thread receives, and the policies for a job that is sent to a full queue.

/// What happens to a job that is sent to a full queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped, and [`Worker::dropped`](super::Worker::dropped) counts it. For jobs whose loss is
    /// acceptable.
    Drop,
    /// It is returned to the caller in [`SendError::Full`]. For jobs that the caller can handle otherwise or
    /// omit.
    Refuse,
    /// It replaces the newest job in the queue. For jobs that become obsolete when a newer one is sent.
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

/// The next event for a worker thread.
#[derive(Debug, PartialEq, Eq)]
pub enum InboxEvent<J> {
    /// Do this job.
    Job(J),
    /// Make the work so far durable: the queue is empty, a [flush](super::Worker::flush) waits, or the thread
    /// was [woken](super::Worker::wake).
    Flush,
    /// No event within the time limit.
    Timeout,
    /// All jobs are done, and no more can be sent. The thread must end.
    Closed,
}
