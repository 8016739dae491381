//! Live sessions may be written down while they last. Where to is nothing that a station knows.

use std::fmt;

use crate::audio::{Codec, Frame};
use crate::icy::Title;
use crate::settings::StationSettings;

/// Takes down one live session, which is over when this is dropped. Never blocks.
pub trait Tape: fmt::Debug {
    /// This title begins with the next frame.
    fn title(&mut self, title: &Title);

    /// The next frame.
    fn frame(&mut self, frame: &Frame<'_>);
}

/// Begins to take down a session on this station, of whoever has this name, in frames of this codec; `None` where that is
/// not wanted. Never blocks.
pub type Recorder = Box<dyn FnMut(&StationSettings, &str, Codec) -> Option<Box<dyn Tape>>>;
