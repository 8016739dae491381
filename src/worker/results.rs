//! The channel for results from a worker thread to the event loop.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Wakes the event loop, from any thread.
pub type LoopWaker = Box<dyn Fn() + Send>;

/// The thread's end of a result channel.
pub struct Outbox<R> {
    results: SyncSender<R>,
    waker: LoopWaker,
}

/// The event loop's end of a result channel.
#[derive(Debug)]
pub struct Results<R> {
    results: Receiver<R>,
}

/// Returns both ends of a channel in which at most `bound` results wait. `waker` is called after each one is
/// sent.
pub fn result_channel<R>(bound: usize, waker: LoopWaker) -> (Outbox<R>, Results<R>) {
    let (sender, receiver) = sync_channel(bound);
    (Outbox { results: sender, waker }, Results { results: receiver })
}

impl<R> Outbox<R> {
    /// Sends a result and wakes the event loop. Blocks until there is room, so only worker threads may call
    /// it. Returns whether the other end still exists; if not, no further results are needed.
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
    /// Returns the next result, if there is one. Never blocks.
    pub fn poll(&self) -> Option<R> {
        self.results.try_recv().ok()
    }
}
