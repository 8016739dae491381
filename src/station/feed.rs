//! The queue between a sender of frames, which is a live source or a relay, and the timeline. Each title is
//! stored with the frame at which it starts.

use std::time::Duration;

use super::conversion::{Conversion, ConversionChange, ConversionStatus, ConversionTarget, StartConverter};
use super::frame_queue::{FeedQueue, QueuedFrame};
use super::input::Readiness;
use super::recording::RecordingSink;
use crate::audio::{Frame, Header};
use crate::icy::Title;
use crate::time::{AudioTime, Time};

/// The most audio that a feed buffers. The server does not read from a sender that is further ahead of real
/// time until some of this audio was played.
pub const FEED_BUFFER_MAX: Duration = Duration::from_secs(10);

/// This much converted audio means that the feed was full: reading pauses at [`FEED_BUFFER_MAX`], and less
/// than the rest of it stays in a converter that works.
const CONVERTED_MAX: Duration = Duration::from_secs(9);

/// The most bytes that a feed buffers, independent of their duration: ten seconds at 800 kbit/s, which
/// exceeds the usual bit rates of all supported codecs.
const FEED_BUFFER_BYTES_MAX: usize = 1_000_000;

/// A queue of frames between a sender and the timeline. Frames that are not in the format of the station may
/// be converted first.
#[derive(Debug, Default)]
pub struct Feed {
    /// Whether the sender may push more frames.
    is_open: bool,
    /// Whether its sender has lost its connection and has not sent a frame since.
    is_interrupted: bool,
    /// The frames that can be played.
    queue: FeedQueue,
    /// The frames that are not in the queue yet, which are later than those in the queue.
    conversion: Conversion,
    /// The number of frames pushed.
    pushed: u64,
    /// How much audio was pushed.
    delivered: AudioTime,
    /// The title that starts with the next frame pushed.
    next_title: Option<Title>,
    has_been_full: bool,
    /// Records the frames that are pushed, as they were sent.
    recording: Option<Box<dyn RecordingSink>>,
}

impl Feed {
    /// Clears the feed and opens it. If no other title is set before the first frame, that frame gets an
    /// empty title, so that the title of the previous sender does not remain.
    pub fn open(&mut self) {
        *self = Self { is_open: true, next_title: Some(Title::default()), ..Self::default() };
    }

    /// Sets the title of the first frame to `title`, unless a queued frame already has its own title there.
    /// Returns the title after all queued frames, or `None` if it is still the empty title that every feed
    /// has when it opens.
    pub fn set_opening_title(&mut self, title: Option<Title>) -> Option<Title> {
        let first = self.queue.front_mut().map_or(&mut self.next_title, |first| &mut first.title);
        if title.is_some() && first.as_ref().is_none_or(|first| *first == Title::default()) {
            *first = title;
        }
        self.queue
            .titles()
            .chain(&self.next_title)
            .next_back()
            .filter(|last| **last != Title::default())
            .cloned()
    }

