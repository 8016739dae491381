//! The last part of what a station played: the bytes, the start of each frame, and the offset of each title.

use std::collections::VecDeque;
use std::rc::Rc;

use super::ring::Ring;
use crate::icy::Block;
use crate::time::AudioTime;

/// The capacity in bytes before the bit rate is known: 4 s at 128 kbit/s.
const INITIAL_CAPACITY: usize = 64 * 1024;

/// An endless sequence of frames, of which the last part is kept.
///
/// Offsets count every byte ever played. At least the last `retention` of audio is kept. The ring grows when
/// the bit rate rises. MP3 needs at most 40 KB for a second: frames of 1,441 bytes for 1,152 samples at 32
/// kHz.
#[derive(Debug)]
pub struct Timeline {
    ring: Ring,
    frames: VecDeque<FrameStart>,
    end: AudioTime,
    titles: VecDeque<TitlePoint>,
    retention: AudioTime,
    /// The bytes that are kept besides, if that is more.
    retention_bytes: u64,
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
    /// Returns an empty timeline with an empty title. It keeps at least the last `retention` of the audio
    /// pushed, and this many bytes.
    pub fn new((retention, retention_bytes): (AudioTime, u64)) -> Self {
        let no_title = TitlePoint { offset: 0, block: Rc::new(Block::from_title_text("")) };
        Self {
            ring: Ring::new(INITIAL_CAPACITY),
            frames: VecDeque::new(),
            end: AudioTime::ZERO,
            titles: VecDeque::from([no_title]),
            retention,
            retention_bytes,
        }
    }

    /// Returns the offset of the oldest byte kept, where a frame begins.
    pub fn start(&self) -> u64 {
        self.ring.start()
    }

    /// Returns the offset of the live edge, where the next frame begins.
    pub fn end(&self) -> u64 {
        self.ring.end()
    }

    /// Returns how many bytes the ring has room for.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// Returns how much audio is kept now.
    pub fn buffered(&self) -> AudioTime {
        self.end - self.frames.front().map_or(self.end, |frame| frame.time)
    }

    /// Returns the minimum of audio that is kept, once that much was played.
    pub fn retention(&self) -> AudioTime {
        self.retention
    }

    /// Sets the minimum of audio that is kept from now on: a time, and a number of bytes.
    pub fn set_retention(&mut self, (retention, bytes): (AudioTime, u64)) {
        self.retention = retention;
        self.retention_bytes = bytes;
    }

    /// Returns how much audio was ever played.
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

    /// Sets the title of all frames that are pushed from now on.
    pub fn set_title(&mut self, block: Rc<Block>) {
        let offset = self.ring.end();
        if self.titles.back().is_some_and(|title| title.block == block) {
            return;
        }
        // If several titles are set for the same byte, listeners get the last.
        if self.titles.back().is_some_and(|title| title.offset == offset) {
            self.titles.pop_back();
        }
        self.titles.push_back(TitlePoint { offset, block });
    }

    /// Returns the title of the byte at `offset`: the newest title that was set at this offset or before.
    ///
    /// For bytes that are no longer kept, it is the oldest title still known.
    pub fn title_at(&self, offset: u64) -> &Rc<Block> {
        let newer = self.titles.partition_point(|title| title.offset <= offset);
        &self.titles[newer.saturating_sub(1)].block
    }

    /// Returns the title at the live edge.
    pub fn title(&self) -> &Rc<Block> {
        self.title_at(self.end())
    }

    /// Returns the offset of the first frame that is not older than `behind`; the live edge if there is none.
    pub fn offset_behind(&self, behind: AudioTime) -> u64 {
        let since = self.end.saturating_sub(behind);
        let older = self.frames.partition_point(|frame| frame.time < since);
        self.frames.get(older).map_or(self.end(), |frame| frame.offset)
    }

    /// Returns the length of the whole frames among the last `bytes` up to the live edge.
    pub fn length_within(&self, bytes: u64) -> AudioTime {
        let from = self.end().saturating_sub(bytes);
        let first = self.frames.get(self.frames.partition_point(|frame| frame.offset < from));
        first.map_or(AudioTime::ZERO, |frame| self.end - frame.time)
    }

