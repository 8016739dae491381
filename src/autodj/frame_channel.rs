//! Between the thread that reads and the station that plays: batches of frames and the titles that come next one way, the
//! news that the rest of a track is not wanted the other way.

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

/// A reader that found no room goes on when no more than so many wait, which are still six seconds at 128 kbit/s. Each
/// time, the loop has to wake a thread, so it is not done for every batch. Batches are small for the sake of FIFOs:
/// what is read from one is not to wait for what is not written yet.
const REFILL_AT: usize = 12;

/// The station is gone: what is read is not wanted any more.
#[derive(Debug)]
pub struct Disconnected;

/// The reader's end.
pub struct FrameSender {
    link: Arc<SharedQueue>,
    /// Where it waits. There are no jobs, only the news that there is room.
    inbox: Inbox<Infallible>,
    alert: LoopWaker,
}

/// The station's end.
pub struct FrameReceiver {
    link: Arc<SharedQueue>,
    /// Reads. It is nudged when there is much room, and ends with this.
    reader: Worker<Infallible>,
}

/// What both ends have.
struct SharedQueue {
    /// Locked for moments only, so that the station may wait for it.
    queue: Mutex<FrameQueue>,
    abandoned: AtomicU64,
}

/// What waits to be received, and which end waits for the other. As both look under the same lock, neither can begin to
/// wait while the other does not see it.
struct FrameQueue {
    items: VecDeque<ReaderMessage>,
    /// Batches that were played, to be filled again: memory that one thread allocates and another frees costs both.
    spent: Vec<FrameBatch>,
    /// What comes next, as far as the reader knows.
    up_next: UpNext,
    /// The station found nothing, and nothing was sent since.
    is_receiver_waiting: bool,
    /// The reader found no room, and was not told since that there is some.
    is_sender_waiting: bool,
    is_receiver_gone: bool,
    is_sender_gone: bool,
}

/// Starts a thread that runs `read`, and returns where what it sends is received. When something is sent that the station
/// looked for in vain, `alert` is called by the thread: once, however much follows.
///
/// # Errors
/// When the system gives us no thread.
pub fn spawn(
    spec: WorkerBuilder,
    alert: LoopWaker,
    read: impl FnOnce(FrameSender) + Send + 'static,
) -> io::Result<FrameReceiver> {
    let link = SharedQueue::new();
    let of_sender = link.clone();
    let reader = spec.spawn(move |inbox| read(FrameSender { link: of_sender, inbox, alert }))?;
    Ok(FrameReceiver { link, reader })
}

/// The two ends, without a thread.
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
        // Nothing that is done under the lock leaves anything half done.
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

    /// Whether it is worth going on.
    fn is_ready_for_refill(&self) -> bool {
        self.items.len() <= REFILL_AT
    }

    /// Notes that the sender waits, if it has to.
    fn mark_sender_waiting(&mut self) -> bool {
        self.is_sender_waiting = !self.is_ready_for_refill() && !self.is_receiver_gone;
        self.is_sender_waiting
    }
}

impl FrameSender {
    /// Sends; where there is no room, waits until there is much. The rest of a track that was abandoned is dropped.
    pub fn send(&self, item: ReaderMessage) -> Result<(), Disconnected> {
        let Some(item) = self.try_send(item)? else { return Ok(()) };
        while self.link.lock().mark_sender_waiting() {
            if self.inbox.next() == InboxEvent::Closed {
                return Err(Disconnected);
            }
        }
        self.push(self.link.lock(), item)
    }

    /// Waits for this long, unless the station goes.
    pub fn pause(&self, length: Duration) -> Result<(), Disconnected> {
        loop {
            match self.inbox.next_within(length) {
                InboxEvent::Timeout => return Ok(()),
                InboxEvent::Closed => return Err(Disconnected),
                InboxEvent::Flush => {}
            }
        }
    }

    /// Sends if there is room; returns the item if there is none. The rest of a track that was abandoned is dropped.
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
        // Looked up under the lock, so that a station that abandons a track and then finds nothing is not alerted of its rest.
        if self.belongs_to_abandoned(&item) {
            return Ok(());
        }
        queue.items.push_back(item);
        let is_awaited = std::mem::take(&mut queue.is_receiver_waiting);
        drop(queue);
        if is_awaited {
            (self.alert)();
        }
        Ok(())
    }

    fn belongs_to_abandoned(&self, item: &ReaderMessage) -> bool {
        matches!(item, ReaderMessage::Batch(batch) if self.is_abandoned(batch.seq))
    }

    /// The first batch of a track, still empty.
    pub fn first_batch(&self, seq: TrackSeq, title: String, track: Arc<TrackInfo>) -> FrameBatch {
        let mut batch = self.next_batch(seq);
        (batch.title, batch.track) = (Some(title), Some(track));
        batch
    }

    /// A batch that goes on with a track, still empty.
    pub fn next_batch(&self, seq: TrackSeq) -> FrameBatch {
        let spent = self.link.lock().spent.pop();
        spent.map_or_else(|| FrameBatch::continuing(seq), |spent| spent.reused_for(seq))
    }

    /// Says what comes next.
    pub fn set_up_next(&self, up_next: UpNext) {
        self.link.lock().up_next = up_next;
    }

    /// Whether the rest of this track is not wanted.
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
    /// The next item that is not of an abandoned track. Never waits for the reader: it alerts when there is something
    /// again.
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
        let wakes = queue.is_ready_for_refill() && std::mem::take(&mut queue.is_sender_waiting);
        drop(queue);
        if wakes {
            self.reader.wake();
        }
        Ok(item)
    }

    /// Returns a batch that was played, to be filled again.
    pub fn recycle(&self, spent: FrameBatch) {
        let mut queue = self.link.lock();
        if queue.spent.len() < BATCHES_WAITING {
            queue.spent.push(spent);
        }
    }

    /// The titles that follow this track, as far as the reader knows.
    pub fn titles_after(&self, seq: TrackSeq) -> Vec<String> {
        self.link.lock().up_next.titles_after(seq)
    }

    /// Says that the rest of this track is not wanted.
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
