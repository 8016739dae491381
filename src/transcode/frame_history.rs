//! The latest frames of a programme, for encoders that begin in mid-programme.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audio::Header;
use crate::time::AudioTime;

/// How much audio is kept. An encoder needs 6912 samples before its first frame, 0.9 s at 8 kHz; the
/// resampler, and LAME itself, are behind by 0.2 s; a decoder of MP3 needs up to 0.5 s before its output is
/// right.
const LENGTH: Duration = Duration::from_secs(2);

/// The frames of at least the last two seconds.
pub(super) struct FrameHistory {
    frames: VecDeque<(Header, Box<[u8]>)>,
    /// Where the oldest frame begins.
    start: AudioTime,
    /// Where the newest frame ends.
    end: AudioTime,
}

impl FrameHistory {
    /// Returns a history without frames, before a frame that begins at `start`.
    pub fn new(start: AudioTime) -> Self {
        Self { frames: VecDeque::new(), start, end: start }
    }

    /// Returns where the oldest frame begins.
    pub fn start(&self) -> AudioTime {
        self.start
    }

    /// Returns where the newest frame ends, and the next one begins.
    pub fn end(&self) -> AudioTime {
        self.end
    }

    /// Adds the next frame, and drops those that are too old.
    pub fn push(&mut self, header: Header, frame: &[u8]) {
        self.end += header.duration();
        self.frames.push_back((header, frame.into()));
        while let Some((oldest, _)) = self.frames.front()
            && self.end.saturating_sub(self.start + oldest.duration()) >= AudioTime::from(LENGTH)
        {
            self.start += oldest.duration();
            self.frames.pop_front();
        }
    }

    /// Returns each frame, with the time at which it begins.
    pub fn iter(&self) -> impl Iterator<Item = (AudioTime, &Header, &[u8])> {
        let mut time = self.start;
        self.frames.iter().map(move |(header, frame)| {
            let start = time;
            time += header.duration();
            (start, header, &**frame)
        })
    }
}
