//! Decodes the body that a source sends into frames and titles.

use std::collections::VecDeque;
use std::fmt;

use encoding_rs::Encoding;

use super::audio_probe::{AudioProbe, ProbeFinding};
use crate::audio::{Codec, Frame, Framer};
use crate::http::source::chunked::{self, MalformedChunks};
use crate::http::untrusted_url::{is_harmful, is_stream_url};
use crate::icy::{Deinterleaver, StreamPart, Title};

/// The most bytes before the first frame. A source that sends more does not send supported audio. Tags do not
/// count, because a tag with a picture is longer than this.
pub const NO_FRAME_MAX: u64 = 64 * 1024;

/// The most titles that wait for the frame at which they begin. A title waits for less than the length of two
/// frames, so more than one is rare, but a hostile source may send a title after every byte.
const TITLES_MAX: usize = 4;

/// Where a source's body ends.
#[derive(Debug)]
pub enum BodyFraming {
    /// At the end of the connection.
    UntilClose,
    /// After this many more bytes.
    Length(u64),
    /// At the last chunk (chunked transfer coding).
    Chunked(chunked::ChunkedDecoder),
}

/// Decodes the bytes of a source into frames and titles.
#[derive(Debug)]
pub struct SourceDecoder {
    framing: BodyFraming,
    frames: FrameDecoder,
}

/// Whether the body is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProgress {
    /// More bytes may follow.
    Incomplete,
    /// The body has ended.
    Complete,
}

/// Why a body cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// The first [`NO_FRAME_MAX`] bytes contain no frame.
    NoFrame(Codec),
    /// The audio is in this container.
    Container(&'static str),
    /// The frames are of this codec, which is not the announced one.
    OtherCodec(Codec),
    /// The chunked transfer coding is malformed.
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
            Self::Container(name) => write!(f, "{name} instead of MP3 or AAC frames"),
            Self::OtherCodec(codec) => write!(f, "{} frames, which is not the announced codec", codec.name()),
            Self::BadChunk => MalformedChunks.fmt(f),
        }
    }
}

impl SourceDecoder {
    /// Creates a decoder for frames of `codec`. If `metaint` is set, a metadata block follows every `metaint`
    /// bytes of audio. Titles that are not UTF-8 are decoded with `charset`.
    pub fn new(codec: Codec, framing: BodyFraming, metaint: Option<u32>, charset: &'static Encoding) -> Self {
        let frames = FrameDecoder {
            codec,
            deinterleaver: Deinterleaver::new(metaint),
            framer: Framer::with_codec(codec),
            audio_bytes: 0,
            titles: VecDeque::new(),
            charset,
            probe: Some(Box::new(AudioProbe::new(codec))),
        };
        Self { framing, frames }
    }

    /// Returns the codec of the frames.
    pub fn codec(&self) -> Codec {
        self.frames.codec
    }

    /// Sets the encoding of further titles that are not UTF-8.
    pub fn set_charset(&mut self, charset: &'static Encoding) {
        self.frames.charset = charset;
    }

    /// Processes the next bytes. Calls `on_frame` for every frame that they complete, with the title that
    /// begins at that frame.
    ///
    /// # Errors
    /// If the body cannot be decoded any further.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut on_frame: impl FnMut(&Frame<'_>, Option<Title>),
    ) -> Result<BodyProgress, BodyError> {
        let Self { framing, frames } = self;
        let progress = match framing {
            BodyFraming::UntilClose => {
                frames.push(bytes, &mut on_frame);
                BodyProgress::Incomplete
            }
            BodyFraming::Length(left) => {
                let part = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                frames.push(&bytes[..part], &mut on_frame);
                *left -= part as u64;
                if *left == 0 { BodyProgress::Complete } else { BodyProgress::Incomplete }
            }
            BodyFraming::Chunked(chunks) => {
                chunks.push(bytes, |payload| frames.push(payload, &mut on_frame))?;
                if chunks.is_complete() { BodyProgress::Complete } else { BodyProgress::Incomplete }
            }
        };
        frames.check_has_frames()?;
        Ok(progress)
    }

    /// Returns whether the body is complete if the connection is closed now.
    pub fn may_end(&self) -> bool {
        match &self.framing {
            BodyFraming::UntilClose => true,
            BodyFraming::Length(left) => *left == 0,
            BodyFraming::Chunked(chunks) => chunks.is_complete(),
        }
    }

    /// Ends the body and calls `on_frame` for the last frame, which no following frame could confirm.
    /// [`push`](Self::push) must not be called afterwards.
    pub fn finish(&mut self, mut on_frame: impl FnMut(&Frame<'_>, Option<Title>)) {
        self.frames.framer.finish();
        self.frames.emit_frames(&mut on_frame);
    }
}

/// Decodes audio with metadata blocks, after the framing of the body was removed.
#[derive(Debug)]
struct FrameDecoder {
    codec: Codec,
    deinterleaver: Deinterleaver,
    framer: Framer,
    /// Bytes of audio received.
    audio_bytes: u64,
    /// Titles, each with the number of audio bytes before it.
    titles: VecDeque<(u64, Title)>,
    charset: &'static Encoding,
    /// Finds out what else the source sends, until the first frame.
    probe: Option<Box<AudioProbe>>,
}

impl FrameDecoder {
    fn push(&mut self, bytes: &[u8], on_frame: &mut impl FnMut(&Frame<'_>, Option<Title>)) {
        let Self { deinterleaver, framer, audio_bytes, titles, charset, probe, .. } = self;
        deinterleaver.push(bytes, |part| match part {
            StreamPart::Audio(audio) => {
                framer.push(audio);
                probe.iter_mut().for_each(|probe| probe.push(audio));
                *audio_bytes += audio.len() as u64;
            }
            StreamPart::Block(text) => {
                let title = Title::parse_with_fallback(text, charset).map(without_harmful_urls);
                title.into_iter().for_each(|title| queue_title(titles, *audio_bytes, title));
            }
        });
        self.emit_frames(on_frame);
    }

    fn emit_frames(&mut self, on_frame: &mut impl FnMut(&Frame<'_>, Option<Title>)) {
        while let Some(frame) = self.framer.next_frame() {
            self.probe = None;
            let mut title = None;
            while let Some((_, next)) = self.titles.pop_front_if(|(at, _)| *at <= frame.offset) {
                title = Some(next);
            }
            on_frame(&frame, title);
        }
    }

    fn check_has_frames(&self) -> Result<(), BodyError> {
        let Some(probe) = &self.probe else { return Ok(()) };
        let undecoded = self.framer.junk() + self.framer.buffered() as u64;
        match probe.finding() {
            Some(ProbeFinding::Container(name)) => Err(BodyError::Container(name)),
            Some(ProbeFinding::OtherCodec(codec)) => Err(BodyError::OtherCodec(codec)),
            None if undecoded < NO_FRAME_MAX => Ok(()),
            None => Err(BodyError::NoFrame(self.codec)),
        }
    }
}

/// Drops a `StreamUrl` that may not be passed on, and other pairs with such a URL.
fn without_harmful_urls(mut title: Title) -> Title {
    if !is_stream_url(&title.url) {
        title.url.clear();
    }
    title.retain_extra(|value| !is_harmful(value));
    title
}

fn queue_title(titles: &mut VecDeque<(u64, Title)>, at: u64, title: Title) {
    if titles.len() == TITLES_MAX {
        titles.pop_back();
    }
    titles.push_back((at, title));
}
