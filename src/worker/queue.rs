//! The queue between a worker and its thread, and what both tell each other beside the jobs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::job::{Next, SendError, WhenFull};
use super::watch::Watched;

/// What both ends share.
pub(super) struct Queue<J> {
    bound: usize,
    when_full: WhenFull,
    dropped: AtomicU64,
    /// Locked for moments only. No job is done or dropped under the lock.
    state: Mutex<State<J>>,
    /// There is something for the thread.
    work: Condvar,
    /// The thread has something to tell.
    news: Condvar,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// Jobs that the thread was given.
    taken: u64,
    /// Jobs that are done and settled.
    settled: u64,
    /// How often the thread settled.
    settlings: u64,
    /// Jobs that were taken when the thread began to settle, while it does.
    settling: Option<u64>,
    /// Counts of jobs after which a flush waits for the thread to settle, in ascending order.
    flushes: VecDeque<u64>,
    is_nudged: bool,
    pings: u64,
    pongs: u64,
    is_closed: bool,
    is_gone: bool,
}

impl<J> State<J> {
    fn queued(&self) -> u64 {
        self.taken + self.jobs.len() as u64
    }

    /// What the thread is to do, if there is anything.
    fn next(&mut self) -> Option<Next<J>> {
        if self.is_settling_due() {
            self.settling = Some(self.taken);
            return Some(Next::Settle);
        }
        match self.jobs.pop_front() {
            Some(job) => {
                self.taken += 1;
                Some(Next::Job(job))
            }
            None => self.is_closed.then_some(Next::Closed),
        }
    }

    fn is_settling_due(&mut self) -> bool {
        let mut is_due = std::mem::take(&mut self.is_nudged);
        while self.flushes.pop_front_if(|after| *after <= self.taken).is_some() {
            is_due = true;
        }
        is_due || self.jobs.is_empty() && self.taken > self.settled
    }

    fn has_settled(&mut self) -> bool {
        let Some(settled) = self.settling.take() else { return false };
        self.settled = settled;
        self.settlings += 1;
        true
    }

    fn answers_ping(&mut self) -> bool {
        std::mem::replace(&mut self.pongs, self.pings) != self.pings
    }
}

impl<J> Queue<J> {
    pub(super) fn new(bound: usize, when_full: WhenFull) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            taken: 0,
            settled: 0,
            settlings: 0,
            settling: None,
            flushes: VecDeque::new(),
            is_nudged: false,
            pings: 0,
            pongs: 0,
            is_closed: false,
            is_gone: false,
        };
        let (work, news) = (Condvar::new(), Condvar::new());
        Self { bound, when_full, dropped: AtomicU64::new(0), state: Mutex::new(state), work, news }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        // Nothing that is done under the lock leaves anything half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn send(&self, job: J) -> Result<(), SendError<J>> {
        let mut state = self.lock();
        if state.is_closed || state.is_gone {
            drop(state);
            self.count_if_dropped();
            return Err(SendError::Gone(job));
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

    pub(super) fn nudge(&self) {
        self.lock().is_nudged = true;
        self.work.notify_one();
    }

    /// What is queued will still be done, and nothing after it.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.work.notify_one();
    }

    /// The thread has ended.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.is_gone = true;
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.news.notify_all();
        drop(jobs);
    }

    /// How many flushes the thread has not begun to settle for.
    #[cfg(test)]
    pub(super) fn flushes_waiting(&self) -> usize {
        self.lock().flushes.len()
    }

    /// For the thread: the next thing to do; [`Next::Timeout`] where there is none within that time.
    pub(super) fn next(&self, within: Option<Duration>) -> Next<J> {
        let mut state = self.lock();
        if state.has_settled() {
            self.news.notify_all();
        }
        let mut next = None;
        let is_idle = |state: &mut State<J>| {
            if state.answers_ping() {
                self.news.notify_all();
            }
            next = state.next();
            next.is_none()
        };
        match within {
            None => drop(self.work.wait_while(state, is_idle)),
            Some(within) => drop(self.work.wait_timeout_while(state, within, is_idle)),
        }
        next.unwrap_or(Next::Timeout)
    }

    /// Waits until the thread has told what is waited for; `false` where it has ended before, or the time is up.
    fn wait_for_news(
        &self,
        state: MutexGuard<'_, State<J>>,
        within: Duration,
        is_told: impl Fn(&State<J>) -> bool,
    ) -> bool {
        let is_awaited = |state: &mut State<J>| !is_told(state) && !state.is_gone;
        let waited = self.news.wait_timeout_while(state, within, is_awaited);
        is_told(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl<J: Send> Watched for Queue<J> {
    fn flush(&self, within: Duration) -> bool {
        let mut state = self.lock();
        let (all, before) = (state.queued(), state.settlings);
        if state.flushes.back() != Some(&all) {
            state.flushes.push_back(all);
        }
        self.work.notify_one();
        self.wait_for_news(state, within, |state| state.settled >= all && state.settlings > before)
    }

    fn ping(&self, within: Duration) -> bool {
        let mut state = self.lock();
        state.pings += 1;
        let ping = state.pings;
        self.work.notify_one();
        self.wait_for_news(state, within, |state| state.pongs >= ping)
    }

    fn wait_for_end(&self, within: Duration) -> bool {
        self.wait_for_news(self.lock(), within, |state| state.is_gone)
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
