//! The queue between a worker and its thread, with flushes, pings and the end of the thread.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::job::{InboxEvent, SendError, WhenFull};
use super::watch::Watched;

/// The state shared by both ends.
pub(super) struct Queue<J> {
    bound: usize,
    when_full: WhenFull,
    dropped: AtomicU64,
    /// Locked only briefly. No job is done or dropped under the lock.
    state: Mutex<QueueState<J>>,
    /// Signals the thread that there is something to do.
    work: Condvar,
    /// Signals the other end that the thread has made progress.
    thread_progress: Condvar,
}

struct QueueState<J> {
    jobs: VecDeque<J>,
    /// The number of jobs that the thread has taken.
    taken: u64,
    /// The number of jobs that are done and flushed.
    flushed: u64,
    /// The number of completed flushes.
    flush_count: u64,
    /// During a flush, the number of jobs that were taken before it.
    flushing: Option<u64>,
    /// The numbers of jobs after each of which a flush was requested, in ascending order.
    requested_flushes: VecDeque<u64>,
    is_wake_requested: bool,
    pings: u64,
    pongs: u64,
    is_closed: bool,
    has_ended: bool,
}

impl<J> QueueState<J> {
    fn queued(&self) -> u64 {
        self.taken + self.jobs.len() as u64
    }

    /// Returns the next event for the thread, if there is one.
    fn next(&mut self) -> Option<InboxEvent<J>> {
        if self.is_flush_due() {
            self.flushing = Some(self.taken);
            return Some(InboxEvent::Flush);
        }
        match self.jobs.pop_front() {
            Some(job) => {
                self.taken += 1;
                Some(InboxEvent::Job(job))
            }
            None => self.is_closed.then_some(InboxEvent::Closed),
        }
    }

    fn is_flush_due(&mut self) -> bool {
        let mut is_due = std::mem::take(&mut self.is_wake_requested);
        while self.requested_flushes.pop_front_if(|after| *after <= self.taken).is_some() {
            is_due = true;
        }
        is_due || self.jobs.is_empty() && self.taken > self.flushed
    }

    fn finish_flush(&mut self) -> bool {
        let Some(jobs_taken) = self.flushing.take() else { return false };
        self.flushed = jobs_taken;
        self.flush_count += 1;
        true
    }

    fn answer_ping(&mut self) -> bool {
        std::mem::replace(&mut self.pongs, self.pings) != self.pings
    }
}

impl<J> Queue<J> {
    pub(super) fn new(bound: usize, when_full: WhenFull) -> Self {
        let state = QueueState {
            jobs: VecDeque::new(),
            taken: 0,
            flushed: 0,
            flush_count: 0,
            flushing: None,
            requested_flushes: VecDeque::new(),
            is_wake_requested: false,
            pings: 0,
            pongs: 0,
            is_closed: false,
            has_ended: false,
        };
        let (work, thread_progress) = (Condvar::new(), Condvar::new());
        Self { bound, when_full, dropped: AtomicU64::new(0), state: Mutex::new(state), work, thread_progress }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<J>> {
        // No operation under the lock can panic half-way, so a poisoned lock is safe to use.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn send(&self, job: J) -> Result<(), SendError<J>> {
        let mut state = self.lock();
        if state.is_closed || state.has_ended {
            drop(state);
            self.count_if_dropped();
            return Err(SendError::Disconnected(job));
        }
        if state.jobs.len() < self.bound {
            state.jobs.push_back(job);
            drop(state);
            self.work.notify_one();
            return Ok(());
        }
        match self.when_full {
            WhenFull::Drop => {
                drop(state);
                self.count_if_dropped();
                Ok(())
            }
            WhenFull::Refuse => Err(SendError::Full(job)),
            WhenFull::KeepNewest => {
                let replaced = state.jobs.back_mut().map(|newest| std::mem::replace(newest, job));
                drop(state);
                drop(replaced);
                Ok(())
            }
        }
    }

    fn count_if_dropped(&self) {
        if self.when_full == WhenFull::Drop {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn wake(&self) {
        self.lock().is_wake_requested = true;
        self.work.notify_one();
    }

    /// Closes the queue. The thread still does the queued jobs.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.work.notify_one();
    }

    /// Records that the thread has ended, and drops the jobs that are still queued.
    pub(super) fn mark_ended(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.thread_progress.notify_all();
        drop(jobs);
    }

    /// Returns the number of requested flushes that the thread has not begun.
    #[cfg(test)]
    pub(super) fn requested_flush_count(&self) -> usize {
        self.lock().requested_flushes.len()
    }

    /// Waits for the next event, on the thread. Returns [`InboxEvent::Timeout`] if there is none within the
    /// time limit.
    pub(super) fn next(&self, within: Option<Duration>) -> InboxEvent<J> {
        let mut state = self.lock();
        if state.finish_flush() {
            self.thread_progress.notify_all();
        }
        let mut next = None;
        let is_idle = |state: &mut QueueState<J>| {
            if state.answer_ping() {
                self.thread_progress.notify_all();
            }
            next = state.next();
            next.is_none()
        };
        match within {
            None => drop(self.work.wait_while(state, is_idle)),
            Some(within) => drop(self.work.wait_timeout_while(state, within, is_idle)),
        }
        next.unwrap_or(InboxEvent::Timeout)
    }

    /// Waits until `is_reached` is true. Returns `false` if the thread ends before, or at the time limit.
    fn wait_until(
        &self,
        state: MutexGuard<'_, QueueState<J>>,
        within: Duration,
        is_reached: impl Fn(&QueueState<J>) -> bool,
    ) -> bool {
        let must_wait = |state: &mut QueueState<J>| !is_reached(state) && !state.has_ended;
        let waited = self.thread_progress.wait_timeout_while(state, within, must_wait);
        is_reached(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl<J: Send> Watched for Queue<J> {
    fn flush(&self, within: Duration) -> bool {
        let mut state = self.lock();
        let (all, before) = (state.queued(), state.flush_count);
        if state.requested_flushes.back() != Some(&all) {
            state.requested_flushes.push_back(all);
        }
        self.work.notify_one();
        self.wait_until(state, within, |state| state.flushed >= all && state.flush_count > before)
    }

    fn ping(&self, within: Duration) -> bool {
        let mut state = self.lock();
        state.pings += 1;
        let ping = state.pings;
        self.work.notify_one();
        self.wait_until(state, within, |state| state.pongs >= ping)
    }

    fn wait_for_end(&self, within: Duration) -> bool {
        self.wait_until(self.lock(), within, |state| state.has_ended)
    }
}

impl<J> fmt::Debug for Queue<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("bound", &self.bound)
            .field("when_full", &self.when_full)
            .finish_non_exhaustive()
    }
}
