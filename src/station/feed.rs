//! What is sent to us in real time, a live source or a relay's master, as a station sees it: frames that wait for their
//! turn, with the titles that begin with them.

use std::collections::VecDeque;
use std::time::Duration;

use super::input::Readiness;
use super::recording::RecordingSink;
use crate::audio::{Frame, Header};
use crate::icy::Title;
use crate::time::AudioTime;

/// Audio that may wait. Whoever sends more is ahead of time, and is not read until some of it was played.
pub const FEED_BUFFER_MAX: Duration = Duration::from_secs(10);

/// Bytes that may wait, whatever they say that they last. Ten seconds at 800 kbit/s, more than any codec here has.
const FEED_BUFFER_BYTES_MAX: usize = 1_000_000;

/// Frames between whoever sends them and the timeline.
#[derive(Debug, Default)]
pub struct Feed {
    /// Whether more may come.
    is_open: bool,
    /// The frames that wait, one behind the other; those before `at` were taken.
    bytes: Vec<u8>,
    at: usize,
    frames: VecDeque<QueuedFrame>,
    length: AudioTime,
    /// Begins with the next frame that comes.
    next_title: Option<Title>,
    has_been_full: bool,
    /// Takes down what comes.
    recording: Option<Box<dyn RecordingSink>>,
}

#[derive(Debug)]
struct QueuedFrame {
    header: Header,
    title: Option<Title>,
}

impl Feed {
    /// Begins anew. The first frame has an empty title if no other is set before, so that nobody else's is left standing.
    pub fn open(&mut self) {
        *self = Self { is_open: true, next_title: Some(Title::default()), ..Self::default() };
    }

    /// Begins with `title`, unless what waits has one of its own. Returns the title that holds behind all that waits, if
    /// it is not the empty one that everybody begins with.
    pub fn set_opening_title(&mut self, title: Option<Title>) -> Option<Title> {
        let first = self.frames.front_mut().map_or(&mut self.next_title, |first| &mut first.title);
        if title.is_some() && first.as_ref().is_none_or(|first| *first == Title::default()) {
            *first = title;
        }
        let titles = self.frames.iter().filter_map(|waiting| waiting.title.as_ref());
        titles.chain(&self.next_title).next_back().filter(|last| **last != Title::default()).cloned()
    }

    /// The header of the frame that is next.
    pub fn next_header(&self) -> Option<&Header> {
        self.frames.front().map(|waiting| &waiting.header)
    }

    /// Nothing more will come. What waits is played before anything else is.
    pub fn finish(&mut self) {
        (self.is_open, self.recording) = (false, None);
    }

    /// Nothing more will come, and nothing that waits is played.
    pub fn discard(&mut self) {
        *self = Self::default();
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Adds a whole frame behind those that wait.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.compact();
        self.bytes.extend_from_slice(frame.bytes);
        self.length += frame.header.duration();
        let title = self.next_title.take();
        if let Some(tape) = &mut self.recording {
            title.iter().for_each(|title| tape.write_title(title));
            tape.write_frame(frame);
        }
        self.frames.push_back(QueuedFrame { header: frame.header, title });
        self.has_been_full |= self.is_full();
    }

    /// Has `tape` take down what waits, and what comes from here on until the feed ends or is begun anew. That is all that
    /// was sent, also where not all of it is played.
    pub fn start_recording(&mut self, mut tape: Box<dyn RecordingSink>) {
        let mut from = self.at;
        for QueuedFrame { header, title } in &self.frames {
            title.iter().for_each(|title| tape.write_title(title));
            let bytes = &self.bytes[from..from + header.frame_len()];
            tape.write_frame(&Frame { bytes, header: *header, offset: 0 });
            from += header.frame_len();
        }
        self.recording = Some(tape);
    }

    /// Makes `title` that of the next frame that comes.
    pub fn set_title(&mut self, title: Title) {
        self.next_title = Some(title);
    }

