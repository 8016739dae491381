//! A listener who notices everything: checks the stream byte by byte as it comes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use coldwave::audio::Header;
use coldwave::icy::{Block, Deinterleaver, StreamPart};

use super::tone::{LIVE, Log, number_of};

/// Checks what one listener receives: a head, then whole frames in order, with each block where the head said, and in
/// each the title in force at the very next byte of audio, or nothing where that was told already.
pub struct Ear {
    log: Rc<RefCell<Log>>,
    head: Vec<u8>,
    body: Option<Deinterleaver>,
    audio: Vec<u8>,
    /// Blocks that came, each with how many bytes of the frame under way came before it.
    blocks: Vec<(usize, Vec<u8>)>,
    told: Option<Vec<u8>>,
    /// The last frame of each encoder, and of all tones.
    last: HashMap<u64, u64>,
    pub frames: u64,
    pub silent_frames: u64,
    /// How many came from encoders.
    pub live_frames: u64,
    /// How often frames were left out.
    pub skips: u64,
    /// Whether it may be refused: then it checks nothing of what it is sent.
    pub may_be_refused: bool,
    /// Whether it does not know which titles to expect.
    pub ignores_titles: bool,
    pub titles: Vec<String>,
}

impl Ear {
    pub fn new(log: &Rc<RefCell<Log>>) -> Self {
        Self {
            log: log.clone(),
            head: Vec::new(),
            body: None,
            audio: Vec::new(),
            blocks: Vec::new(),
            told: None,
            last: HashMap::new(),
            live_frames: 0,
            frames: 0,
            silent_frames: 0,
            skips: 0,
            may_be_refused: false,
            ignores_titles: false,
            titles: Vec::new(),
        }
    }

    /// Which encoders were heard, by their numbers.
    pub fn encoders(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.last.keys().copied().filter(|&number| number > 0).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Whether it was told that there is no stream for it.
    pub fn is_refused(&self) -> bool {
        self.may_be_refused && self.head.ends_with(b"\r\n\r\n") && self.body.is_none()
    }

    /// Forgets which frames were the last ones: it is moved to another station, where it may have been before.
    pub fn forget_numbers(&mut self) {
        self.last.clear();
    }

    /// The head of the reply, as far as it came.
    pub fn head(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// Whether the stream so far ends with a whole frame and a whole block.
    pub fn stands_between_frames(&self) -> bool {
        self.audio.is_empty()
    }

    pub fn hear(&mut self, mut bytes: &[u8]) {
        if self.is_refused() {
            return;
        }
        if self.body.is_none() {
            let Some(rest) = self.hear_head(bytes) else { return };
            bytes = rest;
        }
        let mut body = self.body.take().expect("the head was whole");
        body.push(bytes, |part| match part {
            StreamPart::Audio(audio) => self.hear_audio(audio),
            StreamPart::Block(text) => self.blocks.push((self.audio.len(), text.to_vec())),
        });
        self.body = Some(body);
    }

    fn hear_head<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        for (at, byte) in bytes.iter().enumerate() {
            self.head.push(*byte);
            if self.head.ends_with(b"\r\n\r\n") {
                let head = self.head();
                if !head.starts_with("HTTP/1.0 200 OK\r\n") && !head.starts_with("ICY 200 OK\r\n") {
                    assert!(self.may_be_refused, "{head}");
                    return None;
                }
                let metaint = head.lines().find_map(|line| line.strip_prefix("icy-metaint: "));
                self.body =
                    Some(Deinterleaver::new(metaint.map(|metaint| metaint.parse().expect("a number"))));
                return Some(&bytes[at + 1..]);
            }
        }
        None
    }

    fn hear_audio(&mut self, audio: &[u8]) {
        self.audio.extend_from_slice(audio);
        while let Some(first) = self.audio.first_chunk() {
            let header = Header::parse_mp3(*first).expect("every frame follows the one before");
            if self.audio.len() < header.frame_len() {
                return;
            }
            let frame: Vec<u8> = self.audio.drain(..header.frame_len()).collect();
            self.hear_frame(&frame);
        }
    }

    fn hear_frame(&mut self, frame: &[u8]) {
        let number = number_of(frame);
        self.frames += 1;
        match number {
            None => self.silent_frames += 1,
            Some(number) => self.hear_number(number),
        }
        let title = number.map_or_else(String::new, |number| self.log.borrow().title_at(number).to_owned());
        for (before, text) in std::mem::take(&mut self.blocks) {
            if before < frame.len() {
                self.hear_block(&text, &title);
            } else {
                self.blocks.push((before - frame.len(), text));
            }
        }
    }

    fn hear_number(&mut self, number: u64) {
        self.live_frames += u64::from(number >= LIVE);
        if let Some(last) = self.last.insert(number / LIVE, number) {
            assert!(number > last, "frame {number} after frame {last}");
            self.skips += u64::from(number != last + 1);
        }
    }

    fn hear_block(&mut self, text: &[u8], title: &str) {
        if self.ignores_titles {
            return;
        }
        let expected = Block::from_title_text(title).bytes()[1..].to_vec();
        let news = self.told.as_ref() != Some(&expected);
        if !news {
            assert!(text.is_empty(), "{title:?} was told already");
            return;
        }
        let shown = String::from_utf8_lossy(text);
        assert_eq!(text, expected, "{shown:?} was told instead of {title:?}");
        self.titles.push(title.to_owned());
        self.told = Some(expected);
    }
}
