//! What a station played last: its bytes, where its frames begin, and from where on which title holds.

use std::collections::VecDeque;
use std::rc::Rc;

use super::ring::Ring;
use crate::icy::Block;
use crate::time::AudioTime;

/// Room in bytes before anything is known of the bit rate: 4 s at 128 kbit/s.
const INITIAL_CAPACITY: usize = 64 * 1024;

/// An endless programme, of which the last part is held.
///
/// Offsets count every byte ever played. At least the last `keep` of audio is held; the ring grows to that when the
/// bit rate rises. With 4-byte-aligned maximal frames (1,441 bytes for 1,152 samples at 32 kHz) that is 40 KB a second.
#[derive(Debug)]
pub struct Timeline {
    ring: Ring,
    frames: VecDeque<FrameStart>,
    end: AudioTime,
    titles: VecDeque<TitlePoint>,
    retention: AudioTime,
}

#[derive(Debug, Clone, Copy)]
struct FrameStart {
    offset: u64,
    time: AudioTime,
}

#[derive(Debug)]
struct TitlePoint {
    offset: u64,
    block: Rc<Block>,
}

impl Timeline {
    /// An empty timeline whose title is empty, and which holds at least the last `keep` of what it will be given.
    pub fn new(keep: AudioTime) -> Self {
        let untitled = TitlePoint { offset: 0, block: Rc::new(Block::from_title_text("")) };
        Self {
            ring: Ring::new(INITIAL_CAPACITY),
            frames: VecDeque::new(),
            end: AudioTime::ZERO,
            titles: VecDeque::from([untitled]),
            retention: keep,
        }
    }

    /// The offset of the oldest byte held, where a frame begins.
    pub fn start(&self) -> u64 {
        self.ring.start()
    }

    /// The offset of the live edge: that of the next frame's first byte.
    pub fn end(&self) -> u64 {
        self.ring.end()
    }

    /// How many bytes there is room for.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// How much audio is held.
    pub fn buffered(&self) -> AudioTime {
        self.end - self.frames.front().map_or(self.end, |frame| frame.time)
    }

    /// How much audio is held at least, once so much was played.
    pub fn retention(&self) -> AudioTime {
        self.retention
    }

    /// Holds at least the last `keep` from now on.
    pub fn set_retention(&mut self, keep: AudioTime) {
        self.retention = keep;
    }

    /// How much audio was ever played.
    pub fn end_time(&self) -> AudioTime {
        self.end
    }

    /// Adds one whole frame at the live edge.
    pub fn push_frame(&mut self, frame: &[u8], length: AudioTime) {
        self.make_space(frame.len());
        self.frames.push_back(FrameStart { offset: self.ring.end(), time: self.end });
        self.ring.push(frame);
        self.end += length;
    }

    /// Makes `block` the title of all that is pushed from now on.
    pub fn set_title(&mut self, block: Rc<Block>) {
        let offset = self.ring.end();
        if self.titles.back().is_some_and(|title| title.block == block) {
            return;
        }
        // Of several titles for the same byte nobody can hear but the last.
        if self.titles.back().is_some_and(|title| title.offset == offset) {
            self.titles.pop_back();
        }
        self.titles.push_back(TitlePoint { offset, block });
    }

    /// The title in force at the byte at `offset`: the newest whose own offset is not beyond it.
    ///
    /// For bytes long gone it is the oldest that is still known.
    pub fn title_at(&self, offset: u64) -> &Rc<Block> {
        let newer = self.titles.partition_point(|title| title.offset <= offset);
        &self.titles[newer.saturating_sub(1)].block
    }

    /// The title in force at the live edge.
    pub fn title(&self) -> &Rc<Block> {
        self.title_at(self.end())
    }

    /// Where the first frame begins that is not older than `behind`; the live edge if there is none.
    pub fn offset_behind(&self, behind: AudioTime) -> u64 {
        let since = self.end.saturating_sub(behind);
        let older = self.frames.partition_point(|frame| frame.time < since);
        self.frames.get(older).map_or(self.end(), |frame| frame.offset)
    }

    /// Where the frame ends inside which `offset` is; `offset` itself if that is between two frames.
    pub fn frame_end(&self, offset: u64) -> u64 {
        let before = self.frames.partition_point(|frame| frame.offset < offset);
        self.frames.get(before).map_or(self.end(), |frame| frame.offset)
    }

    /// How much audio there is from the frame that holds the byte at `offset` up to the live edge; for bytes long gone, all
    /// that is held.
    pub fn time_behind(&self, offset: u64) -> AudioTime {
        let begun = self.frames.partition_point(|frame| frame.offset <= offset);
        let frame = self.frames.get(begun.saturating_sub(1)).filter(|_| offset < self.end());
        frame.map_or(AudioTime::ZERO, |frame| self.end - frame.time)
    }

    /// The mean bit rate in kbit/s of the last `length`; `None` while nothing was played.
    pub fn kbps(&self, length: AudioTime) -> Option<u32> {
        let from = self.offset_behind(length);
        let first = self.frames.get(self.frames.partition_point(|frame| frame.offset < from))?;
        (self.end - first.time).mean_kbps(self.end() - first.offset)
    }