    /// Makes `title` that of the last `count` frames too, or of as many of them as still wait.
    pub fn set_title_of_last(&mut self, count: usize, title: &Title) {
        let first = self.frames.len().saturating_sub(count);
        if let Some(first) = self.frames.get_mut(first) {
            first.title = Some(title.clone());
        }
    }

    /// How much audio waits.
    pub fn buffered(&self) -> Duration {
        self.length.duration()
    }

    /// Whether so much waits that no more should be read for now.
    pub fn is_full(&self) -> bool {
        self.length >= FEED_BUFFER_MAX.into() || self.bytes.len() - self.at >= FEED_BUFFER_BYTES_MAX
    }

    /// Whether it was full ever since it was opened: such a sender is no encoder that works in real time.
    pub fn has_been_full(&self) -> bool {
        self.has_been_full
    }

    /// Drops the oldest of what waits, down to `keep` of it, but for the title that holds then.
    pub fn trim_to(&mut self, keep: Duration) {
        let keep = AudioTime::from(keep);
        while self.length > keep {
            let (_, title) = self.next_frame();
            let next = self.frames.front_mut().map_or(&mut self.next_title, |next| &mut next.title);
            if next.is_none() {
                *next = title;
            }
        }
    }

    pub(super) fn poll(&self) -> Readiness {
        match self.frames.front() {
            Some(_) => Readiness::Ready,
            None if self.is_open => Readiness::Pending,
            None => Readiness::Idle,
        }
    }

    /// Takes the next frame, and the title that begins with it.
    pub(super) fn next_frame(&mut self) -> (Frame<'_>, Option<Title>) {
        let QueuedFrame { header, title } = self.frames.pop_front().expect("a frame waits");
        let from = self.at;
        self.at += header.frame_len();
        self.length -= header.duration();
        (Frame { bytes: &self.bytes[from..self.at], header, offset: 0 }, title)
    }

