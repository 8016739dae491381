//! The interface through which a feed passes its frames and titles to a recording.

use std::fmt;

use crate::audio::{Codec, Frame};
use crate::icy::Title;
use crate::settings::StationSettings;

/// Records one live session, until it is dropped. No method blocks.
pub trait RecordingSink: fmt::Debug {
    /// Records that this title starts with the next frame.
    fn write_title(&mut self, title: &Title);

    /// Records the next frame.
    fn write_frame(&mut self, frame: &Frame<'_>);
}

/// Starts to record a session. The arguments are the station, the name of the source, and the codec. Returns
/// `None` if sessions of the station are not recorded. Never blocks.
pub type StartRecording = Box<dyn FnMut(&StationSettings, &str, Codec) -> Option<Box<dyn RecordingSink>>>;
