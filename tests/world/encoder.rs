//! A live source. It sends numbered frames when the test requests them.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use coldwave::audio::{Header, silent_frame};

use super::tone::{LIVE, Log, NUMBER_AT};

/// The programme of an encoder. It continues across connections.
pub struct Encoder {
    log: Rc<RefCell<Log>>,
    header: Header,
    /// The common base of the numbers of its frames.
    base: u64,
    pub frames_made: u64,
    /// Requested audio that is less than a frame, in frames.
    fraction: f64,
}

impl Encoder {
    /// Creates the encoder with this number, from 1 on. Ears with the same `log` recognise its frames.
    pub fn new(log: &Rc<RefCell<Log>>, number: u64, header: Header) -> Self {
        Self { log: log.clone(), header, base: number * LIVE, frames_made: 0, fraction: 0.0 }
    }

    /// Changes the format of the next frames.
    pub fn set_header(&mut self, header: Header) {
        self.header = header;
    }

    /// Returns the next `count` frames.
    pub fn frames(&mut self, count: u64) -> Vec<u8> {
        (0..count).flat_map(|_| self.frame()).collect()
    }

    /// Returns the length of a frame in bytes.
    pub fn frame_len(&self) -> usize {
        self.header.frame_len()
    }

    /// Returns the duration of a frame in seconds.
    pub fn frame_seconds(&self) -> f64 {
        self.header.duration().duration().as_secs_f64()
    }

    /// Returns the next seconds of audio in whole frames. Fractions add up, so the rate is exact in the long
    /// run.
    pub fn seconds(&mut self, seconds: f64) -> Vec<u8> {
        self.fraction += seconds / self.frame_seconds();
        let whole = self.fraction as u64;
        self.fraction -= whole as f64;
        self.frames(whole)
    }

    fn frame(&mut self) -> Vec<u8> {
        self.frames_made += 1;
        let mut frame = silent_frame(&self.header);
        frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&(self.base + self.frames_made).to_le_bytes());
        frame
    }

    /// Records that a title applies from the last frame made on, or from the first. The server waits with
    /// that frame until it has received the bytes after it.
    pub fn set_title(&self, title: &str) {
        self.log.borrow_mut().note_title(self.base + self.frames_made.max(1), title);
    }

    /// Records that a title applies from the next frame on.
    pub fn set_next_title(&self, title: &str) {
        self.log.borrow_mut().note_title(self.base + self.frames_made + 1, title);
    }
}

/// Returns the request of a source of MP3 that goes live.
pub fn source_request(mount: &str, user: &str, password: &str) -> Vec<u8> {
    source_request_with_type(mount, user, password, "audio/mpeg")
}

/// Returns the request of a source that goes live with audio of this type.
pub fn source_request_with_type(mount: &str, user: &str, password: &str, content_type: &str) -> Vec<u8> {
    let credentials = STANDARD.encode(format!("{user}:{password}"));
    format!(
        "SOURCE {mount} HTTP/1.0\r\nAuthorization: Basic {credentials}\r\nContent-Type: {content_type}\r\n\r\n"
    )
    .into()
}
