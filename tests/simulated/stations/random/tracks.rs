//! An input with unique frame numbers, for listeners that are moved between stations.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use coldwave::audio::{Codec, Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::station::{Input, InputFrame, Readiness};

use crate::world::tone::{LIVE, Log, NUMBER_AT};

/// The readiness of an input and the format of its frames.
pub type InputControl = Rc<Cell<(Readiness, Header)>>;

/// Endless tracks. The numbers of the frames differ from those of every other input.
pub struct Tracks {
    log: Rc<RefCell<Log>>,
    number: u64,
    played: u64,
    track: u64,
    /// Frames until the end of the track.
    left: u64,
    frame: Vec<u8>,
    title: Title,
    control: InputControl,
}

impl Tracks {
    pub fn new(number: u64, log: &Rc<RefCell<Log>>) -> Self {
        Self {
            log: log.clone(),
            number,
            played: 0,
            track: 0,
            left: 0,
            frame: Vec::new(),
            title: Title::default(),
            control: Rc::new(Cell::new((Readiness::Ready, Header::DEFAULT))),
        }
    }

    pub fn control(&self) -> InputControl {
        self.control.clone()
    }
}

impl Input for Tracks {
    fn name(&self) -> String {
        format!("Tracks {}", self.number)
    }

    fn skip_track(&mut self) {
        self.left = 0;
    }

    fn is_at_track_boundary(&mut self) -> bool {
        self.left == 0
    }

    fn poll(&mut self) -> Readiness {
        self.control.get().0
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.played += 1;
        let frame_number = self.number * LIVE + self.played;
        let begins = self.left == 0;
        if begins {
            (self.track, self.left) = (self.track + 1, 300);
            self.title = Title::new(format!("Track {} of {}", self.track, self.number));
            self.log.borrow_mut().note_title(frame_number, &self.title.text);
        }
        self.left -= 1;
        self.frame = silent_frame(&self.control.get().1);
        self.frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&frame_number.to_le_bytes());
        let frame = Frame {
            bytes: &self.frame,
            header: Header::parse(Codec::Mp3, &self.frame).expect("a header"),
            offset: 0,
        };
        InputFrame { frame, title: begins.then_some(&self.title), track: None }
    }
}
