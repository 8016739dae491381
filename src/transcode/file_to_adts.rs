//! A file of AAC whose frames are passed on, about a second at a time.

use super::decode::AdtsFile;
use super::encoded_frames::{EncodedFrames, FrameMark};

/// Samples per channel of a frame.
const FRAME_SAMPLES: u32 = 1024;

/// The frames of one file.
pub(super) struct FileToAdts {
    file: AdtsFile,
    /// The index of the next frame.
    index: u64,
    /// The number of frames that last about a second.
    frames_per_second: u32,
    /// The token of the mark at the beginning of the file, until it is set.
    start: Option<u32>,
}

impl FileToAdts {
    /// Begins a file, without its first `skip_frames` frames.
    pub(super) fn new(mut file: AdtsFile, skip_frames: u64) -> Self {
        let mut index = 0;
        while index < skip_frames && file.next_frame().is_some() {
            index += 1;
        }
        let frames_per_second = file.info().rate.div_ceil(FRAME_SAMPLES);
        Self { file, index: skip_frames, frames_per_second, start: (skip_frames == 0).then_some(0) }
    }

    /// Sets the token of the mark at the beginning, which is 0 by default. There is no mark after
    /// `skip_frames`.
    pub(super) fn set_token(&mut self, token: u32) {
        self.start = self.start.map(|_| token);
    }

    /// Returns the frames of about a second.
    pub(super) fn next(&mut self) -> EncodedFrames {
        let mut frames = EncodedFrames { index: self.index, ..EncodedFrames::default() };
        frames.marks.extend(self.start.take().map(|token| FrameMark { frame: 0, token }));
        while frames.count < self.frames_per_second {
            let Some(frame) = self.file.next_frame() else {
                frames.is_last = true;
                break;
            };
            frames.bytes.extend_from_slice(frame);
            frames.count += 1;
        }
        self.index += u64::from(frames.count);
        frames
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn open(skip_frames: u64) -> (FileToAdts, Vec<u8>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/aac/lc-44100-stereo-96k.aac");
        let file = AdtsFile::open(&path).expect("AAC");
        (FileToAdts::new(file, skip_frames), fs::read(path).expect("a fixture"))
    }

    #[test]
    fn all_frames_are_passed_on_and_the_first_is_marked() {
        let (mut file, bytes) = open(0);
        file.set_token(7);
        let frames = file.next();
        assert_eq!((frames.index, frames.count, frames.is_last), (0, 27, true));
        assert_eq!(frames.marks, [FrameMark { frame: 0, token: 7 }]);
        assert!(frames.bytes == bytes);
        let end = file.next();
        assert_eq!((end.index, end.count, end.is_last), (27, 0, true));
    }

    #[test]
    fn skipped_frames_are_counted_and_not_marked() {
        let (mut file, bytes) = open(20);
        file.set_token(7);
        let frames = file.next();
        assert_eq!((frames.index, frames.count), (20, 7));
        assert_eq!(frames.marks, []);
        assert!(bytes.ends_with(&frames.bytes));
    }
}
