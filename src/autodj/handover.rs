//! Between the thread that reads and the station that plays: batches of frames and what comes after them one way, the word
//! that a track was broken off the other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ahead::Ahead;
use crate::audio::{Codec, Frame};
use crate::station::TrackInfo;
use crate::time::AudioTime;

/// What a reader does when it has handed over what was looked for in vain: wakes whoever waits for it.
pub type Alert = Box<dyn Fn() + Send>;

/// Bytes of audio in one hand-over: half a second at 128 kbit/s.
pub const BATCH: usize = 8 * 1024;

/// The longest that the audio in one hand-over may play. At a low bit rate, what is read ahead would else last for
/// minutes, and a track would be chosen long before its turn: see `programme`.
const BATCH_LENGTH: Duration = Duration::from_secs(1);

/// Hand-overs that wait to be played, at most. Ten seconds at 128 kbit/s: a burst, and a disk's time to wake up. With the one
/// that is being filled, never more than 21 seconds.
pub const BATCHES_WAITING: usize = 20;

/// A reader that found no room goes on when no more than so many wait, which are still six seconds at 128 kbit/s. Each
/// time, the loop has to wake a thread, so it is not done for every hand-over. That those are small is for the sake of
/// FIFOs: what is read from one is not to wait for what is not written yet.
const REFILL_AT: usize = 12;

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
    /// The frames, nothing between them.
    pub bytes: Vec<u8>,
    length: AudioTime,
}

impl Batch {
    /// The first of a track, still empty.
    #[cfg(test)]
    pub fn beginning(turn: Turn, title: String, track: Arc<TrackInfo>) -> Self {
        Self { turn, title: Some(title), track: Some(track), ..Self::default() }
    }

    /// One that goes on with a track, still empty.
    pub fn following(turn: Turn) -> Self {
        Self { turn, bytes: Vec::with_capacity(BATCH + Codec::Mp3.max_frame_len()), ..Self::default() }
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.length += frame.header.duration();
    }

    /// Whether there is no frame in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it is to be handed over.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH || self.length >= BATCH_LENGTH.into()
    }

    /// One that goes on with a track, still empty, with the room that this one had.
    fn emptied(mut self, turn: Turn) -> Self {
        self.bytes.clear();
        Self { turn, bytes: self.bytes, ..Self::default() }
    }
}

/// The station is gone, so nobody wants what is read.
#[derive(Debug)]
pub struct NobodyThere;

/// The reader's end.
pub struct Giver {
    link: Arc<Link>,
    alert: Alert,
}

/// The station's end.
pub struct Taker {
    link: Arc<Link>,
}

/// What both ends have.
struct Link {
    /// Locked for moments only, so that the station may wait for it.
    queue: Mutex<Queue>,
    /// Whether there is room in it again.
    room: Condvar,
    broken_off: AtomicU64,
}

/// What waits to be taken, and who waits for the other end. As both look under the same lock, none can begin to wait
/// while the other does not see it.
struct Queue {
    handovers: VecDeque<Handover>,
    /// Batches that were played, to be filled again: memory that one thread allocates and another frees costs both.
    spent: Vec<Batch>,
    /// What comes next, as far as the reader knows.
    ahead: Ahead,
    /// The station found nothing, and nothing was handed over since.
    is_taker_waiting: bool,
    /// The reader found no room, and nobody has told it since that there is some.
    is_giver_waiting: bool,
    is_taker_gone: bool,
    is_giver_gone: bool,
}

/// The two ends. When something is handed over that the station looked for in vain, `alert` is called where it is given:
/// once, however much follows. Nobody else waits for it.
pub fn pair(alert: Alert) -> (Giver, Taker) {
    let queue = Queue {
        handovers: VecDeque::with_capacity(BATCHES_WAITING),
        spent: Vec::new(),
        ahead: Ahead::default(),
        is_taker_waiting: false,
        is_giver_waiting: false,
        is_taker_gone: false,
        is_giver_gone: false,
    };
    let link = Link { queue: Mutex::new(queue), room: Condvar::new(), broken_off: AtomicU64::new(0) };
    let link = Arc::new(link);
    (Giver { link: link.clone(), alert }, Taker { link })
}

