//! What a listener hears, counted: what is whole, what is not, and when the title comes.
//!
//! The load program's listener asks the same of the module with this name as it does there.

use std::time::{Duration, Instant};

use coldwave::audio::Header;
use coldwave::icy::{Deinterleaver, StreamPart};

/// Headers in a row, each where the frame before ends, that show where frames begin.
const PROOF: usize = 3;

/// The counts of one stream, from the first byte behind the head.
#[derive(Debug)]
pub struct Stream {
    began: Instant,
    deinterleaver: Deinterleaver,
    frames: Frames,
    heard: Heard,
    fault: Option<String>,
}

impl Stream {
    /// For a stream with a block after every `metaint` bytes of audio, or without blocks.
    pub fn new(metaint: Option<u32>) -> Self {
        Self {
            began: Instant::now(),
            deinterleaver: Deinterleaver::new(metaint),
            frames: Frames::default(),
            heard: Heard::default(),
            fault: None,
        }
    }

    /// Takes what came next, at any cut.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { began, deinterleaver, frames, heard, fault } = self;
        deinterleaver.push(bytes, |part| match part {
            StreamPart::Audio(audio) => frames.push(audio, heard),
            StreamPart::Block(text) => {
                heard.blocks += 1;
                if text.is_empty() {
                    return;
                }
                heard.titles += 1;
                heard.first_title.get_or_insert(FirstTitle { block: heard.blocks, after: began.elapsed() });
                if !text.starts_with(BEFORE) && fault.is_none() {
                    *fault = Some(format!("block {} has no title, but a text", heard.blocks));
                }
            }
        });
    }

    /// The stream is over.
    pub fn end(&mut self) {
        self.heard.ends_torn += u64::from(!self.frames.held.is_empty());
    }

    /// What cannot be counted, as it is no stream at all.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// The counts so far.
    pub fn heard(&self) -> Heard {
        self.heard
    }
}

/// What was counted.
#[derive(Debug, Default, Clone, Copy)]
pub struct Heard {
    /// Whole frames.
    pub frames: u64,
    /// Bytes of audio before the first whole frame.
    pub join_garbage: u64,
    /// How often a frame was torn later on: where it should have ended, no frame began.
    pub torn: u64,
    /// Bytes from there to the next whole frame, all together.
    pub torn_garbage: u64,
    /// 1 where the stream ended inside a frame.
    pub ends_torn: u64,
    /// Blocks, those without a text included.
    pub blocks: u64,
    /// Blocks with a text.
    pub titles: u64,
    pub first_title: Option<FirstTitle>,
}

impl Heard {
    /// Adds what another listener heard, except when that was.
    pub fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.join_garbage += other.join_garbage;
        self.torn += other.torn;
        self.torn_garbage += other.torn_garbage;
        self.ends_torn += other.ends_torn;
        self.blocks += other.blocks;
        self.titles += other.titles;
    }
}

/// The first block with a text.
#[derive(Debug, Clone, Copy)]
pub struct FirstTitle {
    /// Which of the blocks it was; 1 is the first.
    pub block: u64,
    /// When it came, since the reply's head.
    pub after: Duration,
}

const BEFORE: &[u8] = b"StreamTitle='";

/// Finds frames, and says what lies around them.
#[derive(Debug, Default)]
struct Frames {
    /// Bytes that are not decided on: less than a frame where frames are known to begin, else no more than a proof.
    held: Vec<u8>,
    in_step: bool,
}

impl Frames {
    fn push(&mut self, audio: &[u8], heard: &mut Heard) {
        self.held.extend_from_slice(audio);
        let mut at = 0;
        while let Some(step) = self.step(&self.held[at..]) {
            match step {
                Step::Frame(len) => {
                    heard.frames += 1;
                    at += len;
                }
                Step::Found => self.in_step = true,
                Step::Torn => {
                    heard.torn += 1;
                    self.in_step = false;
                }
                Step::Garbage if heard.frames == 0 => {
                    heard.join_garbage += 1;
                    at += 1;
                }
                Step::Garbage => {
                    heard.torn_garbage += 1;
                    at += 1;
                }
            }
        }
        self.held.drain(..at);
    }

    /// What comes next, if that can be said already.
    fn step(&self, bytes: &[u8]) -> Option<Step> {
        if self.in_step {
            return match header(bytes)? {
                None => Some(Step::Torn),
                Some(header) if bytes.len() >= header.frame_len() => Some(Step::Frame(header.frame_len())),
                Some(_) => None,
            };
        }
        let first = header(bytes)?;
        let mut next = first;
        let mut at = 0;
        for _ in 1..PROOF {
            let Some(this) = next else { return Some(Step::Garbage) };
            at += this.frame_len();
            next = header(bytes.get(at..)?)?;
        }
        let agree = first.zip(next).is_some_and(|(first, last)| first.is_compatible_with(&last));
        Some(if agree { Step::Found } else { Step::Garbage })
    }
}

enum Step {
    /// A whole frame of this length.
    Frame(usize),
    /// From here on frames are back to back.
    Found,
    /// No frame where one should begin.
    Torn,
    /// A byte at which no frame begins.
    Garbage,
}

/// Whether a header is in front, as soon as there are enough bytes to say so.
fn header(bytes: &[u8]) -> Option<Option<Header>> {
    bytes.first_chunk::<{ Header::MP3_LEN }>().map(|four| Header::parse_mp3(*four))
}
