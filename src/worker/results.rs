//! The way back: what a thread found out.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Wakes the event loop, from any thread.
pub type LoopWaker = Box<dyn Fn() + Send>;

/// The thread's end.
pub struct Outbox<R> {
    results: SyncSender<R>,
    waker: LoopWaker,
}

/// The loop's end.
#[derive(Debug)]
pub struct Results<R> {
    results: Receiver<R>,
}

/// Both ends of a way back on which at most `bound` results wait to be collected. `alert` is called after each.
pub fn result_channel<R>(bound: usize, alert: LoopWaker) -> (Outbox<R>, Results<R>) {
    let (sender, receiver) = sync_channel(bound);
    (Outbox { results: sender, waker: alert }, Results { results: receiver })
}

impl<R> Outbox<R> {
    /// Sends a result and alerts the loop. Waits for room, so it is for helper threads only. Returns whether the other end
    /// is still there; the thread has no more to do if it is not.
    pub fn send(&self, result: R) -> bool {
        let is_sent = self.results.send(result).is_ok();
        if is_sent {
            (self.waker)();
        }
        is_sent
    }
}

impl<R> fmt::Debug for Outbox<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl<R> Results<R> {
    /// The next result, if there is one. Never blocks.
    pub fn poll(&self) -> Option<R> {
        self.results.try_recv().ok()
    }
}