    /// Moves what waits to the front where that costs no more than what was taken.
    fn compact(&mut self) {
        if self.at >= self.bytes.len() - self.at {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::audio::silent_frame;

    fn numbered(number: u8) -> Vec<u8> {
        let mut frame = silent_frame(&Header::DEFAULT);
        frame[100] = number;
        frame
    }

    fn push(feed: &mut Feed, number: u8) {
        feed.push(&Frame { bytes: &numbered(number), header: Header::DEFAULT, offset: 0 });
    }

    fn take(feed: &mut Feed) -> (u8, Option<String>) {
        let (frame, title) = feed.next_frame();
        (frame.bytes[100], title.map(|title| title.text))
    }

    fn open() -> Feed {
        let mut feed = Feed::default();
        feed.open();
        feed
    }

    #[test]
    fn frames_come_out_as_they_went_in_with_their_titles() {
        let mut feed = open();
        assert_eq!(feed.poll(), Readiness::Pending);
        push(&mut feed, 1);
        feed.set_title(Title::new("A"));
        feed.set_title(Title::new("B"));
        push(&mut feed, 2);
        push(&mut feed, 3);
        assert_eq!(take(&mut feed), (1, Some(String::new())));
        assert_eq!(take(&mut feed), (2, Some("B".into())));
        assert_eq!(take(&mut feed), (3, None));
    }

    #[test]
    fn what_was_taken_makes_room() {
        let mut feed = open();
        push(&mut feed, 0);
        for number in 1..=255 {
            push(&mut feed, number);
            assert_eq!(take(&mut feed).0, number - 1);
        }
        assert!(feed.bytes.len() <= 4 * numbered(0).len());
    }

    #[test]
    fn what_is_dropped_leaves_its_last_title() {
        let mut feed = open();
        for (number, title) in [(1, "A"), (2, "B")] {
            feed.set_title(Title::new(title));
            push(&mut feed, number);
        }
        push(&mut feed, 3);
        feed.trim_to(Duration::ZERO);
        assert_eq!((feed.poll(), feed.buffered()), (Readiness::Pending, Duration::ZERO));
        push(&mut feed, 4);
        assert_eq!(take(&mut feed), (4, Some("B".into())));
    }

    #[test]
    fn what_is_too_old_is_dropped_and_its_title_is_not() {
        for titled in 0..=200 {
            let mut feed = open();
            for number in 0..=200 {
                if number == titled {
                    feed.set_title(Title::new("A"));
                }
                push(&mut feed, number);
            }
            feed.trim_to(Duration::from_secs(2));
            assert!(
                feed.buffered() <= Duration::from_secs(2) && feed.buffered() > Duration::from_millis(1970)
            );
            let first = 201 - feed.frames.len() as u8;
            let expected = (titled <= first).then(|| "A".to_owned()).or(Some(String::new()));
            assert_eq!(take(&mut feed), (first, expected), "titled from frame {titled} on");
            feed.trim_to(Duration::from_secs(60));
            assert_eq!(take(&mut feed).0, first + 1);
        }
    }

    #[test]
    fn a_title_can_be_told_late() {
        let mut feed = open();
        (0..5).for_each(|number| push(&mut feed, number));
        feed.set_title_of_last(3, &Title::new("A"));
        feed.set_title_of_last(0, &Title::new("of nothing"));
        let titles: Vec<_> = (0..5).map(|_| take(&mut feed).1).collect();
        assert_eq!(titles, [Some(String::new()), None, Some("A".into()), None, None]);
        push(&mut feed, 5);
        feed.set_title_of_last(3, &Title::new("B"));
        assert_eq!(take(&mut feed), (5, Some("B".into())), "what was taken is gone");
    }

    #[test]
    fn what_waits_is_played_to_its_end_or_not_at_all() {
        let mut feed = open();
        push(&mut feed, 1);
        feed.finish();
        assert_eq!((feed.is_open(), feed.poll()), (false, Readiness::Ready));
        take(&mut feed);
        assert_eq!(feed.poll(), Readiness::Idle);
        let mut feed = open();
        push(&mut feed, 1);
        feed.discard();
        assert_eq!(feed.poll(), Readiness::Idle);
    }

    /// Notes titles, and the numbers of frames; a dot when it is dropped.
    #[derive(Debug)]
    struct NotedFrames(Rc<RefCell<String>>);

    impl RecordingSink for NotedFrames {
        fn write_title(&mut self, title: &Title) {
            self.0.borrow_mut().push_str(&format!("{:?} ", title.text));
        }

        fn write_frame(&mut self, frame: &Frame<'_>) {
            self.0.borrow_mut().push_str(&format!("{} ", frame.bytes[100]));
        }
    }

    impl Drop for NotedFrames {
        fn drop(&mut self) {
            self.0.borrow_mut().push('.');
        }
    }

    #[test]
    fn all_that_was_sent_is_recorded() {
        let ends: [fn(&mut Feed); 3] = [Feed::finish, Feed::discard, Feed::open];
        for end in ends {
            let (mut feed, notes) = (open(), Rc::<RefCell<String>>::default());
            (0..3).for_each(|number| push(&mut feed, number));
            take(&mut feed);
            feed.set_title(Title::new("A"));
            push(&mut feed, 3);
            feed.start_recording(Box::new(NotedFrames(notes.clone())));
            feed.set_title(Title::new("B"));
            feed.set_title(Title::new("C"));
            feed.trim_to(Duration::ZERO);
            push(&mut feed, 4);
            assert_eq!(*notes.borrow(), "1 2 \"A\" 3 \"C\" 4 ");
            end(&mut feed);
            assert!(notes.borrow().ends_with('.'));
        }
    }

    #[test]
    fn it_is_full_when_ten_seconds_wait() {
        let mut feed = open();
        let mut frames = 0;
        while !feed.is_full() {
            push(&mut feed, 1);
            frames += 1;
        }
        assert_eq!(frames, 383, "of 1,152 samples at 44.1 kHz");
        take(&mut feed);
        assert!(!feed.is_full() && feed.has_been_full());
    }
}
