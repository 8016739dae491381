//! A live source for tests: frames that say which they are, sent as and when the test wants.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use coldwave::audio::{Header, silent_frame};

use super::tone::{LIVE, Log, NUMBER_AT};

/// An encoder's programme. It goes on however often its connection does not.
pub struct Encoder {
    log: Rc<RefCell<Log>>,
    header: Header,
    /// What all numbers of its frames have in common.
    kind: u64,
    /// How many frames it made.
    pub made: u64,
    /// What was asked for and is less than a frame.
    owed: f64,
}

impl Encoder {
    /// The encoder of this number (from 1), whose frames the ears of this log will know.
    pub fn new(log: &Rc<RefCell<Log>>, number: u64, header: Header) -> Self {
        Self { log: log.clone(), header, kind: number * LIVE, made: 0, owed: 0.0 }
    }

    /// The next so many frames.
    pub fn frames(&mut self, count: u64) -> Vec<u8> {
        (0..count).flat_map(|_| self.frame()).collect()
    }

    /// How long each of its frames is.
    pub fn seconds_of_frame(&self) -> f64 {
        self.header.duration().duration().as_secs_f64()
    }

    /// The next so many seconds; in the long run, exactly.
    pub fn seconds(&mut self, seconds: f64) -> Vec<u8> {
        self.owed += seconds / self.header.duration().duration().as_secs_f64();
        let whole = self.owed as u64;
        self.owed -= whole as f64;
        self.frames(whole)
    }

    fn frame(&mut self) -> Vec<u8> {
        self.made += 1;
        let mut frame = silent_frame(&self.header);
        frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&(self.kind + self.made).to_le_bytes());
        frame
    }

    /// Notes that a title holds from the last frame made on: the server gives a frame away only when it sees what is
    /// behind it. Before the first frame, from that.
    pub fn titled(&self, title: &str) {
        self.log.borrow_mut().note_title(self.kind + self.made.max(1), title);
    }

    /// Notes that a title holds from the next frame on.
    pub fn titled_next(&self, title: &str) {
        self.log.borrow_mut().note_title(self.kind + self.made + 1, title);
    }
}

/// A request that puts a source on the air.
pub fn source_request(mount: &str, user: &str, password: &str) -> Vec<u8> {
    let hidden = STANDARD.encode(format!("{user}:{password}"));
    format!("SOURCE {mount} HTTP/1.0\r\nAuthorization: Basic {hidden}\r\nContent-Type: audio/mpeg\r\n\r\n")
        .into()
}
