//! Checks every byte of a stream.

use coldwave::audio::Header;
use coldwave::icy::{Deinterleaver, StreamPart};

/// Checks a stream from the first byte after the head, up to the first error.
#[derive(Debug)]
pub struct StreamAnalyzer {
    deinterleaver: Deinterleaver,
    frames: FrameChecker,
    titles: TitleChecker,
    error: Option<String>,
}

impl StreamAnalyzer {
    /// Creates the checks for a stream with a block after every `metaint` bytes of audio, or without blocks.
    pub fn new(metaint: Option<u32>) -> Self {
        Self {
            deinterleaver: Deinterleaver::new(metaint),
            frames: FrameChecker::default(),
            titles: TitleChecker::default(),
            error: None,
        }
    }

    /// Checks the next bytes, which may end anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { deinterleaver, frames, titles, error } = self;
        deinterleaver.push(bytes, |part| {
            if error.is_none() {
                *error = match part {
                    StreamPart::Audio(audio) => frames.push(audio).err(),
                    StreamPart::Block(text) => titles.push(text).err().map(|error| frames.locate(&error)),
                };
            }
        });
    }

    /// Checks that the stream does not end inside a frame.
    pub fn finish(&mut self) {
        if self.error.is_none() && !self.frames.is_at_boundary() {
            self.error = Some(self.frames.locate("the stream ends inside a frame"));
        }
    }

    /// Returns the first error.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns how much was checked.
    pub fn counts(&self) -> StreamCounts {
        StreamCounts {
            frames: self.frames.count,
            longest_silence: self.frames.longest_silence,
            blocks: self.titles.blocks,
            titles: self.titles.titles,
        }
    }
}

/// How much of a stream was checked and is valid.
#[derive(Debug, Default, Clone, Copy)]
pub struct StreamCounts {
    pub frames: u64,
    /// The most frames of silence, as coldwave plays them, in a row.
    pub longest_silence: u64,
    /// Blocks, including empty ones.
    pub blocks: u64,
    /// Blocks with a title.
    pub titles: u64,
}

impl StreamCounts {
    pub fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.longest_silence = self.longest_silence.max(other.longest_silence);
        self.blocks += other.blocks;
        self.titles += other.titles;
    }
}

/// Checks that audio consists of whole frames from the first byte on, each followed by the header of the
/// next.
#[derive(Debug, Default)]
struct FrameChecker {
    /// Bytes of audio so far.
    offset: u64,
    /// The bytes of an incomplete header.
    header: [u8; Header::MP3_LEN],
    header_len: usize,
    /// Missing bytes of the current frame.
    remaining: usize,
    count: u64,
    /// Whether all bytes of the current frame after its header are zero so far.
    is_silent: bool,
    /// Frames of silence in a row before the current frame, and the most so far.
    silence: u64,
    longest_silence: u64,
}

impl FrameChecker {
    fn push(&mut self, mut audio: &[u8]) -> Result<(), String> {
        while !audio.is_empty() {
            let len = if self.remaining > 0 { self.push_body(audio) } else { self.push_header(audio)? };
            self.offset += len as u64;
            audio = &audio[len..];
        }
        Ok(())
    }

    fn push_body(&mut self, audio: &[u8]) -> usize {
        let len = self.remaining.min(audio.len());
        self.remaining -= len;
        self.is_silent &= audio[..len].iter().all(|byte| *byte == 0);
        if self.remaining == 0 {
            self.silence = if self.is_silent { self.silence + 1 } else { 0 };
            self.longest_silence = self.longest_silence.max(self.silence);
        }
        len
    }

    fn push_header(&mut self, audio: &[u8]) -> Result<usize, String> {
        let len = (Header::MP3_LEN - self.header_len).min(audio.len());
        self.header[self.header_len..][..len].copy_from_slice(&audio[..len]);
        self.header_len += len;
        if self.header_len == Header::MP3_LEN {
            let header = Header::parse_mp3(self.header);
            let header =
                header.ok_or_else(|| self.locate(&format!("{:02x?} is not a frame", self.header)))?;
            self.remaining = header.frame_len() - Header::MP3_LEN;
            self.header_len = 0;
            self.is_silent = true;
            self.count += 1;
        }
        Ok(len)
    }

    /// Returns whether the audio so far ends with a whole frame.
    fn is_at_boundary(&self) -> bool {
        self.remaining == 0 && self.header_len == 0
    }

    /// Adds the position in the stream to an error.
    fn locate(&self, error: &str) -> String {
        format!("{error}, after {} frames, {} bytes of audio", self.count, self.offset)
    }
}

const TITLE_PREFIX: &str = "StreamTitle='";
const TITLE_SUFFIX: &str = "';";

/// The text of a block is padded with NULs to a multiple of this many bytes.
const BLOCK_UNIT: usize = 16;

/// Checks the blocks: the first one has a title, and each of the others is empty or has a new title.
#[derive(Debug, Default)]
struct TitleChecker {
    blocks: u64,
    titles: u64,
    current: Option<String>,
}

impl TitleChecker {
    fn push(&mut self, block: &[u8]) -> Result<(), String> {
        self.blocks += 1;
        if block.is_empty() {
            return self.current.as_ref().map(|_| ()).ok_or("the first block is empty".into());
        }
        let title =
            parse_title(block).map_err(|error| format!("{error} in the block {:?}", excerpt(block)))?;
        if self.current.as_deref() == Some(title) {
            return Err(format!("title {title:?} is sent twice"));
        }
        self.current = Some(title.to_owned());
        self.titles += 1;
        Ok(())
    }
}

/// Returns the title of a block that is not empty: `StreamTitle='…';` in UTF-8, then one to sixteen NULs.
fn parse_title(block: &[u8]) -> Result<&str, &'static str> {
    let len = block.iter().position(|byte| *byte == 0).ok_or("no NUL")?;
    let (text, padding) = block.split_at(len);
    if padding.len() > BLOCK_UNIT || padding.iter().any(|byte| *byte != 0) {
        return Err("invalid padding");
    }
    let text = std::str::from_utf8(text).map_err(|_| "invalid UTF-8")?;
    let value = text.strip_prefix(TITLE_PREFIX).ok_or("no StreamTitle")?;
    match value.find(TITLE_SUFFIX) {
        Some(end) if end + TITLE_SUFFIX.len() == value.len() => Ok(&value[..end]),
        Some(_) => Err("text after the title"),
        None => Err("no end of the title"),
    }
}

fn excerpt(block: &[u8]) -> String {
    /// The most bytes of an excerpt.
    const EXCERPT_MAX: usize = 80;
    String::from_utf8_lossy(&block[..block.len().min(EXCERPT_MAX)]).into_owned()
}
