//! The body that a source sends: from bytes to frames, with the titles between them.

use std::collections::VecDeque;
use std::fmt;

use encoding_rs::Encoding;

use crate::audio::{Codec, Frame, Framer};
use crate::http::source::chunked::{self, MalformedChunks};
use crate::icy::{Deinterleaver, StreamPart, Title};

/// A source that sent so many bytes without a frame between them sends no audio that we know. Tags do not count: one with
/// a picture is longer than that.
pub const NO_FRAME_MAX: u64 = 64 * 1024;

/// Titles that may wait for the frame they begin with. A title waits for less than two frames' length of audio, so more
/// than one is rare, but a hostile source may put one behind every byte.
const TITLES_MAX: usize = 4;

/// Where a source's body ends.
#[derive(Debug)]
pub enum BodyFraming {
    /// Where the connection does.
    UntilClose,
    /// After so many more bytes.
    Length(u64),
    /// Where its chunks say so.
    Chunked(chunked::ChunkedDecoder),
}

/// Turns what a source sends into frames.
#[derive(Debug)]
pub struct SourceDecoder {
    extent: BodyFraming,
    frames: FrameDecoder,
}

/// Whether more is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProgress {
    /// There may be more.
    Incomplete,
    /// The body is over.
    Complete,
}

/// Why a body is no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// See [`NO_FRAME_MAX`].
    NoFrame(Codec),
    /// Its chunks are none.
    BadChunk,
}

impl From<MalformedChunks> for BodyError {
    fn from(_: MalformedChunks) -> Self {
        Self::BadChunk
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFrame(codec) => {
                write!(f, "no {} frame in {} KiB", codec.name(), NO_FRAME_MAX / 1024)
            }
            Self::BadChunk => MalformedChunks.fmt(f),
        }
    }
}

impl SourceDecoder {
    /// For a body of `codec` frames, with a block of metadata after every `metaint` bytes of them, if there is one. Titles
    /// that are no UTF-8 are read in `charset`.
    pub fn new(codec: Codec, extent: BodyFraming, metaint: Option<u32>, charset: &'static Encoding) -> Self {
        let frames = FrameDecoder {
            codec,
            inline: Deinterleaver::new(metaint),
            framer: Framer::with_codec(codec),
            heard: 0,
            titles: VecDeque::new(),
            charset,
            any: false,
        };
        Self { extent, frames }
    }

    /// Takes the next bytes, and gives `each` every frame that is whole with them, with the title that begins with it.
    ///
    /// # Errors
    /// When the body is no use any more.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&Frame<'_>, Option<Title>),
    ) -> Result<BodyProgress, BodyError> {
        let Self { extent, frames } = self;
        let flow = match extent {
            BodyFraming::UntilClose => {
                frames.push(bytes, &mut each);
                BodyProgress::Incomplete
            }
            BodyFraming::Length(left) => {
                let now = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                frames.push(&bytes[..now], &mut each);
                *left -= now as u64;
                if *left == 0 { BodyProgress::Complete } else { BodyProgress::Incomplete }
            }
            BodyFraming::Chunked(chunks) => {
                chunks.push(bytes, |payload| frames.push(payload, &mut each))?;
                if chunks.is_complete() { BodyProgress::Complete } else { BodyProgress::Incomplete }
            }
        };
        frames.check_has_frames().map(|()| flow)
    }

    /// The body is over: gives `each` the last frame, which nothing behind it could confirm. Nothing may be pushed any
    /// more.
    pub fn finish(&mut self, mut each: impl FnMut(&Frame<'_>, Option<Title>)) {
        self.frames.framer.finish();
        self.frames.emit_frames(&mut each);
    }
}

/// Audio with metadata between it.
#[derive(Debug)]
struct FrameDecoder {
    codec: Codec,
    inline: Deinterleaver,
    framer: Framer,
    /// Bytes of audio so far.
    heard: u64,
    /// Titles, each with how many bytes of audio came before it.
    titles: VecDeque<(u64, Title)>,
    charset: &'static Encoding,
    any: bool,
}

impl FrameDecoder {
    fn push(&mut self, bytes: &[u8], each: &mut impl FnMut(&Frame<'_>, Option<Title>)) {
        let Self { inline, framer, heard, titles, charset, .. } = self;
        inline.push(bytes, |part| match part {
            StreamPart::Audio(audio) => {
                framer.push(audio);
                *heard += audio.len() as u64;
            }
            StreamPart::Block(text) => {
                let title = Title::parse_with_fallback(text, charset);
                title.into_iter().for_each(|title| queue_title(titles, *heard, title));
            }
        });
        self.emit_frames(each);
    }

    fn emit_frames(&mut self, each: &mut impl FnMut(&Frame<'_>, Option<Title>)) {
        while let Some(frame) = self.framer.next_frame() {
            self.any = true;
            let mut title = None;
            while let Some((_, next)) = self.titles.pop_front_if(|(at, _)| *at <= frame.offset) {
                title = Some(next);
            }
            each(&frame, title);
        }
    }

    fn check_has_frames(&self) -> Result<(), BodyError> {
        let useless = self.framer.junk() + self.framer.buffered() as u64;
        if self.any || useless < NO_FRAME_MAX { Ok(()) } else { Err(BodyError::NoFrame(self.codec)) }
    }
}

fn queue_title(titles: &mut VecDeque<(u64, Title)>, at: u64, title: Title) {
    if titles.len() == TITLES_MAX {
        titles.pop_back();
    }
    titles.push_back((at, title));
}
