//! The queue between a worker and its thread, and what both tell each other beside the jobs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::job::{InboxEvent, SendError, WhenFull};
use super::watch::Watched;

/// What both ends share.
pub(super) struct Queue<J> {
    bound: usize,
    when_full: WhenFull,
    dropped: AtomicU64,
    /// Locked for moments only. No job is done or dropped under the lock.
    state: Mutex<QueueState<J>>,
    /// There is something for the thread.
    work: Condvar,
    /// The thread has something to tell.
    thread_progress: Condvar,
}

struct QueueState<J> {
    jobs: VecDeque<J>,
    /// Jobs that the thread was given.
    taken: u64,
    /// Jobs that are done and settled.
    flushed: u64,
    /// How often the thread settled.
    flush_count: u64,
    /// Jobs that were taken when the thread began to settle, while it does.
    flushing: Option<u64>,
    /// Counts of jobs after which a flush waits for the thread to settle, in ascending order.
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

    /// What the thread is to do, if there is anything.
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
        let Some(settled) = self.flushing.take() else { return false };
        self.flushed = settled;
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
        let (work, news) = (Condvar::new(), Condvar::new());
        Self {
            bound,
            when_full,
            dropped: AtomicU64::new(0),
            state: Mutex::new(state),
            work,
            thread_progress: news,
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<J>> {
        // Nothing that is done under the lock leaves anything half done.
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

    /// What is queued will still be done, and nothing after it.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.work.notify_one();
    }

    /// The thread has ended.
    pub(super) fn mark_ended(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.thread_progress.notify_all();
        drop(jobs);
    }

    /// How many flushes the thread has not begun to settle for.
    #[cfg(test)]
    pub(super) fn flushes_waiting(&self) -> usize {
        self.lock().requested_flushes.len()
    }

    /// For the thread: the next thing to do; [`InboxEvent::Timeout`] where there is none within that time.
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

    /// Waits until the thread has told what is waited for; `false` where it has ended before, or the time is up.
    fn wait_until(
        &self,
        state: MutexGuard<'_, QueueState<J>>,
        within: Duration,
        is_told: impl Fn(&QueueState<J>) -> bool,
    ) -> bool {
        let is_awaited = |state: &mut QueueState<J>| !is_told(state) && !state.has_ended;
        let waited = self.thread_progress.wait_timeout_while(state, within, is_awaited);
        is_told(&waited.unwrap_or_else(PoisonError::into_inner).0)
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
