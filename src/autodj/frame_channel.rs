//! The channel between the reader thread and the station. Batches of frames and the next titles go to the
//! station; the message that the rest of a track is not wanted goes to the reader.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::{BATCHES_WAITING, FrameBatch, ReaderMessage, TrackSeq};
use super::up_next::UpNext;
use crate::station::TrackInfo;
use crate::worker::{Inbox, InboxEvent, LoopWaker, Worker, WorkerBuilder};

/// A reader that waits for space continues when at most this many batches wait, which are still six seconds
/// at 128 kbit/s. The event loop has to wake a thread each time, so it does not do this for every batch.
/// Batches are small because of FIFOs: audio that was read from a FIFO must not wait for audio that is not
/// written yet.
const REFILL_AT: usize = 12;

/// The station no longer exists, so nothing more should be read.
#[derive(Debug)]
pub struct Disconnected;

/// The reader's end of the channel.
pub struct FrameSender {
    link: Arc<SharedQueue>,
    /// Wakes the reader when there is space. It carries no jobs.
    inbox: Inbox<Infallible>,
    alert: LoopWaker,
}

/// The station's end of the channel.
pub struct FrameReceiver {
    link: Arc<SharedQueue>,
    /// The reader thread. It is woken when there is enough space, and ends when this is dropped.
    reader: Worker<Infallible>,
}

/// The state that both ends share.
struct SharedQueue {
    /// Locked very briefly, so the event loop may lock it too.
    queue: Mutex<FrameQueue>,
    abandoned: AtomicU64,
}

/// The messages, and which end waits for the other. Both ends check this under the same lock, so neither can
/// start to wait without the other noticing.
struct FrameQueue {
    items: VecDeque<ReaderMessage>,
    /// Batches that were played, for reuse: memory that one thread allocates and another frees is expensive
    /// for both.
    spent: Vec<FrameBatch>,
    /// The next titles, as far as the reader knows.
    up_next: UpNext,
    /// The station found the queue empty, and nothing was sent since.
    is_receiver_waiting: bool,
    /// The reader found the queue full, and was not woken since.
    is_sender_waiting: bool,
    is_receiver_gone: bool,
    is_sender_gone: bool,
}

/// Starts a thread that runs `read`, and returns the receiver for what it sends. If the station found the
/// queue empty, the thread calls `alert` with the next message that it sends: once, however many follow.
///
/// # Errors
/// Returns an error if no thread can be started.
pub fn spawn(
    builder: WorkerBuilder,
    alert: LoopWaker,
    read: impl FnOnce(FrameSender) + Send + 'static,
) -> io::Result<FrameReceiver> {
    let link = SharedQueue::new();
    let sender_link = link.clone();
    let reader = builder.spawn(move |inbox| read(FrameSender { link: sender_link, inbox, alert }))?;
    Ok(FrameReceiver { link, reader })
}

/// Creates both ends without a thread.
#[cfg(test)]
pub fn channel(alert: LoopWaker) -> (FrameSender, FrameReceiver) {
    let (link, (reader, inbox)) = (SharedQueue::new(), WorkerBuilder::new("reader").channel());
    (FrameSender { link: link.clone(), inbox, alert }, FrameReceiver { link, reader })
}

impl SharedQueue {
    fn new() -> Arc<Self> {
        let queue = FrameQueue {
            items: VecDeque::with_capacity(BATCHES_WAITING),
            spent: Vec::new(),
            up_next: UpNext::default(),
            is_receiver_waiting: false,
            is_sender_waiting: false,
            is_receiver_gone: false,
            is_sender_gone: false,
        };
        Arc::new(Self { queue: Mutex::new(queue), abandoned: AtomicU64::new(0) })
    }

    fn lock(&self) -> MutexGuard<'_, FrameQueue> {
        // No operation under the lock can leave the queue in an inconsistent state.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_abandoned(&self, seq: TrackSeq) -> bool {
        seq <= self.abandoned.load(Ordering::Relaxed)
    }
}

impl FrameQueue {
    fn has_room(&self) -> bool {
        self.items.len() < BATCHES_WAITING
    }

    /// Returns whether there is enough space for the sender to continue.
    fn is_ready_for_refill(&self) -> bool {
        self.items.len() <= REFILL_AT
    }

    /// Marks the sender as waiting if it has to wait, and returns whether it has to.
    fn mark_sender_waiting(&mut self) -> bool {
        self.is_sender_waiting = !self.is_ready_for_refill() && !self.is_receiver_gone;
        self.is_sender_waiting
    }
}