impl Link {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that is done under the lock leaves anything half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_broken_off(&self, turn: Turn) -> bool {
        turn <= self.broken_off.load(Ordering::Relaxed)
    }
}

impl Queue {
    fn has_room(&self) -> bool {
        self.handovers.len() < BATCHES_WAITING
    }

    /// Whether it is worth going on.
    fn has_much_room(&self) -> bool {
        self.handovers.len() <= REFILL_AT
    }
}

impl Giver {
    /// Hands over; where there is no room, waits until there is much. What is left of a track that was broken off is dropped.
    pub fn give(&self, handover: Handover) -> Result<(), NobodyThere> {
        let Some(handover) = self.try_give(handover)? else { return Ok(()) };
        let mut queue = self.link.lock();
        while !queue.has_much_room() && !queue.is_taker_gone {
            queue.is_giver_waiting = true;
            queue = self.link.room.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        self.push(queue, handover)
    }

    /// Hands over if there is room; gives back what there is none for. What is left of a track that was broken off is
    /// dropped.
    pub fn try_give(&self, handover: Handover) -> Result<Option<Handover>, NobodyThere> {
        let queue = self.link.lock();
        if !queue.has_room() && !queue.is_taker_gone && !self.is_dropped(&handover) {
            return Ok(Some(handover));
        }
        self.push(queue, handover).map(|()| None)
    }

    fn push(&self, mut queue: MutexGuard<'_, Queue>, handover: Handover) -> Result<(), NobodyThere> {
        if queue.is_taker_gone {
            return Err(NobodyThere);
        }
        // Looked up under the lock, so that who breaks off a track and then finds nothing is not alerted of its rest.
        if self.is_dropped(&handover) {
            return Ok(());
        }
        queue.handovers.push_back(handover);
        let is_awaited = std::mem::take(&mut queue.is_taker_waiting);
        drop(queue);
        if is_awaited {
            (self.alert)();
        }
        Ok(())
    }

    fn is_dropped(&self, handover: &Handover) -> bool {
        matches!(handover, Handover::Batch(batch) if self.is_broken_off(batch.turn))
    }

    /// The first batch of a track, still empty.
    pub fn beginning(&self, turn: Turn, title: String, track: Arc<TrackInfo>) -> Batch {
        Batch { title: Some(title), track: Some(track), ..self.following(turn) }
    }

    /// A batch that goes on with a track, still empty.
    pub fn following(&self, turn: Turn) -> Batch {
        let spent = self.link.lock().spent.pop();
        spent.map_or_else(|| Batch::following(turn), |spent| spent.emptied(turn))
    }

    /// Tells what comes next.
    pub fn tell(&self, ahead: Ahead) {
        self.link.lock().ahead = ahead;
    }

    /// Whether nobody wants the rest of this track.
    pub fn is_broken_off(&self, turn: Turn) -> bool {
        self.link.is_broken_off(turn)
    }
}

impl Drop for Giver {
    fn drop(&mut self) {
        self.link.lock().is_giver_gone = true;
    }
}

impl Taker {
    /// The next hand-over that is not of a track that was broken off. Never waits for the reader: it alerts when there is
    /// something again.
    pub fn try_take(&self) -> Result<Handover, TryRecvError> {
        loop {
            match self.pop()? {
                Handover::Batch(batch) if self.link.is_broken_off(batch.turn) => {}
                handover => return Ok(handover),
            }
        }
    }

    fn pop(&self) -> Result<Handover, TryRecvError> {
        let mut queue = self.link.lock();
        let Some(handover) = queue.handovers.pop_front() else {
            if queue.is_giver_gone {
                return Err(TryRecvError::Disconnected);
            }
            queue.is_taker_waiting = true;
            return Err(TryRecvError::Empty);
        };
        let wakes = queue.has_much_room() && std::mem::take(&mut queue.is_giver_waiting);
        drop(queue);
        if wakes {
            self.link.room.notify_one();
        }
        Ok(handover)
    }

