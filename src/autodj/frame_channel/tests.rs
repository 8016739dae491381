//! Tests of both ends of the channel: wake-ups, abandoned tracks and dropped ends.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::*;
use crate::audio::{Frame, Header, silent_frame};

fn batch(seq: TrackSeq) -> ReaderMessage {
    ReaderMessage::Batch(FrameBatch::continuing(seq))
}

fn received_tracks(receiver: &FrameReceiver) -> Vec<TrackSeq> {
    let tracks = std::iter::from_fn(|| receiver.try_recv().ok()).map(|item| match item {
        ReaderMessage::Batch(batch) => batch.seq,
        ReaderMessage::NothingPlayable => 0,
    });
    tracks.collect()
}

/// Creates both ends, and a receiver for the alerts.
fn channel_with_alerts() -> (FrameSender, FrameReceiver, Receiver<()>) {
    let (alert, alerts) = mpsc::channel();
    // The reader can outlive the test briefly.
    let (sender, receiver) = channel(Box::new(move || alert.send(()).unwrap_or_default()));
    (sender, receiver, alerts)
}

/// Upper bound of a wait; only a failing test reaches it.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

fn wait_until_full(receiver: &FrameReceiver) {
    // The reader answers a ping only while it waits for space.
    assert!(
        receiver.reader.ping(TEST_TIMEOUT) && receiver.shared.lock().is_sender_waiting,
        "the sender does not wait"
    );
}

#[test]
fn rest_of_abandoned_track_is_dropped() {
    let (sender, receiver, _) = channel_with_alerts();
    let send =
        |tracks: &[TrackSeq]| tracks.iter().for_each(|&seq| sender.send(batch(seq)).expect("a receiver"));
    send(&[1, 1, 2]);
    assert!(!sender.is_abandoned(1));
    receiver.abandon(1);
    assert!(sender.is_abandoned(1) && !sender.is_abandoned(2));
    send(&[1, 2, 3]);
    assert_eq!(receiver.shared.lock().items.len(), 5, "batches of the abandoned track were queued");
    sender.send(ReaderMessage::NothingPlayable).expect("a receiver");
    assert_eq!(received_tracks(&receiver), [2, 2, 3, 0]);
}

#[test]
fn receiver_that_found_empty_queue_is_alerted_once() {
    let (sender, receiver, alerts) = channel_with_alerts();
    let send = |seq| sender.send(batch(seq)).expect("a receiver");
    let count = || alerts.try_iter().count();
    send(1);
    send(1);
    assert_eq!(count(), 0, "alert although the receiver has not polled");
    assert!(receiver.try_recv().is_ok());
    send(1);
    assert_eq!(count(), 0, "alert although the queue was not empty");
    assert_eq!(received_tracks(&receiver), [1, 1]);
    send(1);
    assert_eq!(count(), 1);
    send(1);
    assert_eq!(count(), 0, "second alert");
    // Batches of an abandoned track do not count and cause no alert.
    receiver.abandon(1);
    assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
    send(1);
    assert_eq!(count(), 0);
    send(2);
    assert_eq!((count(), received_tracks(&receiver)), (1, vec![2]));
}

#[test]
fn sender_that_found_full_queue_continues_at_refill_level() {
    const FULL: TrackSeq = BATCHES_WAITING as TrackSeq;
    const REFILLED_AT: TrackSeq = REFILL_AT as TrackSeq;
    const ALL: TrackSeq = 2 * FULL - REFILLED_AT;
    let (sender, receiver, _) = channel_with_alerts();
    let (done, reports) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for seq in 1..=ALL {
            sender.send(batch(seq)).expect("a receiver");
            done.send(seq).expect("the test receives");
        }
    });
    wait_until_full(&receiver);
    assert_eq!(reports.try_iter().last(), Some(FULL));
    for seq in 1..FULL - REFILLED_AT {
        assert!(matches!(receiver.try_recv(), Ok(ReaderMessage::Batch(batch)) if batch.seq == seq));
        assert!(receiver.shared.lock().is_sender_waiting, "woken above the refill level");
    }
    assert!(receiver.try_recv().is_ok());
    reader.join().expect("the reader sent all");
    assert_eq!(reports.try_iter().last(), Some(ALL));
    let left: Vec<TrackSeq> = (FULL - REFILLED_AT + 1..=ALL).collect();
    assert_eq!(received_tracks(&receiver), left);
}

