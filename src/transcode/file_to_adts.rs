//! A file whose AAC frames are passed on unchanged, about a second at a time.

use super::decode::AdtsFile;
use super::encoded_frames::{EncodedFrames, FrameMark};
use crate::audio::{Codec, Header};

/// A file of AAC frames.
pub(super) trait AdtsFrames {
    /// Returns the next frame, with its ADTS header, or `None` at the end.
    fn next_frame(&mut self) -> Option<&[u8]>;
}

impl AdtsFrames for AdtsFile {
    fn next_frame(&mut self) -> Option<&[u8]> {
        AdtsFile::next_frame(self)
    }
}

/// The frames of one file.
pub(super) struct FileToAdts {
    source: Box<dyn AdtsFrames + Send>,
    /// Frames at the beginning that are still to be left out.
    to_skip: u64,
    /// The index of the next frame to return.
    next: u64,
    /// The token of the mark at the beginning of the file, until it is set.
    start: Option<u32>,
}

impl FileToAdts {
    /// Begins a file, without its first `skip_frames` frames.
    pub(super) fn new(source: impl AdtsFrames + Send + 'static, skip_frames: u64) -> Self {
        let start = (skip_frames == 0).then_some(0);
        Self { source: Box::new(source), to_skip: skip_frames, next: skip_frames, start }
    }

    /// Sets the token of the mark at the beginning, which is 0 by default. There is no mark after `skip_frames`.
    pub(super) fn set_token(&mut self, token: u32) {
        self.start = self.start.map(|_| token);
    }

    /// Returns the frames of about a second.
    pub(super) fn next(&mut self) -> EncodedFrames {
        let mut batch = EncodedFrames { index: self.next, ..EncodedFrames::default() };
        batch.is_last = !self.skip() || !self.fill(&mut batch);
        self.next += u64::from(batch.count);
        if batch.count > 0 {
            batch.marks.extend(self.start.take().map(|token| FrameMark { frame: 0, token }));
        }
        batch
    }

    /// Leaves out frames at the beginning. Returns false at the end of the file.
    fn skip(&mut self) -> bool {
        while self.to_skip > 0 && self.source.next_frame().is_some() {
            self.to_skip -= 1;
        }
        self.to_skip == 0
    }

    /// Adds frames until a second is full. Returns false at the end of the file.
    fn fill(&mut self, batch: &mut EncodedFrames) -> bool {
        let mut seconds = 0.0;
        while seconds < 1.0 {
            let Some(frame) = self.source.next_frame() else { return false };
            seconds += length(frame);
            batch.bytes.extend_from_slice(frame);
            batch.count += 1;
        }
        true
    }
}

/// Returns how long a frame plays, in seconds.
fn length(frame: &[u8]) -> f64 {
    let header = Header::parse(Codec::Aac, frame);
    header.map_or(0.0, |header| f64::from(header.samples()) / f64::from(header.rate()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of different lengths, the first byte of whose payload is their number.
    struct Numbered {
        left: std::ops::Range<u8>,
        frame: Vec<u8>,
    }

    impl AdtsFrames for Numbered {
        fn next_frame(&mut self) -> Option<&[u8]> {
            let number = self.left.next()?;
            let len = 20 + usize::from(number);
            self.frame = Header::new_aac(44_100, 2, len).unwrap().bytes().to_vec();
            self.frame.resize(len, number);
            Some(&self.frame)
        }
    }

    fn file(frames: u8, skip: u64) -> FileToAdts {
        FileToAdts::new(Numbered { left: 0..frames, frame: Vec::new() }, skip)
    }

    /// Returns the numbers of the frames in a batch.
    fn numbers(batch: &EncodedFrames) -> Vec<u8> {
        let mut rest = batch.bytes.as_slice();
        let mut numbers = Vec::new();
        while let Some(header) = Header::parse(Codec::Aac, rest) {
            numbers.push(rest[header.frame_len() - 1]);
            rest = &rest[header.frame_len()..];
        }
        assert_eq!((numbers.len(), rest.len()), (batch.count as usize, 0));
        numbers
    }

    #[test]
    fn frames_come_unchanged_in_batches_of_a_second_with_a_mark_at_the_start() {
        let mut file = file(100, 0);
        file.set_token(77);
        let batches: Vec<_> = std::iter::repeat_with(|| file.next()).take(3).collect();
        let expected = [0..44, 44..88, 88..100].map(|numbers| numbers.collect::<Vec<u8>>());
        assert_eq!(batches.iter().map(numbers).collect::<Vec<_>>(), expected);
        assert_eq!(batches.iter().map(|batch| batch.index).collect::<Vec<_>>(), [0, 44, 88]);
        assert_eq!(batches.iter().map(|batch| batch.is_last).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(batches[0].marks, [FrameMark { frame: 0, token: 77 }]);
        assert!(batches[1].marks.is_empty() && batches[2].marks.is_empty());
    }

    #[test]
    fn skipped_frames_are_counted_and_have_no_mark() {
        let batch = file(100, 90).next();
        assert_eq!(numbers(&batch), (90..100).collect::<Vec<u8>>());
        assert_eq!((batch.index, batch.is_last, batch.marks.len()), (90, true, 0));
        let beyond = file(100, 200).next();
        assert_eq!((beyond.count, beyond.is_last), (0, true));
    }
}
