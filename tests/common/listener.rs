//! A listener that checks every byte of its stream.

use std::io;
use std::ops::Range;
use std::time::Instant;

use coldwave::audio::{Codec, Header};
use coldwave::icy::{Deinterleaver, StreamPart};

use super::{DEADLINE, Head, Peer};

/// A listener that parses the stream as it arrives: it separates metadata blocks from audio by `icy-metaint`,
/// and splits the audio into frames, each of which must begin at the end of the previous one. It panics if a
/// byte is missing or added.
pub struct Listener {
    peer: Peer,
    /// The head of the reply.
    pub head: Head,
    /// All audio so far.
    pub audio: Vec<u8>,
    /// All metadata blocks so far: the number of audio bytes before each, and its text, which is empty if
    /// nothing changed.
    pub blocks: Vec<(usize, Vec<u8>)>,
    /// The ranges of the whole frames in `audio`.
    pub frames: Vec<Range<usize>>,
    codec: Codec,
    deinterleaver: Deinterleaver,
    seconds: f64,
    /// Bytes of the body, including blocks.
    received: usize,
}

impl Listener {
    /// Reads the head of the stream that `peer` has requested.
    #[track_caller]
    pub fn new(mut peer: Peer) -> Self {
        let head = peer.head();
        assert!(head.status.ends_with(" 200 OK"), "{head:?}");
        let codecs = [Codec::Mp3, Codec::Aac];
        let codec = codecs.into_iter().find(|codec| head.get("content-type") == Some(codec.content_type()));
        let codec = codec.unwrap_or_else(|| panic!("unknown content type: {head:?}"));
        let metaint = head.get("icy-metaint").map(|metaint| metaint.parse().expect("a number"));
        Self {
            peer,
            head,
            audio: Vec::new(),
            blocks: Vec::new(),
            frames: Vec::new(),
            codec,
            deinterleaver: Deinterleaver::new(metaint),
            seconds: 0.0,
            received: 0,
        }
    }

    /// Returns the seconds of audio in all frames so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Returns the bytes of a frame.
    pub fn frame(&self, at: usize) -> &[u8] {
        &self.audio[self.frames[at].clone()]
    }

    /// Reads until `condition` holds.
    ///
    /// # Panics
    /// If the stream ends or is not whole frames before that, or after [`DEADLINE`].
    #[track_caller]
    pub fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !condition(self) {
            match self.read() {
                Ok(true) => {}
                end => panic!("the stream ended ({end:?}) before {what}, after {:.1} s", self.seconds),
            }
            assert!(started.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        }
    }

    /// Reads until this many seconds of audio have arrived in total.
    #[track_caller]
    pub fn until_seconds(&mut self, seconds: f64) {
        self.until(&format!("{seconds} s of audio"), |it| it.seconds >= seconds);
    }

    /// Reads this many more seconds of audio.
    #[track_caller]
    pub fn for_seconds(&mut self, seconds: f64) {
        self.until_seconds(self.seconds + seconds);
    }

    /// Reads until the stream ends cleanly.
    ///
    /// # Errors
    /// If the connection breaks instead.
    pub fn until_end(&mut self) -> io::Result<()> {
        while self.read()? {}
        Ok(())
    }

    /// Returns whether the stream so far ends with a whole frame, outside of any block.
    pub fn is_whole(&self) -> bool {
        let blocks: usize = self.blocks.iter().map(|(_, text)| 1 + text.len()).sum();
        self.parsed_len() == self.audio.len() && self.received == self.audio.len() + blocks
    }

    /// Returns the titles received so far, in order, without empty blocks.
    pub fn titles(&self) -> Vec<String> {
        self.blocks.iter().filter(|(_, text)| !text.is_empty()).map(|(_, text)| title_text(text)).collect()
    }

    /// Reads the next bytes. Returns false at the end.
    fn read(&mut self) -> io::Result<bool> {
        let bytes = self.peer.read()?;
        self.received += bytes.len();
        let (audio, blocks) = (&mut self.audio, &mut self.blocks);
        self.deinterleaver.push(&bytes, |part| match part {
            StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
            StreamPart::Block(text) => blocks.push((audio.len(), text.to_vec())),
        });
        self.parse_frames();
        Ok(!bytes.is_empty())
    }

    fn parsed_len(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.end)
    }

    fn parse_frames(&mut self) {
        while let Some(bytes) = self.audio[self.parsed_len()..].get(..self.codec.header_len()) {
            let at = self.parsed_len();
            let header = Header::parse(self.codec, bytes)
                .unwrap_or_else(|| panic!("no frame begins at byte {at} of the audio: {bytes:02x?}"));
            if at + header.frame_len() > self.audio.len() {
                return;
            }
            self.frames.push(at..at + header.frame_len());
            self.seconds += f64::from(header.samples()) / f64::from(header.rate());
        }
    }
}

/// Returns the title in the text of a metadata block.
///
/// # Panics
/// If the text is not exactly a title and its padding, which is at least one NUL and no more than necessary.
#[track_caller]
pub fn title_text(block: &[u8]) -> String {
    let end = block.iter().position(|byte| *byte == 0).expect("a block's text ends with NUL");
    assert!(block[end..].iter().all(|byte| *byte == 0), "padding is NUL: {}", block.escape_ascii());
    assert_eq!(block.len(), (end / 16 + 1) * 16, "no more padding than needed: {}", block.escape_ascii());
    let text = str::from_utf8(&block[..end]).expect("titles are UTF-8");
    let title = text.strip_prefix("StreamTitle='").and_then(|rest| rest.strip_suffix("';"));
    title.unwrap_or_else(|| panic!("no title: {text:?}")).to_owned()
}