    /// Returns the offset and the time of the first frame that is kept and begins at `time` or later. Both
    /// are those of the live edge if there is none.
    pub fn frame_from(&self, time: AudioTime) -> (u64, AudioTime) {
        let before = self.frames.partition_point(|frame| frame.time < time);
        self.frames.get(before).map_or((self.end(), self.end), |frame| (frame.offset, frame.time))
    }

    /// Returns the end of the frame that contains `offset`; `offset` itself if it is between two frames.
    pub fn frame_end(&self, offset: u64) -> u64 {
        let before = self.frames.partition_point(|frame| frame.offset < offset);
        self.frames.get(before).map_or(self.end(), |frame| frame.offset)
    }

    /// Returns how much audio there is from the start of the frame that holds the byte at `offset` up to the
    /// live edge. For bytes that are no longer kept, it is all that is kept.
    pub fn time_behind(&self, offset: u64) -> AudioTime {
        let begun = self.frames.partition_point(|frame| frame.offset <= offset);
        let frame = self.frames.get(begun.saturating_sub(1)).filter(|_| offset < self.end());
        frame.map_or(AudioTime::ZERO, |frame| self.end - frame.time)
    }

    /// Returns the mean bit rate in kbit/s of the frames that begin at `from` or later; `None` if there are
    /// none.
    pub fn kbps_from(&self, from: u64) -> Option<u32> {
        let first = self.frames.get(self.frames.partition_point(|frame| frame.offset < from))?;
        (self.end - first.time).mean_kbps(self.end() - first.offset)
    }

    /// Returns the bytes from `from` up to `to`, in at most two slices. All of them must be kept.
    pub fn bytes(&self, from: u64, to: u64) -> (&[u8], &[u8]) {
        self.ring.slices(from, to)
    }

    /// Calls `use_frame` with the offset and the bytes of each frame from `from` up to `to`, while it returns
    /// `true`. All of them must be kept. Returns the offset up to which they were used.
    pub fn for_each_frame(&self, from: u64, to: u64, mut use_frame: impl FnMut(u64, &[u8]) -> bool) -> u64 {
        let first = self.frames.partition_point(|frame| frame.offset < from);
        let mut starts = self.frames.range(first..).map(|frame| frame.offset).peekable();
        let mut joined = Vec::new();
        while let Some(start) = starts.next().filter(|start| *start < to) {
            let (begin, end) = self.bytes(start, starts.peek().copied().unwrap_or(self.end()));
            // A frame at the end of the ring's memory continues at its beginning.
            let whole = if end.is_empty() { begin } else { joined_frame(&mut joined, begin, end) };
            if !use_frame(start, whole) {
                return start;
            }
        }
        to.max(from)
    }

    /// Drops frames that need not be kept until there is room for `additional` bytes, and grows the ring if
    /// that is not enough.
    fn make_space(&mut self, additional: usize) {
        while self.ring.free() < additional && self.drop_oldest_frame() {}
        if self.ring.free() < additional {
            self.ring.grow(self.capacity_for(additional));
        }
        let start = self.ring.start();
        while self.titles.get(1).is_some_and(|title| title.offset <= start) {
            self.titles.pop_front();
        }
    }

    /// Drops the oldest frame if what follows is as much as is to be kept. Returns whether it is.
    fn drop_oldest_frame(&mut self) -> bool {
        let Some(second) = self.frames.get(1) else { return false };
        let (offset, time) = (second.offset, second.time);
        if self.end - time < self.retention || self.end() - offset < self.retention_bytes {
            return false;
        }
        self.ring.drop_before(offset);
        self.frames.pop_front();
        true
    }

    /// Returns the capacity for all that is to be kept, at the mean byte rate of what is kept, plus a tenth.
    fn capacity_for(&self, additional: usize) -> usize {
        let held = self.buffered();
        let bytes = (self.end() - self.start()) as u128;
        let (held, retention) = (held.duration().as_micros().max(1), self.retention.duration().as_micros());
        let needed = (bytes * retention / held).max(self.retention_bytes.into());
        let projected = (needed * 11 / 10) as usize;
        let capacity = self.ring.capacity();
        projected.clamp(capacity * 5 / 4, capacity * 16) + additional
    }
}

