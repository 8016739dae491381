//! An input whose frames are told apart from those of every other, for listeners that are moved between stations.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use coldwave::audio::{Codec, Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::station::{Input, InputFrame, Readiness};

use crate::world::tone::{LIVE, Log, NUMBER_AT};

/// Whether an input has frames, and in which format.
pub type Knob = Rc<Cell<(Readiness, Header)>>;

/// Tracks without end, whose frames are told apart from those of every other input.
pub struct Tracks {
    log: Rc<RefCell<Log>>,
    kind: u64,
    played: u64,
    track: u64,
    left: u64,
    frame: Vec<u8>,
    title: Title,
    knob: Knob,
}

impl Tracks {
    pub fn new(kind: u64, log: &Rc<RefCell<Log>>) -> Self {
        Self {
            log: log.clone(),
            kind,
            played: 0,
            track: 0,
            left: 0,
            frame: Vec::new(),
            title: Title::default(),
            knob: Rc::new(Cell::new((Readiness::Ready, Header::DEFAULT))),
        }
    }

    /// What changes its readiness and its format.
    pub fn knob(&self) -> Knob {
        self.knob.clone()
    }
}

impl Input for Tracks {
    fn name(&self) -> String {
        format!("Tracks {}", self.kind)
    }

    fn skip_track(&mut self) {
        self.left = 0;
    }

    fn is_at_track_boundary(&mut self) -> bool {
        self.left == 0
    }

    fn poll(&mut self) -> Readiness {
        self.knob.get().0
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.played += 1;
        let number = self.kind * LIVE + self.played;
        let begins = self.left == 0;
        if begins {
            (self.track, self.left) = (self.track + 1, 300);
            self.title = Title::new(format!("Track {} of {}", self.track, self.kind));
            self.log.borrow_mut().note_title(number, &self.title.text);
        }
        self.left -= 1;
        self.frame = silent_frame(&self.knob.get().1);
        self.frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&number.to_le_bytes());
        let frame = Frame {
            bytes: &self.frame,
            header: Header::parse(Codec::Mp3, &self.frame).expect("a header"),
            offset: 0,
        };
        InputFrame { frame, title: begins.then_some(&self.title) }
    }
}
