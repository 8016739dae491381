//! Between the thread that reads and the station that plays: batches of frames and what comes after them one way, the word
//! that a track was broken off the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::time::Duration;

use super::ahead::Ahead;
use crate::audio::{Frame, Header};
use crate::station::TrackInfo;
use crate::time::AudioTime;

/// What a reader does when it has handed something over: wakes whoever waits for it.
pub type Alert = Box<dyn Fn() + Send>;

/// Bytes of audio in one hand-over: half a second at 128 kbit/s.
pub const BATCH: usize = 8 * 1024;

/// The longest that the audio in one hand-over may play. At a low bit rate, what is read ahead would else last for
/// minutes, and a track would be chosen long before its turn: see `programme`.
const BATCH_LENGTH: Duration = Duration::from_secs(1);

/// Hand-overs that wait to be played. Eight seconds at 128 kbit/s: a burst, and a disk's time to wake up. With the one
/// that is being filled, never more than 17 seconds.
pub const BATCHES_WAITING: usize = 16;

/// What the reader hands over.
#[derive(Debug)]
pub enum Handover {
    /// The next frames.
    Batch(Batch),
    /// A whole round through the music found nothing to play.
    Nothing,
}

/// Which of all tracks that were read: 1, 2, 3 … A file that is played twice is two.
pub type Turn = u64;

/// Whole frames of one track, one after the other.
#[derive(Debug, Default)]
pub struct Batch {
    /// The track's turn; 0 before the first.
    pub turn: Turn,
    /// The title that begins with the first frame.
    pub title: Option<String>,
    /// What is known of the track that begins with the first frame.
    pub track: Option<Arc<TrackInfo>>,
    /// The frames.
    pub bytes: Vec<u8>,
    /// Their headers.
    pub headers: Vec<Header>,
    length: AudioTime,
}

impl Batch {
    /// The first of a track, still empty.
    pub fn beginning(turn: Turn, title: String, track: Arc<TrackInfo>) -> Self {
        Self { turn, title: Some(title), track: Some(track), ..Self::default() }
    }

    /// One that goes on with a track, still empty.
    pub fn following(turn: Turn) -> Self {
        Self { turn, ..Self::default() }
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.headers.push(frame.header);
        self.length += frame.header.duration();
    }

    /// Whether it is to be handed over.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH || self.length >= BATCH_LENGTH.into()
    }

    /// Takes what was collected. The frames that come next go on with the same track.
    pub fn take(&mut self) -> Self {
        let rest = Self::following(self.turn);
        std::mem::replace(self, rest)
    }
}

/// The station is gone, so nobody wants what is read.
#[derive(Debug)]
pub struct NobodyThere;

/// The reader's end.
pub struct Giver {
    batches: SyncSender<Handover>,
    ahead: Sender<Ahead>,
    broken_off: Arc<AtomicU64>,
    alert: Alert,
}

/// The station's end.
pub struct Taker {
    batches: Receiver<Handover>,
    ahead: Receiver<Ahead>,
    broken_off: Arc<AtomicU64>,
}

/// The two ends. Whenever something was handed over, `alert` is called where it was given.
pub fn pair(alert: Alert) -> (Giver, Taker) {
    let (sender, receiver) = sync_channel(BATCHES_WAITING);
    // It needs no bound: while nobody takes batches, hardly anything is told.
    let (teller, told) = channel();
    let broken_off = Arc::new(AtomicU64::new(0));
    let giver = Giver { batches: sender, ahead: teller, broken_off: broken_off.clone(), alert };
    (giver, Taker { batches: receiver, ahead: told, broken_off })
}

impl Giver {
    /// Hands over; waits while there is no room. What is left of a track that was broken off is dropped.
    pub fn give(&self, handover: Handover) -> Result<(), NobodyThere> {
        let Some(handover) = self.try_give(handover)? else { return Ok(()) };
        self.batches.send(handover).map_err(|_| NobodyThere)?;
        (self.alert)();
        Ok(())
    }

    /// Hands over if there is room; gives back what there is none for. What is left of a track that was broken off is
    /// dropped.
    pub fn try_give(&self, handover: Handover) -> Result<Option<Handover>, NobodyThere> {
        if matches!(&handover, Handover::Batch(batch) if self.is_broken_off(batch.turn)) {
            return Ok(None);
        }
        match self.batches.try_send(handover) {
            Ok(()) => {
                (self.alert)();
                Ok(None)
            }
            Err(TrySendError::Full(handover)) => Ok(Some(handover)),
            Err(TrySendError::Disconnected(_)) => Err(NobodyThere),
        }
    }

    /// Tells what comes next.
    pub fn tell(&self, ahead: Ahead) {
        // If nobody is there, the next hand-over finds out.
        let _ = self.ahead.send(ahead);
    }

    /// Whether nobody wants the rest of this track.
    pub fn is_broken_off(&self, turn: Turn) -> bool {
        turn <= self.broken_off.load(Ordering::Relaxed)
    }
}

impl Taker {
    /// The next hand-over that is not of a track that was broken off. Never blocks.
    pub fn try_take(&self) -> Result<Handover, TryRecvError> {
        loop {
            match self.batches.try_recv()? {
                Handover::Batch(batch) if batch.turn <= self.broken_off.load(Ordering::Relaxed) => {}
                handover => return Ok(handover),
            }
        }
    }

    /// What comes next, if anything was told of it since this was last asked. Never blocks.
    pub fn told(&self) -> Option<Ahead> {
        self.ahead.try_iter().last()
    }

    /// Says that nobody wants the rest of this track.
    pub fn break_off(&self, turn: Turn) {
        self.broken_off.store(turn, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn batch(turn: Turn) -> Handover {
        Handover::Batch(Batch::following(turn))
    }

    fn taken(taker: &Taker) -> Vec<Turn> {
        let turns = std::iter::from_fn(|| taker.try_take().ok()).map(|handover| match handover {
            Handover::Batch(batch) => batch.turn,
            Handover::Nothing => 0,
        });
        turns.collect()
    }

    #[test]
    fn of_a_track_that_was_broken_off_nothing_comes_through() {
        let (alert, alerts) = channel();
        let (giver, taker) = pair(Box::new(move || alert.send(()).expect("the test listens")));
        let give = |turns: &[Turn]| turns.iter().for_each(|&turn| giver.give(batch(turn)).expect("a taker"));
        give(&[1, 1, 2]);
        assert!(!giver.is_broken_off(1));
        taker.break_off(1);
        assert!(giver.is_broken_off(1) && !giver.is_broken_off(2));
        give(&[1, 2, 3]);
        giver.give(Handover::Nothing).expect("a taker");
        assert_eq!(taken(&taker), [2, 2, 3, 0]);
        assert_eq!(alerts.try_iter().count(), 6, "none for what was dropped before");
    }

    #[test]
    fn each_end_sees_when_the_other_is_gone() {
        let (giver, taker) = pair(Box::new(|| {}));
        drop(taker);
        assert!(giver.give(batch(1)).is_err());
        let (giver, taker) = pair(Box::new(|| {}));
        giver.give(batch(1)).expect("a taker");
        drop(giver);
        assert_eq!(taken(&taker), [1]);
        assert!(matches!(taker.try_take(), Err(TryRecvError::Disconnected)));
    }

    #[test]
    fn what_follows_in_a_track_has_no_title() {
        let mut batch = Batch::beginning(3, "x".into(), Arc::default());
        assert_eq!(batch.take().title.as_deref(), Some("x"));
        assert_eq!((batch.turn, batch.title.as_ref(), batch.track.as_ref()), (3, None, None));
    }
}
