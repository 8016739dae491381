//! The ear of a simulated listener: it checks the stream byte by byte as it arrives.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use coldwave::audio::{Codec, Format, Header};
use coldwave::icy::{Block, Deinterleaver, StreamPart};

use super::converters::is_converted;
use super::ladders::rung_index;
use super::tone::{LIVE, Log, number_of};

/// Checks what one listener receives: a head, then whole frames of the codec that it names, in order, with
/// metadata blocks at the announced interval. Each block has the title that applies at the next byte of
/// audio, or is empty if that title was sent before.
pub struct Ear {
    log: Rc<RefCell<Log>>,
    /// The log of the station to which the listener is about to be moved.
    next_log: Option<Rc<RefCell<Log>>>,
    head: Vec<u8>,
    /// The codec that the head names. No frame of another may arrive.
    codec: Codec,
    body: Option<Deinterleaver>,
    audio: Vec<u8>,
    /// Blocks within the current frame, each with the number of bytes of the frame before it.
    blocks: Vec<(usize, Vec<u8>)>,
    last_title: Option<Vec<u8>>,
    /// The number of the last frame of each encoder, and of all tones together.
    last: HashMap<u64, u64>,
    pub frames: u64,
    pub silent_frames: u64,
    /// The number of frames from encoders.
    pub live_frames: u64,
    /// The number of gaps between frames.
    pub skips: u64,
    /// Whether the server may refuse the listener. The ear does not check a refusal.
    pub may_be_refused: bool,
    /// Whether to skip the check of titles.
    pub ignores_titles: bool,
    pub titles: Vec<String>,
    /// The frame with which each of them came: its index in a rendition, else its number.
    pub title_places: Vec<u64>,
    /// The format of the first frame, and each format that differs from the one before.
    pub formats: Vec<Format>,
    /// The number of frames from a converter or a ladder.
    pub converted_frames: u64,
    /// Whether the stream is a rendition. Silence there may be a gap, which has no part of the programme, and
    /// any title.
    pub is_rendition: bool,
    /// What arrived of a rendition.
    pub rung: RungEar,
    /// Whether the next frame that does not continue the last one begins another stream.
    may_move: bool,
}

/// Checks the frames of a rendition, each of which has its index.
#[derive(Debug, Default)]
pub struct RungEar {
    /// The number of frames from a ladder.
    pub frames: u64,
    /// The number of frames of silence between those of a ladder, which the server has made itself.
    pub gap_frames: u64,
    /// The number of gaps between the frames, which a listener that falls behind gets.
    pub skips: u64,
    /// The most frames of the programme between the beginnings of two frames that follow each other.
    pub step_max: u64,
    /// The indices of the first and of the last frame.
    pub first: Option<u64>,
    pub last: Option<u64>,
    /// The frames of silence since the last frame of a ladder.
    gap: u64,
}

impl RungEar {
    /// Notes a frame with its index, or a frame of silence without. Returns whether it follows the last one.
    fn receive(&mut self, index: Option<u64>) -> bool {
        let Some(index) = index else {
            self.gap += 1;
            return false;
        };
        let expected = self.last.map(|last| last + 1 + self.gap);
        assert!(expected.is_none_or(|expected| index >= expected), "frame {index}, not {expected:?}");
        let follows = self.gap == 0 && expected == Some(index);
        self.skips += u64::from(expected.is_some_and(|expected| index > expected));
        self.gap_frames += std::mem::take(&mut self.gap) * u64::from(expected.is_some());
        self.frames += 1;
        self.first.get_or_insert(index);
        self.last = Some(index);
        follows
    }
}

impl Ear {
    pub fn new(log: &Rc<RefCell<Log>>) -> Self {
        Self {
            log: log.clone(),
            next_log: None,
            head: Vec::new(),
            codec: Codec::Mp3,
            body: None,
            audio: Vec::new(),
            blocks: Vec::new(),
            last_title: None,
            last: HashMap::new(),
            live_frames: 0,
            frames: 0,
            silent_frames: 0,
            skips: 0,
            may_be_refused: false,
            ignores_titles: false,
            titles: Vec::new(),
            title_places: Vec::new(),
            formats: Vec::new(),
            converted_frames: 0,
            is_rendition: false,
            rung: RungEar::default(),
            may_move: false,
        }
    }