    /// The bytes from `from` up to `to`, in at most two pieces. All of them must be held.
    pub fn bytes(&self, from: u64, to: u64) -> (&[u8], &[u8]) {
        self.ring.slices(from, to)
    }

    /// Drops what is older than `keep` until there is room for `more` bytes, and grows where that is not enough.
    fn make_space(&mut self, more: usize) {
        while self.ring.free() < more && self.drop_oldest_frame() {}
        if self.ring.free() < more {
            self.ring.grow(self.capacity_for(more));
        }
        let start = self.ring.start();
        while self.titles.get(1).is_some_and(|title| title.offset <= start) {
            self.titles.pop_front();
        }
    }

    /// Drops the oldest frame if it is out of `keep`; says whether it was.
    fn drop_oldest_frame(&mut self) -> bool {
        let Some(second) = self.frames.get(1) else { return false };
        if self.end - second.time < self.retention {
            return false;
        }
        self.ring.drop_before(second.offset);
        self.frames.pop_front();
        true
    }

    /// Room for all of `keep` at the byte rate of what is held, and a tenth more.
    fn capacity_for(&self, more: usize) -> usize {
        let held = self.buffered();
        let bytes = (self.end() - self.start()) as u128;
        let (held, keep) = (held.duration().as_micros().max(1), self.retention.duration().as_micros());
        let projected = (bytes * keep / held * 11 / 10) as usize;
        let capacity = self.ring.capacity();
        projected.clamp(capacity * 5 / 4, capacity * 16) + more
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn seconds(seconds: u64) -> AudioTime {
        AudioTime::from(Duration::from_secs(seconds))
    }

    fn with_frames(keep: u64, count: usize, size: usize) -> Timeline {
        let mut timeline = Timeline::new(seconds(keep));
        for i in 0..count {
            timeline.push_frame(&vec![i as u8; size], seconds(1));
        }
        timeline
    }

    #[test]
    fn it_keeps_what_it_was_asked_to_and_little_more() {
        for size in [100, 10_000, 100_000] {
            let timeline = with_frames(30, 1000, size);
            assert!(timeline.offset_behind(seconds(30)) >= timeline.start());
            assert_eq!(timeline.offset_behind(seconds(30)), 970 * size as u64);
            assert!(
                timeline.ring.capacity() <= (size * 42).max(INITIAL_CAPACITY),
                "{}",
                timeline.ring.capacity()
            );
        }
    }

    #[test]
    fn a_higher_bit_rate_grows_the_ring_and_loses_nothing() {
        let mut timeline = with_frames(30, 100, 8_000);
        for _ in 0..200 {
            timeline.push_frame(&[7; 40_000], seconds(1));
            assert!(timeline.end_time() - timeline.frames[0].time >= seconds(30));
        }
    }

    #[test]
    fn frames_are_found_by_time_and_by_byte() {
        let timeline = with_frames(30, 20, 10);
        assert_eq!(timeline.offset_behind(seconds(5)), 150);
        assert_eq!(timeline.offset_behind(seconds(0)), 200);
        assert_eq!(timeline.offset_behind(seconds(500)), 0);
        assert_eq!(timeline.frame_end(150), 150);
        assert_eq!(timeline.frame_end(151), 160);
        assert_eq!(timeline.frame_end(199), 200);
    }

    #[test]
    fn whoever_is_at_a_byte_is_behind_by_all_from_its_frame_on() {
        let timeline = with_frames(30, 20, 10);
        for (offset, behind_s) in [(200, 0), (199, 1), (190, 1), (189, 2), (50, 15), (0, 20), (u64::MAX, 0)] {
            assert_eq!(timeline.time_behind(offset), seconds(behind_s), "{offset}");
        }
        // Of 1,000 frames the last are held.
        let long = with_frames(30, 1000, 10_000);
        assert_eq!(long.time_behind(0), long.end_time() - long.frames[0].time);
        assert_eq!(Timeline::new(seconds(30)).time_behind(0), AudioTime::ZERO);
    }

    #[test]
    fn titles_hold_from_their_byte_on() {
        let mut timeline = with_frames(30, 2, 10);
        let title = |text| Rc::new(Block::from_title_text(text));
        timeline.set_title(title("lost"));
        timeline.set_title(title("A"));
        timeline.push_frame(&[0; 10], seconds(1));
        timeline.set_title(title("B"));
        assert_eq!(timeline.title_at(19), &title(""));
        assert_eq!(timeline.title_at(20), &title("A"));
        assert_eq!(timeline.title_at(29), &title("A"));
        assert_eq!(timeline.title_at(30), &title("B"));
        for _ in 0..10_000 {
            timeline.push_frame(&[0; 1000], seconds(1));
        }
        assert_eq!(timeline.titles.len(), 1);
        assert_eq!(timeline.title(), &title("B"));
    }

    #[test]
    fn the_bit_rate_is_that_of_the_audio() {
        let mut timeline = Timeline::new(seconds(30));
        assert_eq!(timeline.kbps(seconds(5)), None);
        for _ in 0..500 {
            timeline.push_frame(&[0; 418], AudioTime::from_samples(1152, 44_100));
        }
        assert_eq!(timeline.kbps(seconds(5)), Some(128));
    }
}
