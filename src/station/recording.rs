//! Live sessions may be written down while they last. Where to is nothing that a station knows.

use std::fmt;

use crate::audio::{Codec, Frame};
use crate::icy::Title;
use crate::settings::StationSettings;

/// Takes down one live session, which is over when this is dropped. Never blocks.
pub trait RecordingSink: fmt::Debug {
    /// This title begins with the next frame.
    fn write_title(&mut self, title: &Title);

    /// The next frame.
    fn write_frame(&mut self, frame: &Frame<'_>);
}

/// Begins to take down a session on this station, of whoever has this name, in frames of this codec; `None` where that is
/// not wanted. Never blocks.
pub type StartRecording = Box<dyn FnMut(&StationSettings, &str, Codec) -> Option<Box<dyn RecordingSink>>>;