    /// Gives a batch back that was played.
    pub fn give_back(&self, spent: Batch) {
        let mut queue = self.link.lock();
        if queue.spent.len() < BATCHES_WAITING {
            queue.spent.push(spent);
        }
    }

    /// The titles that follow the track of that turn, as far as the reader knows.
    pub fn titles_behind(&self, turn: Turn) -> Vec<String> {
        self.link.lock().ahead.behind(turn)
    }

    /// Says that nobody wants the rest of this track.
    pub fn break_off(&self, turn: Turn) {
        self.link.broken_off.store(turn, Ordering::Relaxed);
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.link.lock().is_taker_gone = true;
        self.link.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::audio::{Header, silent_frame};

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

    /// The two ends, and where alerts are heard.
    fn heard() -> (Giver, Taker, Receiver<()>) {
        let (alert, alerts) = channel();
        // The reader outlives the test for a moment.
        let (giver, taker) = pair(Box::new(move || alert.send(()).unwrap_or_default()));
        (giver, taker, alerts)
    }

    /// Only a test that fails waits that long.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn wait_until_full(taker: &Taker) {
        let pause = Duration::from_millis(1);
        let is_full = || taker.link.lock().is_giver_waiting;
        let pauses = PATIENCE.as_millis() / pause.as_millis();
        assert!(
            (0..pauses).any(|_| is_full() || {
                std::thread::sleep(pause);
                false
            }),
            "it goes on giving"
        );
    }

    #[test]
    fn of_a_track_that_was_broken_off_nothing_comes_through() {
        let (giver, taker, _) = heard();
        let give = |turns: &[Turn]| turns.iter().for_each(|&turn| giver.give(batch(turn)).expect("a taker"));
        give(&[1, 1, 2]);
        assert!(!giver.is_broken_off(1));
        taker.break_off(1);
        assert!(giver.is_broken_off(1) && !giver.is_broken_off(2));
        give(&[1, 2, 3]);
        assert_eq!(taker.link.lock().handovers.len(), 5, "not even handed over");
        giver.give(Handover::Nothing).expect("a taker");
        assert_eq!(taken(&taker), [2, 2, 3, 0]);
    }

    #[test]
    fn who_found_nothing_is_alerted_once_and_nobody_else() {
        let (giver, taker, alerts) = heard();
        let give = |turn| giver.give(batch(turn)).expect("a taker");
        let count = || alerts.try_iter().count();
        give(1);
        give(1);
        assert_eq!(count(), 0, "nobody has looked yet");
        assert!(taker.try_take().is_ok());
        give(1);
        assert_eq!(count(), 0, "whoever looks finds something");
        assert_eq!(taken(&taker), [1, 1]);
        give(1);
        assert_eq!(count(), 1);
        give(1);
        assert_eq!(count(), 0, "he knows");
        // What is left of a track that was broken off is nothing to find, and nothing to be alerted of.
        taker.break_off(1);
        assert!(matches!(taker.try_take(), Err(TryRecvError::Empty)));
        give(1);
        assert_eq!(count(), 0);
        give(2);
        assert_eq!((count(), taken(&taker)), (1, vec![2]));
    }

    #[test]
    fn who_found_no_room_goes_on_when_there_is_much() {
        const FULL: Turn = BATCHES_WAITING as Turn;
        const REFILLED_AT: Turn = REFILL_AT as Turn;
        const ALL: Turn = 2 * FULL - REFILLED_AT;
        let (giver, taker, _) = heard();
        let (given, gives) = channel();
        let reader = std::thread::spawn(move || {
            for turn in 1..=ALL {
                giver.give(batch(turn)).expect("a taker");
                given.send(turn).expect("the test listens");
            }
        });
        wait_until_full(&taker);
        assert_eq!(gives.try_iter().last(), Some(FULL));
        for turn in 1..FULL - REFILLED_AT {
            assert!(matches!(taker.try_take(), Ok(Handover::Batch(batch)) if batch.turn == turn));
            assert!(taker.link.lock().is_giver_waiting, "there is room, but not for long");
        }
        assert!(taker.try_take().is_ok());
        reader.join().expect("there is room for all");
        assert_eq!(gives.try_iter().last(), Some(ALL));
        let left: Vec<Turn> = (FULL - REFILLED_AT + 1..=ALL).collect();
        assert_eq!(taken(&taker), left);
    }

