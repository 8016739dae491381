//! What a listener hears, checked to the last byte.

use coldwave::audio::Header;
use coldwave::icy::{Deinterleaver, StreamPart};

/// The checks of one stream, from the first byte behind the head. What is wrong first is kept; nothing behind it is
/// looked at.
#[derive(Debug)]
pub struct Stream {
    deinterleaver: Deinterleaver,
    frames: Frames,
    titles: Titles,
    fault: Option<String>,
}

impl Stream {
    /// For a stream with a block after every `metaint` bytes of audio, or without blocks.
    pub fn new(metaint: Option<u32>) -> Self {
        Self {
            deinterleaver: Deinterleaver::new(metaint),
            frames: Frames::default(),
            titles: Titles::default(),
            fault: None,
        }
    }

    /// Takes what came next, at any cut.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { deinterleaver, frames, titles, fault } = self;
        deinterleaver.push(bytes, |part| {
            if fault.is_none() {
                *fault = match part {
                    StreamPart::Audio(audio) => frames.push(audio).err(),
                    StreamPart::Block(text) => titles.push(text).err().map(|what| frames.place(&what)),
                };
            }
        });
    }

    /// The stream is over: a frame that has begun must have ended.
    pub fn end(&mut self) {
        if self.fault.is_none() && !self.frames.between_two() {
            self.fault = Some(self.frames.place("the stream ends inside a frame"));
        }
    }

    /// What is wrong, if anything is.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// How much was checked.
    pub fn heard(&self) -> Heard {
        Heard { frames: self.frames.count, blocks: self.titles.blocks, titles: self.titles.full }
    }
}

/// How much was checked and found right.
#[derive(Debug, Default, Clone, Copy)]
pub struct Heard {
    pub frames: u64,
    /// Blocks, those without a text included.
    pub blocks: u64,
    /// Blocks with a text.
    pub titles: u64,
}

impl Heard {
    pub fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.blocks += other.blocks;
        self.titles += other.titles;
    }
}

/// Audio as whole frames back to back, from the first byte on: where one ends, the next header stands.
#[derive(Debug, Default)]
struct Frames {
    /// Bytes of audio so far.
    at: u64,
    /// The beginning of a header, as far as it has come.
    header: [u8; Header::MP3_LEN],
    header_len: usize,
    /// Bytes of the frame that are yet to come behind its header.
    left: usize,
    count: u64,
}

impl Frames {
    fn push(&mut self, mut audio: &[u8]) -> Result<(), String> {
        while !audio.is_empty() {
            let taken = if self.left > 0 { self.body(audio) } else { self.header(audio)? };
            self.at += taken as u64;
            audio = &audio[taken..];
        }
        Ok(())
    }

    fn body(&mut self, audio: &[u8]) -> usize {
        let taken = self.left.min(audio.len());
        self.left -= taken;
        taken
    }

    fn header(&mut self, audio: &[u8]) -> Result<usize, String> {
        let taken = (Header::MP3_LEN - self.header_len).min(audio.len());
        self.header[self.header_len..][..taken].copy_from_slice(&audio[..taken]);
        self.header_len += taken;
        if self.header_len == Header::MP3_LEN {
            let header = Header::parse_mp3(self.header);
            let header = header.ok_or_else(|| self.place(&format!("{:02x?} is no frame", self.header)))?;
            self.left = header.frame_len() - Header::MP3_LEN;
            self.header_len = 0;
            self.count += 1;
        }
        Ok(taken)
    }

    fn between_two(&self) -> bool {
        self.left == 0 && self.header_len == 0
    }

    /// Says where it was that `what` happened.
    fn place(&self, what: &str) -> String {
        format!("{what}, after {} frames, {} bytes of audio", self.count, self.at)
    }
}

const BEFORE: &str = "StreamTitle='";
const AFTER: &str = "';";

/// Bytes to which a block's text is filled up with NULs.
const UNIT: usize = 16;

/// The blocks: titles, each told once when it changes, the first at the first opportunity.
#[derive(Debug, Default)]
struct Titles {
    blocks: u64,
    full: u64,
    told: Option<String>,
}

impl Titles {
    fn push(&mut self, block: &[u8]) -> Result<(), String> {
        self.blocks += 1;
        if block.is_empty() {
            return self.told.as_ref().map(|_| ()).ok_or("the first block is empty".into());
        }
        let title = title(block).map_err(|what| format!("{what} in the block {:?}", lossy(block)))?;
        if self.told.as_deref() == Some(title) {
            return Err(format!("{title:?} is told twice"));
        }
        self.told = Some(title.to_owned());
        self.full += 1;
        Ok(())
    }
}

/// The title in a block that is not empty: `StreamTitle='…';` in UTF-8, then one to sixteen NULs.
fn title(block: &[u8]) -> Result<&str, &'static str> {
    let len = block.iter().position(|byte| *byte == 0).ok_or("no NUL")?;
    let (text, padding) = block.split_at(len);
    if padding.len() > UNIT || padding.iter().any(|byte| *byte != 0) {
        return Err("something else than padding");
    }
    let text = std::str::from_utf8(text).map_err(|_| "no UTF-8")?;
    let value = text.strip_prefix(BEFORE).ok_or("no StreamTitle")?;
    match value.find(AFTER) {
        Some(end) if end + AFTER.len() == value.len() => Ok(&value[..end]),
        Some(_) => Err("more than a title"),
        None => Err("no end of the title"),
    }
}

fn lossy(block: &[u8]) -> String {
    /// Bytes of a wrong block that are shown.
    const SHOWN: usize = 80;
    String::from_utf8_lossy(&block[..block.len().min(SHOWN)]).into_owned()
}