    /// Returns the numbers of the encoders whose frames arrived.
    pub fn encoders(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.last.keys().copied().filter(|&number| number > 0).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Returns the number, from 1 on, of the last frame of an encoder that arrived, or began to.
    pub fn last_number(&self, encoder: u64) -> u64 {
        self.last.get(&encoder).map_or(0, |number| number % LIVE)
    }

    /// Returns whether the server has refused the listener.
    pub fn is_refused(&self) -> bool {
        self.may_be_refused && self.head.ends_with(b"\r\n\r\n") && self.body.is_none()
    }

    /// Returns whether the head of a stream has arrived.
    pub fn is_accepted(&self) -> bool {
        self.body.is_some()
    }

    /// Forgets the last frame numbers, for a listener that is moved to a station that it may have listened to
    /// before.
    pub fn forget_numbers(&mut self) {
        self.last.clear();
        self.rung = RungEar::default();
    }

    /// Expects that the listener is moved to the station with this log. Frames of the old station may come
    /// until then. The stations must have been added by reloads, so that no two frames have the same number.
    pub fn expect_station(&mut self, log: &Rc<RefCell<Log>>) {
        self.next_log = Some(log.clone());
    }

    /// Takes the log to which the listener was moved, if this frame is from there.
    fn follow_move(&mut self, number: u64) {
        let has_moved = |next: &mut Rc<RefCell<Log>>| next.borrow().has_played(number);
        if let Some(next) = self.next_log.take_if(has_moved) {
            self.log = next;
            self.forget_numbers();
        }
    }

    /// Does the same at the frame with which the listener is moved, for a move that is about to come.
    pub fn expect_move(&mut self) {
        self.may_move = true;
    }

    /// Returns whether a frame does not continue the last one.
    fn is_jump(&self, number: Option<u64>, index: Option<u64>) -> bool {
        let is_earlier = |number: u64| self.last.get(&(number / LIVE)).is_some_and(|last| number < *last);
        let follows = index.is_none_or(|index| self.rung.last.is_none_or(|last| index == last + 1));
        index.is_some() != self.rung.last.is_some() || !follows || number.is_some_and(is_earlier)
    }

    /// Returns the head of the reply as far as it has arrived.
    pub fn head(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// Returns whether the stream so far ends with a whole frame and a whole block.
    pub fn is_at_frame_boundary(&self) -> bool {
        self.audio.is_empty()
    }

    pub fn receive(&mut self, mut bytes: &[u8]) {
        if self.is_refused() {
            return;
        }
        if self.body.is_none() {
            let Some(rest) = self.receive_head(bytes) else { return };
            bytes = rest;
        }
        let mut body = self.body.take().expect("the head is complete");
        body.push(bytes, |part| match part {
            StreamPart::Audio(audio) => self.receive_audio(audio),
            StreamPart::Block(text) => self.blocks.push((self.audio.len(), text.to_vec())),
        });
        self.body = Some(body);
    }

    fn receive_head<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        for (at, byte) in bytes.iter().enumerate() {
            self.head.push(*byte);
            if self.head.ends_with(b"\r\n\r\n") {
                let head = self.head();
                if !head.starts_with("HTTP/1.0 200 OK\r\n") && !head.starts_with("ICY 200 OK\r\n") {
                    assert!(self.may_be_refused, "{head}");
                    return None;
                }
                self.codec = announced_codec(&head);
                let metaint = head.lines().find_map(|line| line.strip_prefix("icy-metaint: "));
                self.body =
                    Some(Deinterleaver::new(metaint.map(|metaint| metaint.parse().expect("a number"))));
                return Some(&bytes[at + 1..]);
            }
        }
        None
    }

    fn receive_audio(&mut self, audio: &[u8]) {
        self.audio.extend_from_slice(audio);
        while self.audio.len() >= self.codec.header_len() {
            let header = Header::parse(self.codec, &self.audio)
                .expect("frames of the codec that the head names follow each other without gaps");
            if self.audio.len() < header.frame_len() {
                return;
            }
            if self.formats.last() != Some(&header.format()) {
                self.formats.push(header.format());
            }
            let frame: Vec<u8> = self.audio.drain(..header.frame_len()).collect();
            self.receive_frame(&frame);
        }
    }

    fn receive_frame(&mut self, frame: &[u8]) {
        let (number, index) = (number_of(frame), rung_index(frame));
        self.frames += 1;
        if self.may_move && self.is_jump(number, index) {
            self.forget_numbers();
            self.may_move = false;
        }
        number.into_iter().for_each(|number| self.follow_move(number));
        let follows = self.rung.receive(index);
        match number {
            None => self.silent_frames += 1,
            Some(number) => self.receive_number(number, is_converted(frame), follows),
        }
        let is_gap = number.is_none() && index.is_none() && self.is_rendition;
        let title = number.map_or_else(String::new, |number| self.log.borrow().title_at(number).to_owned());
        for (before, text) in std::mem::take(&mut self.blocks) {
            if before < frame.len() {
                let place = index.or(number).unwrap_or(0);
                self.receive_block(&text, if is_gap { None } else { Some(&title) }, place);
            } else {
                self.blocks.push((before - frame.len(), text));
            }
        }
    }

    /// Notes a frame. The number of a converted frame is that of the last frame that begins in it or before
    /// it, so it may repeat or skip numbers. `follows` is whether it is one of a rendition and follows the
    /// last one.
    fn receive_number(&mut self, number: u64, is_converted: bool, follows: bool) {
        self.live_frames += u64::from(number >= LIVE);
        assert!(number >= LIVE || self.log.borrow().has_played(number), "frame {number} of another station");
        self.converted_frames += u64::from(is_converted);
        if let Some(last) = self.last.insert(number / LIVE, number) {
            assert!(number > last || is_converted && number == last, "frame {number} after frame {last}");
            if follows {
                self.rung.step_max = self.rung.step_max.max(number - last);
            }
            self.skips += u64::from(number != last + 1 && !is_converted);
        }
    }

    /// Checks a block within a frame with this title. A frame without one may have any block.
    fn receive_block(&mut self, text: &[u8], title: Option<&str>, place: u64) {
        if self.ignores_titles {
            return;
        }
        let Some(title) = title else {
            self.last_title = Some(text.to_vec()).filter(|text| !text.is_empty()).or(self.last_title.take());
            return;
        };
        let expected = Block::from_title_text(title).bytes()[1..].to_vec();
        let shown = String::from_utf8_lossy(text);
        if self.last_title.as_ref() == Some(&expected) {
            assert!(text.is_empty(), "received {shown:?}; {title:?} was sent before");
            return;
        }
        assert_eq!(text, expected, "received {shown:?} instead of {title:?}");
        self.titles.push(title.to_owned());
        self.title_places.push(place);
        self.last_title = Some(expected);
    }
}

/// Returns the codec that the head of a stream names.
fn announced_codec(head: &str) -> Codec {
    match head.lines().find_map(|line| line.strip_prefix("content-type: ")) {
        Some("audio/mpeg") => Codec::Mp3,
        Some("audio/aac" | "audio/aacp") => Codec::Aac,
        other => panic!("a stream of {other:?}"),
    }
}