    #[test]
    fn neither_end_waits_for_ever() {
        const TURNS: Turn = 50_000;
        let (giver, taker, alerts) = heard();
        let reader = std::thread::spawn(move || {
            for turn in 1..=TURNS {
                giver.give(batch(turn)).expect("a taker");
                // At times the queue is full, at times empty, and mostly one end is about to find out.
                (0..turn % 64).for_each(|_| std::hint::spin_loop());
            }
        });
        for turn in 1..=TURNS {
            let handover = loop {
                match taker.try_take() {
                    Ok(handover) => break handover,
                    Err(TryRecvError::Empty) => alerts.recv_timeout(PATIENCE).expect("an alert"),
                    Err(TryRecvError::Disconnected) => panic!("{turn} is missing"),
                }
            };
            assert!(matches!(handover, Handover::Batch(batch) if batch.turn == turn));
            (0..turn / 64 % 64).for_each(|_| std::hint::spin_loop());
        }
        reader.join().expect("it gave all");
    }

    #[test]
    fn each_end_sees_when_the_other_is_gone() {
        let (giver, taker, _) = heard();
        drop(taker);
        assert!(giver.give(batch(1)).is_err());
        let (giver, taker, _) = heard();
        giver.give(batch(1)).expect("a taker");
        drop(giver);
        assert_eq!(taken(&taker), [1]);
        assert!(matches!(taker.try_take(), Err(TryRecvError::Disconnected)));
    }

    #[test]
    fn who_waits_for_room_sees_that_the_other_is_gone() {
        let (giver, taker, _) = heard();
        let (end, ended) = channel();
        let reader = std::thread::spawn(move || {
            while giver.give(batch(1)).is_ok() {}
            end.send(()).expect("the test listens");
        });
        wait_until_full(&taker);
        drop(taker);
        ended.recv_timeout(PATIENCE).expect("it is told");
        reader.join().expect("it ends");
    }

    #[test]
    fn what_comes_next_is_known_once_it_was_told_and_not_before() {
        let (giver, taker, _) = heard();
        assert_eq!(taker.titles_behind(0), [""; 0]);
        let mut ahead = Ahead::default();
        ahead.begin(1, "first");
        ahead.expect(vec!["second".into()]);
        giver.tell(ahead);
        assert_eq!(taker.titles_behind(0), ["first", "second"]);
        assert_eq!(taker.titles_behind(1), ["second"]);
    }

    #[test]
    fn batches_that_come_back_are_filled_again() {
        let (giver, taker, _) = heard();
        for turn in 1..100 {
            let batch = giver.beginning(turn, "x".into(), Arc::default());
            giver.give(Handover::Batch(batch)).expect("a taker");
            let Ok(Handover::Batch(played)) = taker.try_take() else { panic!("it was handed over") };
            assert_eq!((played.turn, played.title.as_deref()), (turn, Some("x")));
            taker.give_back(played);
        }
        assert_eq!(taker.link.lock().spent.len(), 1);
    }

    #[test]
    fn what_follows_in_a_track_has_no_title() {
        let (giver, taker, _) = heard();
        let mut played = Batch::beginning(3, "x".into(), Arc::default());
        played.push(&Frame { bytes: &silent_frame(&Header::DEFAULT), header: Header::DEFAULT, at: 0 });
        taker.give_back(played);
        // The first is the one that was played, filled again; the second is new.
        for _ in 0..2 {
            let next = giver.following(4);
            assert_eq!((next.turn, next.title.as_ref(), next.track.as_ref()), (4, None, None));
            assert!(next.is_empty() && !next.is_full());
        }
    }
}