impl FrameSender {
    /// Sends a message. If the queue is full, waits until there is enough space. Drops batches of an
    /// abandoned track.
    pub fn send(&self, item: ReaderMessage) -> Result<(), Disconnected> {
        let Some(item) = self.try_send(item)? else { return Ok(()) };
        while self.link.lock().mark_sender_waiting() {
            if self.inbox.next() == InboxEvent::Closed {
                return Err(Disconnected);
            }
        }
        self.push(self.link.lock(), item)
    }

    /// Waits for this long, or until the station no longer exists.
    pub fn pause(&self, length: Duration) -> Result<(), Disconnected> {
        loop {
            match self.inbox.next_within(length) {
                InboxEvent::Timeout => return Ok(()),
                InboxEvent::Closed => return Err(Disconnected),
                InboxEvent::Flush => {}
            }
        }
    }

    /// Sends a message if there is space, else returns it. Drops batches of an abandoned track.
    pub fn try_send(&self, item: ReaderMessage) -> Result<Option<ReaderMessage>, Disconnected> {
        let queue = self.link.lock();
        if !queue.has_room() && !queue.is_receiver_gone && !self.belongs_to_abandoned(&item) {
            return Ok(Some(item));
        }
        self.push(queue, item).map(|()| None)
    }

    fn push(&self, mut queue: MutexGuard<'_, FrameQueue>, item: ReaderMessage) -> Result<(), Disconnected> {
        if queue.is_receiver_gone {
            return Err(Disconnected);
        }
        // Checked under the lock, so that a station that abandons a track and then finds the queue empty gets
        // no alert for the rest of that track.
        if self.belongs_to_abandoned(&item) {
            return Ok(());
        }
        queue.items.push_back(item);
        let is_receiver_waiting = std::mem::take(&mut queue.is_receiver_waiting);
        drop(queue);
        if is_receiver_waiting {
            (self.alert)();
        }
        Ok(())
    }

    fn belongs_to_abandoned(&self, item: &ReaderMessage) -> bool {
        matches!(item, ReaderMessage::Batch(batch) if self.is_abandoned(batch.seq))
    }

    /// Returns an empty first batch of a track.
    pub fn first_batch(&self, seq: TrackSeq, title: String, track: Arc<TrackInfo>) -> FrameBatch {
        let mut batch = self.next_batch(seq);
        (batch.title, batch.track) = (Some(title), Some(track));
        batch
    }

    /// Returns an empty batch that continues a track.
    pub fn next_batch(&self, seq: TrackSeq) -> FrameBatch {
        let spent = self.link.lock().spent.pop();
        spent.map_or_else(|| FrameBatch::continuing(seq), |spent| spent.reused_for(seq))
    }

    /// Publishes the next titles.
    pub fn set_up_next(&self, up_next: UpNext) {
        self.link.lock().up_next = up_next;
    }

    /// Returns whether the station has abandoned this track.
    pub fn is_abandoned(&self, seq: TrackSeq) -> bool {
        self.link.is_abandoned(seq)
    }
}

impl Drop for FrameSender {
    fn drop(&mut self) {
        self.link.lock().is_sender_gone = true;
    }
}

impl FrameReceiver {
    /// Returns the next message that does not belong to an abandoned track. Never blocks: if there is none,
    /// the reader calls its alert with the next one.
    pub fn try_recv(&self) -> Result<ReaderMessage, TryRecvError> {
        loop {
            match self.pop()? {
                ReaderMessage::Batch(batch) if self.link.is_abandoned(batch.seq) => {}
                item => return Ok(item),
            }
        }
    }

    fn pop(&self) -> Result<ReaderMessage, TryRecvError> {
        let mut queue = self.link.lock();
        let Some(item) = queue.items.pop_front() else {
            if queue.is_sender_gone {
                return Err(TryRecvError::Disconnected);
            }
            queue.is_receiver_waiting = true;
            return Err(TryRecvError::Empty);
        };
        let wakes_sender = queue.is_ready_for_refill() && std::mem::take(&mut queue.is_sender_waiting);
        drop(queue);
        if wakes_sender {
            self.reader.wake();
        }
        Ok(item)
    }

    /// Gives a batch that was played back to the reader for reuse.
    pub fn recycle(&self, spent: FrameBatch) {
        let mut queue = self.link.lock();
        if queue.spent.len() < BATCHES_WAITING {
            queue.spent.push(spent);
        }
    }

    /// Returns the titles that follow this track, as far as the reader knows.
    pub fn titles_after(&self, seq: TrackSeq) -> Vec<String> {
        self.link.lock().up_next.titles_after(seq)
    }

    /// Abandons the rest of this track.
    pub fn abandon(&self, seq: TrackSeq) {
        self.link.abandoned.store(seq, Ordering::Relaxed);
    }
}

impl Drop for FrameReceiver {
    fn drop(&mut self) {
        self.link.lock().is_receiver_gone = true;
    }
}

#[cfg(test)]
mod tests;
