//! The channel between the reader thread and the station. The reader sends batches of frames and the next
//! titles. The station can abandon the rest of a track.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::{BATCHES_WAITING, FrameBatch, ReaderMessage, TrackSeq};
use super::reader_requests::ReaderRequests;
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
    /// Whether everything that was read is abandoned, until the reader restarts.
    is_restarting: AtomicBool,
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
    /// What the station requests of the reader.
    requests: ReaderRequests,
    /// The track after which the reader restarts.
    restart_after: Option<PathBuf>,
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
            requests: ReaderRequests::default(),
            restart_after: None,
            is_receiver_waiting: false,
            is_sender_waiting: false,
            is_receiver_gone: false,
            is_sender_gone: false,
        };
        let (abandoned, is_restarting) = (AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { queue: Mutex::new(queue), abandoned, is_restarting })
    }

    fn lock(&self) -> MutexGuard<'_, FrameQueue> {
        // No operation under the lock can leave the queue in an inconsistent state.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_abandoned(&self, seq: TrackSeq) -> bool {
        seq <= self.abandoned.load(Ordering::Relaxed) || self.is_restarting.load(Ordering::Relaxed)
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

    /// Sends a message. If the queue is full, waits until there is enough space. Returns the message if the
    /// station [requests](Self::take_requests) something meanwhile.
    pub fn send_unless_requested(&self, item: ReaderMessage) -> Result<Option<ReaderMessage>, Disconnected> {
        let Some(item) = self.try_send(item)? else { return Ok(None) };
        loop {
            let mut queue = self.shared.lock();
            if !queue.mark_sender_waiting() {
                return self.push(queue, item).map(|()| None);
            }
            if queue.requests.are_pending() {
                return Ok(Some(item));
            }
            drop(queue);
            if self.inbox.next() == InboxEvent::Closed {
                return Err(Disconnected);
            }
        }
    }

    /// Returns what the station has requested since the last call.
    pub fn take_requests(&self) -> ReaderRequests {
        std::mem::take(&mut self.shared.lock().requests)
    }

    /// Returns the track after which the reader has to restart, if the station has requested it. The tracks
    /// up to `seq` are abandoned.
    pub fn take_restart(&self, seq: TrackSeq) -> Option<PathBuf> {
        let mut queue = self.shared.lock();
        let after = queue.restart_after.take()?;
        self.shared.abandoned.store(seq, Ordering::Relaxed);
        self.shared.is_restarting.store(false, Ordering::Relaxed);
        Some(after)
    }

    /// Sends a message. If the queue is full, waits for up to `timeout` until there is enough space, and
    /// returns the message if there is not.
    pub fn send_within(
        &self,
        item: ReaderMessage,
        timeout: Duration,
    ) -> Result<Option<ReaderMessage>, Disconnected> {
        if self.shared.lock().mark_sender_waiting() && self.inbox.next_within(timeout) == InboxEvent::Closed {
            return Err(Disconnected);
        }
        let queue = self.shared.lock();
        let is_sent = queue.is_ready_for_refill() || queue.is_receiver_gone;
        if is_sent { self.push(queue, item).map(|()| None) } else { Ok(Some(item)) }
    }

    /// Like [`pause`](Self::pause), but ends early if the station requests something.
    pub fn pause_unless_requested(&self, length: Duration) -> Result<(), Disconnected> {
        loop {
            if self.shared.lock().requests.are_pending() {
                return Ok(());
            }
            match self.inbox.next_within(length) {
                InboxEvent::Timeout => return Ok(()),
                InboxEvent::Closed => return Err(Disconnected),
                InboxEvent::Flush => {}
            }
        }
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

    /// Publishes the next titles, unless they are those of tracks that are abandoned because of a restart.
    pub fn set_up_next(&self, up_next: UpNext) {
        let mut queue = self.shared.lock();
        if queue.restart_after.is_none() {
            queue.up_next = up_next;
        }
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

    /// Requests something of the reader, which does it soon, whether there is room for frames or not.
    pub fn request(&self, request: impl FnOnce(&mut ReaderRequests)) {
        request(&mut self.shared.lock().requests);
        self.reader.wake();
    }

    /// Drops everything that was read. The reader begins with the track that follows the one at `path`.
    pub fn restart_after(&self, path: &Path) {
        let mut queue = self.shared.lock();
        self.shared.is_restarting.store(true, Ordering::Relaxed);
        queue.restart_after = Some(path.to_owned());
        queue.items.retain(|item| matches!(item, ReaderMessage::NothingPlayable));
        queue.up_next = UpNext::default();
        queue.is_sender_waiting = false;
        drop(queue);
        self.reader.wake();
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