    /// Returns the next frame that can be played.
    pub(super) fn front(&self) -> Option<Frame<'_>> {
        self.queue.iter().next().map(|(frame, _)| frame)
    }

    /// Returns the header of the next frame that can be played.
    pub fn next_header(&self) -> Option<&Header> {
        self.queue.front().map(|first| &first.header)
    }

    /// Sets to what frames are converted; `None` to play them as they are sent. Applies to frames that are
    /// pushed from now on and, if nothing was converted before, to the queued frames too.
    pub fn set_target(&mut self, target: Option<ConversionTarget>) {
        let is_first = self.conversion.target().is_none() && !self.conversion.is_busy();
        self.conversion.set_target(target);
        if is_first && target.is_some() {
            let mut queued = std::mem::take(&mut self.queue);
            while let Some((frame, bytes)) = queued.pop() {
                self.add(bytes, frame);
            }
        }
    }

    /// Returns whether [`convert`](Self::convert) has to be called.
    pub fn is_converting(&self) -> bool {
        self.conversion.is_busy()
    }

    /// Converts frames that were pushed, as far as it is possible now. Returns what has changed.
    pub fn convert(&mut self, start: StartConverter<'_>, now: Time) -> Vec<ConversionChange> {
        let changes = self.conversion.advance(&mut self.queue, start, now);
        // What waits for a converter that does not respond says nothing about the sender.
        self.has_been_full |= self.queue.length() >= CONVERTED_MAX.into();
        changes
    }

    /// Returns the conversion in progress.
    pub fn conversion(&self) -> Option<ConversionStatus> {
        self.conversion.status()
    }

    /// Ends the stream of the frames pushed so far: the next frames do not continue it.
    pub fn end_stream(&mut self) {
        self.is_interrupted = true;
        self.conversion.end_stream(self.pushed);
    }

    /// Returns whether the stream has [ended](Self::end_stream) and no other has begun.
    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Ends the feed. The queued frames are played before any other input.
    pub fn finish(&mut self) {
        (self.is_open, self.recording) = (false, None);
        self.end_stream();
    }

    /// Drops the frames that are not ready to be played, if the feed has ended: another input is on air
    /// already.
    pub(super) fn drop_late_frames(&mut self) {
        if !self.is_open {
            self.conversion.discard();
        }
    }

    /// Ends the feed and drops the queued frames.
    pub fn discard(&mut self) {
        *self = Self::default();
    }

    /// Returns whether the sender may push more frames.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Adds a whole frame at the end of the queue.
    pub fn push(&mut self, frame: &Frame<'_>) {
        let title = self.next_title.take();
        if let Some(recording) = &mut self.recording {
            title.iter().for_each(|title| recording.write_title(title));
            recording.write_frame(frame);
        }
        self.is_interrupted = false;
        let number = self.pushed;
        self.pushed += 1;
        self.delivered += frame.header.duration();
        self.add(frame.bytes, QueuedFrame { header: frame.header, title, number });
        self.has_been_full |= self.is_full() && !self.conversion.is_busy();
    }

    fn add(&mut self, bytes: &[u8], mut frame: QueuedFrame) {
        if self.conversion.wants(&frame.header) {
            return self.conversion.push(bytes, frame);
        }
        frame.title = self.conversion.title_for(frame.title);
        self.queue.push(bytes, frame);
    }

    /// Returns whether its frames are recorded.
    pub fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    /// Records the queued frames, and all further frames until the feed ends or is opened again, to
    /// `recording`. The recording contains all frames that were sent, even those that are never played, and
    /// none of them converted: it has to start before the conversion.
    pub fn start_recording(&mut self, mut recording: Box<dyn RecordingSink>) {
        for (frame, title) in self.queue.iter() {
            title.iter().for_each(|title| recording.write_title(title));
            recording.write_frame(&frame);
        }
        self.recording = Some(recording);
    }

    /// Ends the recording, if there is one, and records all further frames to `recording`. They begin with
    /// `title`.
    pub fn replace_recording(&mut self, recording: Option<Box<dyn RecordingSink>>, title: Option<&Title>) {
        self.recording = recording;
        let Some(recording) = &mut self.recording else { return };
        title.into_iter().for_each(|title| recording.write_title(title));
    }

    /// Sets the title that starts with the next frame pushed.
    pub fn set_title(&mut self, title: Title) {
        self.next_title = Some(title);
    }

    /// Sets the title of the last `count` frames pushed, as far as they were not played yet. Returns whether
    /// there was such a frame, so that the next one needs no title.
    pub fn set_title_of_last(&mut self, count: usize, title: &Title) -> bool {
        let first = self.pushed.saturating_sub(count as u64);
        let Self { queue, conversion, pushed, .. } = self;
        let unplayed = queue.find(first).or_else(|| conversion.find(first));
        let Some(frame) = unplayed.filter(|_| first < *pushed) else { return false };
        frame.title = Some(title.clone());
        true
    }

    /// Returns how much audio was pushed.
    pub(super) fn delivered(&self) -> AudioTime {
        self.delivered
    }

    /// Returns how much audio is ready to be played.
    pub(super) fn queued(&self) -> AudioTime {
        self.queue.length()
    }

    /// Returns how much audio was pushed and not played yet.
    pub fn buffered(&self) -> Duration {
        (self.queue.length() + self.conversion.length()).duration()
    }

    /// Returns whether the feed is full. The sender should not be read until it is not.
    pub fn is_full(&self) -> bool {
        let (queue, conversion) = (&self.queue, &self.conversion);
        queue.length() + conversion.length() >= FEED_BUFFER_MAX.into()
            || queue.byte_len() + conversion.byte_len() >= FEED_BUFFER_BYTES_MAX
    }

    /// Returns whether the queue was full at any time since the feed was opened. If so, the sender does not
    /// send in real time.
    pub fn has_been_full(&self) -> bool {
        self.has_been_full
    }

    /// Sets whether the amount of queued audio says nothing about the clock of the sender, because its frames
    /// come in batches.
    pub fn ignore_clock(&mut self, is_ignored: bool) {
        self.has_been_full = is_ignored;
    }

    /// Drops the oldest frames until at most `keep` of audio is ready to be played. The first remaining frame
    /// keeps the title that applied to it.
    pub fn trim_to(&mut self, keep: Duration) {
        while self.queue.length() > keep.into() {
            let title = self.queue.pop().and_then(|(frame, _)| frame.title);
            match self.queue.front_mut() {
                Some(next) if next.title.is_none() => next.title = title,
                Some(_) => {}
                None if self.conversion.is_busy() => self.conversion.carry_title(title),
                None => self.next_title = self.next_title.take().or(title),
            }
        }
    }

    /// Numbers the frames from `number` on.
    #[cfg(test)]
    pub(super) fn start_numbers_at(&mut self, number: u64) {
        self.pushed = number;
    }

    pub(super) fn poll(&self) -> Readiness {
        if !self.queue.is_empty() {
            Readiness::Ready
        } else if self.is_open || self.conversion.is_busy() {
            Readiness::Pending
        } else {
            Readiness::Idle
        }
    }

    /// Takes the next frame, and the title that starts with it.
    pub(super) fn next_frame(&mut self) -> (Frame<'_>, Option<Title>) {
        let (QueuedFrame { header, title, .. }, bytes) = self.queue.pop().expect("a frame is queued");
        (Frame { bytes, header, offset: 0 }, title)
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
    fn frames_leave_in_order_with_their_titles() {
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
    fn trimming_to_zero_keeps_the_last_title() {
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
    fn trimming_drops_old_frames_and_keeps_their_title() {
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
            let first = 201 - feed.queue.iter().count() as u8;
            let expected = (titled <= first).then(|| "A".to_owned()).or(Some(String::new()));
            assert_eq!(take(&mut feed), (first, expected), "titled from frame {titled} on");
            feed.trim_to(Duration::from_secs(60));
            assert_eq!(take(&mut feed).0, first + 1);
        }
    }

    #[test]
    fn title_can_be_set_for_frames_already_queued() {
        let mut feed = open();
        (0..5).for_each(|number| push(&mut feed, number));
        assert!(feed.set_title_of_last(3, &Title::new("A")));
        assert!(!feed.set_title_of_last(0, &Title::new("no frame")));
        let titles: Vec<_> = (0..5).map(|_| take(&mut feed).1).collect();
        assert_eq!(titles, [Some(String::new()), None, Some("A".into()), None, None]);
        push(&mut feed, 5);
        feed.set_title_of_last(3, &Title::new("B"));
        assert_eq!(take(&mut feed), (5, Some("B".into())), "frames already taken are not retitled");
    }

    #[test]
    fn finish_plays_queued_frames_and_discard_drops_them() {
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

    /// Logs titles and frame numbers, and a dot when it is dropped.
    #[derive(Debug)]
    struct FrameLog(Rc<RefCell<String>>);

    impl RecordingSink for FrameLog {
        fn write_title(&mut self, title: &Title) {
            self.0.borrow_mut().push_str(&format!("{:?} ", title.text));
        }

        fn write_frame(&mut self, frame: &Frame<'_>) {
            self.0.borrow_mut().push_str(&format!("{} ", frame.bytes[100]));
        }
    }

    impl Drop for FrameLog {
        fn drop(&mut self) {
            self.0.borrow_mut().push('.');
        }
    }

    #[test]
    fn recording_has_all_frames_sent_even_if_not_played() {
        let ends: [fn(&mut Feed); 3] = [Feed::finish, Feed::discard, Feed::open];
        for end in ends {
            let (mut feed, entries) = (open(), Rc::<RefCell<String>>::default());
            (0..3).for_each(|number| push(&mut feed, number));
            take(&mut feed);
            feed.set_title(Title::new("A"));
            push(&mut feed, 3);
            feed.start_recording(Box::new(FrameLog(entries.clone())));
            feed.set_title(Title::new("B"));
            feed.set_title(Title::new("C"));
            feed.trim_to(Duration::ZERO);
            push(&mut feed, 4);
            assert_eq!(*entries.borrow(), "1 2 \"A\" 3 \"C\" 4 ");
            end(&mut feed);
            assert!(entries.borrow().ends_with('.'));
        }
    }

    #[test]
    fn feed_is_full_at_ten_seconds() {
        let mut feed = open();
        let mut frames = 0;
        while !feed.is_full() {
            push(&mut feed, 1);
            frames += 1;
        }
        assert_eq!(frames, 383, "frames of 1,152 samples at 44.1 kHz");
        take(&mut feed);
        assert!(!feed.is_full() && feed.has_been_full());
    }
}
