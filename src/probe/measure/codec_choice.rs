//! Finds out what the audio is: frames of MP3 or AAC, a container, or something else.

use crate::audio::{Codec, Framer};
use crate::transcode::{container_name, has_layer_1_or_2};

/// The most bytes in which the first frame is looked for.
const BEGINNING_MAX: usize = 64 * 1024;

/// The bytes in which a container is recognised.
const CONTAINER_BYTES: usize = 512;

/// The bytes that must have arrived for another look at the beginning, so that the same bytes are not
/// examined again and again.
const LOOK_AFTER: usize = 1024;

/// The frames of the announced codec that are enough.
const ANNOUNCED_FRAMES_MIN: usize = 2;

/// The frames of the other codec that are no coincidence.
const OTHER_FRAMES_MIN: usize = 3;

/// What the audio is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodecChoice {
    /// More bytes are needed.
    Undecided,
    Frames(Codec),
    /// A container or a codec with this name, which is not examined.
    Container(&'static str),
    /// Nothing that is recognised.
    Nothing,
}

/// Collects the beginning of the audio until it is known what it is.
#[derive(Debug)]
pub(super) struct CodecChooser {
    likely: Codec,
    beginning: Vec<u8>,
    /// How many bytes there were at the last look.
    looked_at: usize,
}

impl CodecChooser {
    /// Returns a chooser for audio that is probably of this codec.
    pub fn new(likely: Codec) -> Self {
        Self { likely, beginning: Vec::new(), looked_at: 0 }
    }

    /// Adds bytes and decides.
    pub fn push(&mut self, bytes: &[u8]) -> CodecChoice {
        self.beginning.extend_from_slice(bytes);
        if self.beginning.len() < self.looked_at + LOOK_AFTER {
            return CodecChoice::Undecided;
        }
        self.looked_at = self.beginning.len();
        self.choose(self.beginning.len() >= BEGINNING_MAX)
    }

    /// Decides without further bytes.
    pub fn finish(&self) -> CodecChoice {
        self.choose(true)
    }

    /// Returns the bytes, which are to be examined as frames after this choice.
    pub fn take(&mut self, choice: &CodecChoice) -> Vec<u8> {
        match choice {
            CodecChoice::Frames(_) => std::mem::take(&mut self.beginning),
            _ => Vec::new(),
        }
    }

    fn choose(&self, is_last: bool) -> CodecChoice {
        let bytes = &self.beginning;
        if let Some(name) = container_name(bytes, bytes.len() >= CONTAINER_BYTES || is_last) {
            return CodecChoice::Container(name);
        }
        let other = self.likely.other();
        match () {
            () if self.frames(self.likely) >= ANNOUNCED_FRAMES_MIN => CodecChoice::Frames(self.likely),
            () if self.frames(other) >= OTHER_FRAMES_MIN => CodecChoice::Frames(other),
            () if is_last && has_layer_1_or_2(bytes) => CodecChoice::Container("MPEG audio layer I or II"),
            () if is_last => CodecChoice::Nothing,
            () => CodecChoice::Undecided,
        }
    }

    /// Returns how many frames of this codec there are, at most as many as are needed.
    fn frames(&self, codec: Codec) -> usize {
        let mut framer = Framer::with_codec(codec);
        framer.push(&self.beginning);
        (0..OTHER_FRAMES_MIN).take_while(|_| framer.next_frame().is_some()).count()
    }
}
