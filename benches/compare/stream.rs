//! Counts the frames, garbage and titles of a stream.
//!
//! The listener is shared with the load program, so this module has the same interface as `stream` there.

use std::time::{Duration, Instant};

use coldwave::audio::Header;
use coldwave::icy::{Deinterleaver, StreamPart};

/// The number of consecutive headers, each at the end of the frame before, that synchronise the scanner.
const SYNC_HEADERS: usize = 3;

/// Counts a stream from the first byte after the head.
#[derive(Debug)]
pub struct StreamAnalyzer {
    started_at: Instant,
    deinterleaver: Deinterleaver,
    scanner: FrameScanner,
    counts: StreamCounts,
    error: Option<String>,
}

impl StreamAnalyzer {
    /// Creates the counts for a stream with a block after every `metaint` bytes of audio, or without blocks.
    pub fn new(metaint: Option<u32>) -> Self {
        Self {
            started_at: Instant::now(),
            deinterleaver: Deinterleaver::new(metaint),
            scanner: FrameScanner::default(),
            counts: StreamCounts::default(),
            error: None,
        }
    }

    /// Counts the next bytes, which may end anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { started_at, deinterleaver, scanner, counts, error } = self;
        deinterleaver.push(bytes, |part| match part {
            StreamPart::Audio(audio) => scanner.push(audio, counts),
            StreamPart::Block(text) => {
                counts.blocks += 1;
                if text.is_empty() {
                    return;
                }
                counts.titles += 1;
                let first = FirstTitle { block: counts.blocks, after: started_at.elapsed() };
                counts.first_title.get_or_insert(first);
                if !text.starts_with(TITLE_PREFIX) && error.is_none() {
                    *error = Some(format!("block {} has a text without a title", counts.blocks));
                }
            }
        });
    }

    /// Ends the stream.
    pub fn finish(&mut self) {
        self.counts.ends_truncated += u64::from(!self.scanner.undecided.is_empty());
    }

    /// Returns the first error that makes the counts meaningless.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns the counts so far.
    pub fn counts(&self) -> StreamCounts {
        self.counts
    }
}

/// The counts of a stream.
#[derive(Debug, Default, Clone, Copy)]
pub struct StreamCounts {
    /// Whole frames.
    pub frames: u64,
    /// Bytes of audio before the first whole frame.
    pub join_garbage: u64,
    /// Frames after the first one whose end is not followed by another frame.
    pub truncated: u64,
    /// Bytes from the ends of truncated frames to the next whole frames.
    pub truncated_garbage: u64,
    /// 1 if the stream ends inside a frame.
    pub ends_truncated: u64,
    /// Blocks, including empty ones.
    pub blocks: u64,
    /// Blocks with a text.
    pub titles: u64,
    pub first_title: Option<FirstTitle>,
}

impl StreamCounts {
    /// Adds the counts of another listener, except its first title.
    pub fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.join_garbage += other.join_garbage;
        self.truncated += other.truncated;
        self.truncated_garbage += other.truncated_garbage;
        self.ends_truncated += other.ends_truncated;
        self.blocks += other.blocks;
        self.titles += other.titles;
    }
}

/// The first block with a text.
#[derive(Debug, Clone, Copy)]
pub struct FirstTitle {
    /// The number of the block, counted from 1.
    pub block: u64,
    /// The time since the head of the response.
    pub after: Duration,
}

const TITLE_PREFIX: &[u8] = b"StreamTitle='";

/// Finds frames, and counts the bytes around them.
#[derive(Debug, Default)]
struct FrameScanner {
    /// Undecided bytes: less than a frame while synchronised, otherwise less than [`SYNC_HEADERS`] frames.
    undecided: Vec<u8>,
    is_synchronised: bool,
}

impl FrameScanner {
    fn push(&mut self, audio: &[u8], counts: &mut StreamCounts) {
        self.undecided.extend_from_slice(audio);
        let mut at = 0;
        while let Some(step) = self.step(&self.undecided[at..]) {
            match step {
                ScanStep::Frame(len) => {
                    counts.frames += 1;
                    at += len;
                }
                ScanStep::Synchronised => self.is_synchronised = true,
                ScanStep::Truncated => {
                    counts.truncated += 1;
                    self.is_synchronised = false;
                }
                ScanStep::Garbage if counts.frames == 0 => {
                    counts.join_garbage += 1;
                    at += 1;
                }
                ScanStep::Garbage => {
                    counts.truncated_garbage += 1;
                    at += 1;
                }
            }
        }
        self.undecided.drain(..at);
    }

    /// Returns what the bytes begin with, or `None` if more bytes are needed.
    fn step(&self, bytes: &[u8]) -> Option<ScanStep> {
        if self.is_synchronised {
            return match header(bytes)? {
                None => Some(ScanStep::Truncated),
                Some(header) if bytes.len() >= header.frame_len() => {
                    Some(ScanStep::Frame(header.frame_len()))
                }
                Some(_) => None,
            };
        }
        let first = header(bytes)?;
        let mut next = first;
        let mut at = 0;
        for _ in 1..SYNC_HEADERS {
            let Some(this) = next else { return Some(ScanStep::Garbage) };
            at += this.frame_len();
            next = header(bytes.get(at..)?)?;
        }
        let is_stream = first.zip(next).is_some_and(|(first, last)| first.is_compatible_with(&last));
        Some(if is_stream { ScanStep::Synchronised } else { ScanStep::Garbage })
    }
}

enum ScanStep {
    /// A whole frame of this length.
    Frame(usize),
    /// A sequence of frames begins.
    Synchronised,
    /// No frame begins where the previous one ends.
    Truncated,
    /// A byte at which no frame begins.
    Garbage,
}

/// Returns the header at the beginning of `bytes`, `Some(None)` if there is none, and `None` if more bytes
/// are needed.
fn header(bytes: &[u8]) -> Option<Option<Header>> {
    bytes.first_chunk::<{ Header::MP3_LEN }>().map(|four| Header::parse_mp3(*four))
}
