//! The interface through which a feed passes its frames and titles to a recording. A station does not know
//! where a recording goes.

use std::fmt;

use crate::audio::{Codec, Frame};
use crate::icy::Title;
use crate::settings::StationSettings;

/// Records one live session, which ends when this is dropped. Never blocks.
pub trait RecordingSink: fmt::Debug {
    /// Records that this title starts with the next frame.
    fn write_title(&mut self, title: &Title);

    /// Records the next frame.
    fn write_frame(&mut self, frame: &Frame<'_>);
}

/// Starts to record a session of the source with this name on this station, in frames of this codec. Returns
/// `None` if sessions of the station are not recorded. Never blocks.
pub type StartRecording = Box<dyn FnMut(&StationSettings, &str, Codec) -> Option<Box<dyn RecordingSink>>>;
