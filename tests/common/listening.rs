//! Someone who listens, and takes nothing on trust.

use std::io;
use std::ops::Range;
use std::time::Instant;

use coldwave::audio::{Codec, Header};
use coldwave::icy::{Deinterleaver, StreamPart};

use super::{DEADLINE, Head, Peer};

/// A listener who takes the stream apart as it comes: blocks from audio by `icy-metaint`, and the audio into frames,
/// each of which has to begin where the one before ended. One byte too many or too few anywhere and he panics.
pub struct Listening {
    peer: Peer,
    /// What he was told first.
    pub head: Head,
    /// All audio so far.
    pub audio: Vec<u8>,
    /// All blocks so far: how many bytes of audio came before each, and its text, empty for "nothing new".
    pub blocks: Vec<(usize, Vec<u8>)>,
    /// Where in `audio` each whole frame lies.
    pub frames: Vec<Range<usize>>,
    codec: Codec,
    deinterleaver: Deinterleaver,
    seconds: f64,
    /// Bytes of the body, blocks and all.
    received: usize,
}

impl Listening {
    /// Reads the head of the stream that `peer` asked for.
    #[track_caller]
    pub fn to(mut peer: Peer) -> Self {
        let head = peer.head();
        assert!(head.status.ends_with(" 200 OK"), "{head:?}");
        let codecs = [Codec::Mp3, Codec::Aac];
        let codec = codecs.into_iter().find(|codec| head.get("content-type") == Some(codec.content_type()));
        let codec = codec.unwrap_or_else(|| panic!("no type that we know: {head:?}"));
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

    /// Seconds of audio in all frames so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// What the audio is encoded with.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The bytes of a frame.
    pub fn frame(&self, at: usize) -> &[u8] {
        &self.audio[self.frames[at].clone()]
    }

    /// Listens until `condition` holds.
    ///
    /// # Panics
    /// When the stream ends or is no whole frames before that, or for too long it does not hold.
    #[track_caller]
    pub fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !condition(self) {
            match self.take() {
                Ok(true) => {}
                end => panic!("the stream ended ({end:?}) before {what}, after {:.1} s", self.seconds),
            }
            assert!(started.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        }
    }

    /// Listens until so many seconds of audio have come in all.
    #[track_caller]
    pub fn until_seconds(&mut self, seconds: f64) {
        self.until(&format!("{seconds} s of audio"), |it| it.seconds >= seconds);
    }

    /// Listens for so many seconds of audio more.
    #[track_caller]
    pub fn for_seconds(&mut self, seconds: f64) {
        self.until_seconds(self.seconds + seconds);
    }

    /// Listens until the stream says goodbye.
    ///
    /// # Errors
    /// When it does not, but breaks.
    pub fn until_end(&mut self) -> io::Result<()> {
        while self.take()? {}
        Ok(())
    }

    /// Whether what came so far ends with a whole frame, outside of any block.
    pub fn is_whole(&self) -> bool {
        let blocks: usize = self.blocks.iter().map(|(_, text)| 1 + text.len()).sum();
        self.walked() == self.audio.len() && self.received == self.audio.len() + blocks
    }

    /// The titles told so far, in order; not those that were left alone.
    pub fn titles(&self) -> Vec<String> {
        self.blocks.iter().filter(|(_, text)| !text.is_empty()).map(|(_, text)| title_text(text)).collect()
    }

    /// Takes what comes next; says whether there was anything.
    fn take(&mut self) -> io::Result<bool> {
        let bytes = self.peer.read()?;
        self.received += bytes.len();
        let (audio, blocks) = (&mut self.audio, &mut self.blocks);
        self.deinterleaver.push(&bytes, |part| match part {
            StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
            StreamPart::Block(text) => blocks.push((audio.len(), text.to_vec())),
        });
        self.walk();
        Ok(!bytes.is_empty())
    }

    fn walked(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.end)
    }

    fn walk(&mut self) {
        while let Some(bytes) = self.audio[self.walked()..].get(..self.codec.header_len()) {
            let at = self.walked();
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

/// The title in a block's text.
///
/// # Panics
/// When the text is not exactly a title and its padding: at least one NUL, and no more than needed.
#[track_caller]
pub fn title_text(block: &[u8]) -> String {
    let end = block.iter().position(|byte| *byte == 0).expect("a block's text ends with NUL");
    assert!(block[end..].iter().all(|byte| *byte == 0), "padding is NUL: {}", block.escape_ascii());
    assert_eq!(block.len(), (end / 16 + 1) * 16, "no more padding than needed: {}", block.escape_ascii());
    let text = str::from_utf8(&block[..end]).expect("titles are UTF-8");
    let title = text.strip_prefix("StreamTitle='").and_then(|rest| rest.strip_suffix("';"));
    title.unwrap_or_else(|| panic!("no title: {text:?}")).to_owned()
}
