//! The channel between the reader thread and the station. The reader sends batches of frames and the next
//! titles. The station can abandon the rest of a track.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::{BATCHES_WAITING, FrameBatch, ReaderMessage, TrackSeq};
use super::up_next::UpNext;
use crate::station::{MusicStatus, TrackInfo};
use crate::worker::{Inbox, InboxEvent, LoopWaker, Worker, WorkerBuilder};

/// A reader that waits for space continues when at most this many batches are queued: six seconds of audio at
/// 128 kbit/s. The event loop must wake a thread for this, so it does not do it for every batch. The batches
/// themselves are small because of FIFOs: audio that was read from a FIFO must not wait until more audio is
/// written to it.
const REFILL_AT: usize = 12;

/// The station no longer exists, so the reader should end.
#[derive(Debug)]
pub struct Disconnected;

/// The reader's end of the channel.
pub struct FrameSender {
    shared: Arc<SharedQueue>,
    /// Wakes the reader when there is space. It carries no jobs.
    inbox: Inbox<Infallible>,
    alert: LoopWaker,
}

/// The station's end of the channel.
pub struct FrameReceiver {
    shared: Arc<SharedQueue>,
    /// The reader thread. It is woken when there is enough space, and ends when this is dropped.
    reader: Worker<Infallible>,
}

/// The state that both ends share.
struct SharedQueue {
    /// Both ends hold the lock only briefly, so the event loop may lock it too.
    queue: Mutex<FrameQueue>,
    /// The highest sequence number of an abandoned track.
    abandoned: AtomicU64,
}

/// The messages, and which end waits for the other. Both ends check this under the same lock, so that no
/// wake-up is lost.
struct FrameQueue {
    items: VecDeque<ReaderMessage>,
    /// Batches that were played, for reuse: it is expensive if one thread allocates memory and another frees
    /// it.
    spent: Vec<FrameBatch>,
    /// The next titles that the reader published last.
    up_next: UpNext,
    /// The state of the music that the reader published last.
    music: Arc<MusicStatus>,
    /// The station found the queue empty, and no message was sent since then.
    is_receiver_waiting: bool,
    /// The reader found the queue full, and was not woken since then.
    is_sender_waiting: bool,
    is_receiver_gone: bool,
    is_sender_gone: bool,
}

/// Starts a thread that runs `read`, and returns the receiver of its messages. If the station found the queue
/// empty, the thread calls `alert` when it sends the next message, but not for the messages after that.
///
/// # Errors
/// Returns an error if no thread can be started.
pub fn spawn(
    builder: WorkerBuilder,
    alert: LoopWaker,
    read: impl FnOnce(FrameSender) + Send + 'static,
) -> io::Result<FrameReceiver> {
    let shared = SharedQueue::new();
    let sender_shared = shared.clone();
    let reader = builder.spawn(move |inbox| read(FrameSender { shared: sender_shared, inbox, alert }))?;
    Ok(FrameReceiver { shared, reader })
}

/// Creates both ends without a thread.
#[cfg(test)]
pub fn channel(alert: LoopWaker) -> (FrameSender, FrameReceiver) {
    let (shared, (reader, inbox)) = (SharedQueue::new(), WorkerBuilder::new("reader").channel());
    (FrameSender { shared: shared.clone(), inbox, alert }, FrameReceiver { shared, reader })
}

impl SharedQueue {
    fn new() -> Arc<Self> {
        let queue = FrameQueue {
            items: VecDeque::with_capacity(BATCHES_WAITING),
            spent: Vec::new(),
            up_next: UpNext::default(),
            music: Arc::default(),
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
        while self.shared.lock().mark_sender_waiting() {
            if self.inbox.next() == InboxEvent::Closed {
                return Err(Disconnected);
            }
        }
        self.push(self.shared.lock(), item)
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
        let queue = self.shared.lock();
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
        let spent = self.shared.lock().spent.pop();
        spent.map_or_else(|| FrameBatch::continuing(seq), |spent| spent.reused_for(seq))
    }

    /// Publishes the next titles.
    pub fn set_up_next(&self, up_next: UpNext) {
        self.shared.lock().up_next = up_next;
    }

    /// Publishes the state of the music.
    pub fn set_music_status(&self, status: Arc<MusicStatus>) {
        self.shared.lock().music = status;
    }

    /// Returns whether the station has abandoned this track.
    pub fn is_abandoned(&self, seq: TrackSeq) -> bool {
        self.shared.is_abandoned(seq)
    }
}

impl Drop for FrameSender {
    fn drop(&mut self) {
        self.shared.lock().is_sender_gone = true;
    }
}

impl FrameReceiver {
    /// Returns the next message that does not belong to an abandoned track. Never blocks: if there is none,
    /// the reader calls its alert with the next one.
    pub fn try_recv(&self) -> Result<ReaderMessage, TryRecvError> {
        loop {
            match self.pop()? {
                ReaderMessage::Batch(batch) if self.shared.is_abandoned(batch.seq) => {}
                item => return Ok(item),
            }
        }
    }

    fn pop(&self) -> Result<ReaderMessage, TryRecvError> {
        let mut queue = self.shared.lock();
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

    /// Returns a played batch to the reader for reuse.
    pub fn recycle(&self, spent: FrameBatch) {
        let mut queue = self.shared.lock();
        if queue.spent.len() < BATCHES_WAITING {
            queue.spent.push(spent);
        }
    }

    /// Returns the published titles that follow this track.
    pub fn titles_after(&self, seq: TrackSeq) -> Vec<String> {
        self.shared.lock().up_next.titles_after(seq)
    }

    /// Returns the state of the music that was published last.
    pub fn music_status(&self) -> Arc<MusicStatus> {
        self.shared.lock().music.clone()
    }

    /// Abandons the rest of this track.
    pub fn abandon(&self, seq: TrackSeq) {
        self.shared.abandoned.store(seq, Ordering::Relaxed);
    }
}

impl Drop for FrameReceiver {
    fn drop(&mut self) {
        self.shared.lock().is_receiver_gone = true;
    }
}

#[cfg(test)]
mod tests;