fn joined_frame<'j>(joined: &'j mut Vec<u8>, begin: &[u8], end: &[u8]) -> &'j [u8] {
    joined.clear();
    joined.extend_from_slice(begin);
    joined.extend_from_slice(end);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn seconds(seconds: u64) -> AudioTime {
        AudioTime::from(Duration::from_secs(seconds))
    }

    fn with_frames(retention: u64, count: usize, size: usize) -> Timeline {
        let mut timeline = Timeline::new((seconds(retention), 0));
        for i in 0..count {
            timeline.push_frame(&vec![i as u8; size], seconds(1));
        }
        timeline
    }

    #[test]
    fn timeline_keeps_its_retention_and_little_more() {
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
    fn higher_bit_rate_grows_the_ring_without_loss() {
        let mut timeline = with_frames(30, 100, 8_000);
        for _ in 0..200 {
            timeline.push_frame(&[7; 40_000], seconds(1));
            assert!(timeline.end_time() - timeline.frames[0].time >= seconds(30));
        }
    }

    #[test]
    fn timeline_keeps_its_bytes_at_every_bit_rate() {
        for size in [100, 1_000, 40_000] {
            let mut timeline = Timeline::new((seconds(2), 300_000));
            (0..5000).for_each(|_| timeline.push_frame(&vec![1; size], seconds(1)));
            let kept = timeline.end() - timeline.start();
            assert!((300_000..480_000).contains(&kept), "{kept} bytes in frames of {size}");
            assert_eq!(timeline.length_within(200_000), seconds(200_000 / size as u64));
            assert_eq!(timeline.length_within(u64::MAX), timeline.buffered());
        }
    }

    #[test]
    fn frames_are_found_by_time_and_by_offset() {
        let timeline = with_frames(30, 20, 10);
        assert_eq!(timeline.offset_behind(seconds(5)), 150);
        assert_eq!(timeline.offset_behind(seconds(0)), 200);
        assert_eq!(timeline.offset_behind(seconds(500)), 0);
        assert_eq!(timeline.frame_end(150), 150);
        assert_eq!(timeline.frame_end(151), 160);
        assert_eq!(timeline.frame_end(199), 200);
    }

    #[test]
    fn frames_are_read_whole_wherever_they_are_in_the_ring() {
        let mut timeline = Timeline::new((seconds(5), 0));
        for number in 0..1000_u64 {
            timeline.push_frame(&[number as u8; 997], seconds(1));
            let from = timeline.start().max(timeline.end().saturating_sub(3 * 997));
            let mut seen = Vec::new();
            let end = timeline.for_each_frame(from, timeline.end(), |_, frame| {
                assert!(frame.len() == 997 && frame.iter().all(|byte| *byte == frame[0]));
                seen.push(frame[0]);
                true
            });
            let expected: Vec<u8> = (number.saturating_sub(2)..=number).map(|it| it as u8).collect();
            assert_eq!((seen, end), (expected, timeline.end()));
        }
        let stopped = timeline.for_each_frame(timeline.start(), timeline.end(), |_, _| false);
        assert_eq!(stopped, timeline.start());
    }

    #[test]
    fn time_behind_counts_from_the_start_of_the_frame() {
        let timeline = with_frames(30, 20, 10);
        for (offset, behind_s) in [(200, 0), (199, 1), (190, 1), (189, 2), (50, 15), (0, 20), (u64::MAX, 0)] {
            assert_eq!(timeline.time_behind(offset), seconds(behind_s), "{offset}");
        }
        // Only the last of the 1,000 frames are kept.
        let long = with_frames(30, 1000, 10_000);
        assert_eq!(long.time_behind(0), long.end_time() - long.frames[0].time);
        assert_eq!(Timeline::new((seconds(30), 0)).time_behind(0), AudioTime::ZERO);
    }

    #[test]
    fn title_applies_from_its_offset_on() {
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
    fn bit_rate_is_the_mean_of_the_audio() {
        let mut timeline = Timeline::new((seconds(30), 0));
        assert_eq!(timeline.kbps_from(0), None);
        for _ in 0..500 {
            timeline.push_frame(&[0; 418], AudioTime::from_samples(1152, 44_100));
        }
        assert_eq!(timeline.kbps_from(timeline.offset_behind(seconds(5))), Some(128));
    }
}
