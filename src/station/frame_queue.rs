//! A queue of whole frames, each with the title that starts with it.

use std::collections::VecDeque;

use crate::audio::{Frame, Header};
use crate::icy::Title;
use crate::time::AudioTime;

/// Frames in order, and their total length.
#[derive(Debug, Default)]
pub struct FeedQueue {
    /// The bytes of the queued frames. Those before `at` were already taken.
    bytes: Vec<u8>,
    at: usize,
    frames: VecDeque<QueuedFrame>,
    length: AudioTime,
}

/// The properties of a queued frame.
#[derive(Debug, Clone)]
pub struct QueuedFrame {
    /// Its header.
    pub header: Header,
    /// The title that starts with it.
    pub title: Option<Title>,
    /// The number of the last frame from the sender that begins in it or before it. An unconverted frame
    /// begins with itself.
    pub number: u64,
}

impl FeedQueue {
    /// Adds a frame at the end.
    pub fn push(&mut self, bytes: &[u8], frame: QueuedFrame) {
        self.compact();
        self.bytes.extend_from_slice(bytes);
        self.length += frame.header.duration();
        self.frames.push_back(frame);
    }

    /// Takes the first frame.
    pub fn pop(&mut self) -> Option<(QueuedFrame, &[u8])> {
        let frame = self.frames.pop_front()?;
        let from = self.at;
        self.at += frame.header.frame_len();
        self.length -= frame.header.duration();
        Some((frame, &self.bytes[from..self.at]))
    }

    /// Moves all frames of `other` to the end of this queue.
    pub fn append(&mut self, other: &mut Self) {
        while let Some((frame, bytes)) = other.pop() {
            self.push(bytes, frame);
        }
    }

    /// Drops all frames. Returns the title that applied after them, if one of them had a title.
    pub fn clear(&mut self) -> Option<Title> {
        let title = self.frames.drain(..).filter_map(|frame| frame.title).next_back();
        *self = Self::default();
        title
    }

    /// Returns the first frame.
    pub fn front(&self) -> Option<&QueuedFrame> {
        self.frames.front()
    }

    /// Returns the first frame, to change its title.
    pub fn front_mut(&mut self) -> Option<&mut QueuedFrame> {
        self.frames.front_mut()
    }

    /// Returns the first frame that begins with the sender's frame `number` or a later one.
    pub fn find(&mut self, number: u64) -> Option<&mut QueuedFrame> {
        let index = self.frames.partition_point(|frame| frame.number < number);
        self.frames.get_mut(index)
    }

    /// Returns the titles of the queued frames.
    pub fn titles(&self) -> impl DoubleEndedIterator<Item = &Title> {
        self.frames.iter().filter_map(|frame| frame.title.as_ref())
    }

    /// Returns all frames, each with its title.
    pub fn iter(&self) -> impl Iterator<Item = (Frame<'_>, Option<&Title>)> {
        let mut from = self.at;
        self.frames.iter().map(move |QueuedFrame { header, title, .. }| {
            let bytes = &self.bytes[from..from + header.frame_len()];
            from += header.frame_len();
            (Frame { bytes, header: *header, offset: 0 }, title.as_ref())
        })
    }

    /// Returns whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Returns how long the queued frames play.
    pub fn length(&self) -> AudioTime {
        self.length
    }

    /// Returns the number of queued bytes.
    pub fn byte_len(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Moves the queued bytes to the front when at least as many bytes were taken as remain, so that each
    /// byte moves about once.
    fn compact(&mut self) {
        if self.at >= self.bytes.len() - self.at {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::silent_frame;

    fn push(queue: &mut FeedQueue, number: u64, title: Option<&str>) {
        let frame = QueuedFrame { header: Header::DEFAULT, title: title.map(Title::new), number };
        queue.push(&numbered(number), frame);
    }

    fn numbered(number: u64) -> Vec<u8> {
        let mut frame = silent_frame(&Header::DEFAULT);
        frame[100] = number as u8;
        frame
    }

    fn numbers(queue: &FeedQueue) -> Vec<u8> {
        queue.iter().map(|(frame, _)| frame.bytes[100]).collect()
    }

    #[test]
    fn taken_frames_free_memory() {
        let mut queue = FeedQueue::default();
        push(&mut queue, 0, None);
        for number in 1..=255 {
            push(&mut queue, number, None);
            assert_eq!(queue.pop().map(|(frame, bytes)| (frame.number, bytes.to_vec())), {
                Some((number - 1, numbered(number - 1)))
            });
        }
        assert!(queue.bytes.len() <= 4 * numbered(0).len());
        assert_eq!((queue.byte_len(), queue.length()), (numbered(0).len(), Header::DEFAULT.duration()));
    }

    #[test]
    fn append_keeps_the_order_and_the_titles() {
        let (mut first, mut second) = (FeedQueue::default(), FeedQueue::default());
        (0..3).for_each(|number| push(&mut first, number, None));
        first.pop();
        (3..6).for_each(|number| push(&mut second, number, Some("A").filter(|_| number == 4)));
        first.append(&mut second);
        assert_eq!((numbers(&first), numbers(&second)), (vec![1, 2, 3, 4, 5], vec![]));
        assert_eq!(first.titles().map(|title| &*title.text).collect::<Vec<_>>(), ["A"]);
        assert_eq!(second.length(), AudioTime::ZERO);
    }

    #[test]
    fn clear_returns_the_last_title() {
        let mut queue = FeedQueue::default();
        assert_eq!(queue.clear(), None);
        for (number, title) in [(1, Some("A")), (2, Some("B")), (3, None)] {
            push(&mut queue, number, title);
        }
        assert_eq!(queue.clear(), Some(Title::new("B")));
        assert!(queue.is_empty() && queue.byte_len() == 0 && queue.length() == AudioTime::ZERO);
    }

    #[test]
    fn frame_is_found_by_the_first_number_in_it_or_after_it() {
        let mut queue = FeedQueue::default();
        // Five frames that begin with the sender's frames 10, 10, 12, 14 and 14.
        [10, 10, 12, 14, 14].into_iter().for_each(|number| push(&mut queue, number, None));
        for (number, found) in [(3, Some(10)), (10, Some(10)), (11, Some(12)), (14, Some(14)), (15, None)] {
            assert_eq!(queue.find(number).map(|frame| frame.number), found, "{number}");
        }
        queue.find(14).expect("a frame").title = Some(Title::new("A"));
        let titled: Vec<bool> = queue.iter().map(|(_, title)| title.is_some()).collect();
        assert_eq!(titled, [false, false, false, true, false]);
    }
}