#[test]
fn no_wake_up_is_lost() {
    const TRACKS: TrackSeq = 50_000;
    let (sender, receiver, alerts) = channel_with_alerts();
    let reader = std::thread::spawn(move || {
        for seq in 1..=TRACKS {
            sender.send(batch(seq)).expect("a receiver");
            // Varies the speed, so that the queue is sometimes full, sometimes empty, and mostly nearly one
            // of the two.
            (0..seq % 64).for_each(|_| std::hint::spin_loop());
        }
    });
    for seq in 1..=TRACKS {
        let item = loop {
            match receiver.try_recv() {
                Ok(item) => break item,
                Err(TryRecvError::Empty) => alerts.recv_timeout(TEST_TIMEOUT).expect("an alert"),
                Err(TryRecvError::Disconnected) => panic!("{seq} is missing"),
            }
        };
        assert!(matches!(item, ReaderMessage::Batch(batch) if batch.seq == seq));
        (0..seq / 64 % 64).for_each(|_| std::hint::spin_loop());
    }
    reader.join().expect("the reader sent all");
}

#[test]
fn each_end_notices_that_the_other_was_dropped() {
    let (sender, receiver, _) = channel_with_alerts();
    drop(receiver);
    assert!(sender.send(batch(1)).is_err());
    let (sender, receiver, _) = channel_with_alerts();
    sender.send(batch(1)).expect("a receiver");
    drop(sender);
    assert_eq!(received_tracks(&receiver), [1]);
    assert!(matches!(receiver.try_recv(), Err(TryRecvError::Disconnected)));
}

#[test]
fn waiting_sender_notices_that_the_receiver_was_dropped() {
    let (sender, receiver, _) = channel_with_alerts();
    let (end, ended) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        while sender.send(batch(1)).is_ok() {}
        end.send(()).expect("the test listens");
    });
    wait_until_full(&receiver);
    drop(receiver);
    ended.recv_timeout(TEST_TIMEOUT).expect("the sender returns");
    reader.join().expect("the reader ends");
}

#[test]
fn pause_ends_when_the_receiver_is_dropped() {
    let (sender, receiver, _) = channel_with_alerts();
    assert!(sender.pause(Duration::ZERO).is_ok());
    let reader = std::thread::spawn(move || sender.pause(Duration::MAX));
    assert!(receiver.reader.ping(TEST_TIMEOUT) && receiver.reader.flush(TEST_TIMEOUT), "the reader answers");
    drop(receiver);
    assert!(reader.join().expect("it ends").is_err());
}

#[test]
fn next_titles_are_known_after_they_were_published() {
    let (sender, receiver, _) = channel_with_alerts();
    assert_eq!(receiver.titles_after(0), [""; 0]);
    let mut up_next = UpNext::default();
    up_next.start_track(1, "first");
    up_next.set_upcoming(vec!["second".into()]);
    sender.set_up_next(up_next);
    assert_eq!(receiver.titles_after(0), ["first", "second"]);
    assert_eq!(receiver.titles_after(1), ["second"]);
}

#[test]
fn recycled_batches_are_reused() {
    let (sender, receiver, _) = channel_with_alerts();
    for seq in 1..100 {
        let batch = sender.first_batch(seq, "x".into(), Arc::default());
        sender.send(ReaderMessage::Batch(batch)).expect("a receiver");
        let Ok(ReaderMessage::Batch(played)) = receiver.try_recv() else { panic!("the batch was sent") };
        assert_eq!((played.seq, played.title.as_deref()), (seq, Some("x")));
        receiver.recycle(played);
    }
    assert_eq!(receiver.shared.lock().spent.len(), 1);
}

#[test]
fn continuing_batches_have_no_title() {
    let (sender, receiver, _) = channel_with_alerts();
    let mut played = FrameBatch::first_of_track(3, "x".into(), Arc::default());
    played.push(&Frame { bytes: &silent_frame(&Header::DEFAULT), header: Header::DEFAULT, offset: 0 });
    receiver.recycle(played);
    // The first reuses the recycled batch; the second is new.
    for _ in 0..2 {
        let next = sender.next_batch(4);
        assert_eq!((next.seq, next.title.as_ref(), next.track.as_ref()), (4, None, None));
        assert!(next.is_empty() && !next.is_full());
    }
}

#[test]
fn sender_that_waits_for_a_limited_time_gets_its_message_back() {
    let (sender, receiver, _) = channel_with_alerts();
    let soon = Duration::from_millis(1);
    let send = || sender.send_within(batch(1), soon).expect("a receiver").is_none();
    while sender.try_send(batch(1)).expect("a receiver").is_none() {}
    assert!(!send() && !send(), "the queue is full");
    while receiver.shared.lock().items.len() > REFILL_AT {
        receiver.try_recv().expect("a batch");
    }
    assert!(send(), "there is enough space");
    drop(receiver);
    sender.send_within(batch(1), soon).expect_err("no receiver");
}
