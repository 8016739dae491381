//! Which of many result channels have something for the event loop.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::results::LoopWaker;

/// The keys of channels with results that were not polled yet.
pub struct ReadyQueue<K> {
    sender: Sender<K>,
    keys: Receiver<K>,
    waker: Arc<Mutex<LoopWaker>>,
}

impl<K: Copy + Send + 'static> ReadyQueue<K> {
    /// Returns an empty queue. `waker` wakes the event loop.
    pub fn new(waker: LoopWaker) -> Self {
        let (sender, keys) = channel();
        Self { sender, keys, waker: Arc::new(Mutex::new(waker)) }
    }

    /// Returns a waker for a result channel: it queues this key and wakes the event loop.
    pub fn waker(&self, key: K) -> LoopWaker {
        let (sender, waker) = (self.sender.clone(), self.waker.clone());
        Box::new(move || {
            // The event loop may have ended.
            let _ = sender.send(key);
            waker.lock().unwrap_or_else(PoisonError::into_inner)();
        })
    }

    /// Returns the key of a channel that may have a result, once for each result. Never blocks.
    pub fn next(&self) -> Option<K> {
        self.keys.try_recv().ok()
    }
}

impl<K> fmt::Debug for ReadyQueue<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyQueue").finish_non_exhaustive()
    }
}
