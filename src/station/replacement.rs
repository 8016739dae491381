//! Inputs that take the place of those of a station when the track on air ends.

use std::sync::Arc;

use super::input::Readiness;
use super::input_slot::InputSlot;
use super::music_status::MusicStatus;

/// When other inputs take the place of those of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceWhen {
    /// When the track on air ends; at once if no track is on air.
    AtTrackEnd,
    /// With the next frame.
    Now,
}

/// Inputs that wait for the end of the track on air.
pub struct Replacement {
    pub slots: Vec<InputSlot>,
    /// Whether they need not wait for its end.
    pub is_due: bool,
}

impl Replacement {
    /// Lets the inputs go on air without waiting for the end of a track.
    pub fn set_due(&mut self) {
        self.is_due = true;
    }

    /// Returns the titles that follow the track on air.
    pub fn upcoming_titles(&self) -> Vec<String> {
        let first = self.slots.iter().find_map(InputSlot::input);
        first.map(|input| input.upcoming_titles()).unwrap_or_default()
    }

    /// Returns the state of the music that follows.
    pub fn music_status(&self) -> Option<Arc<MusicStatus>> {
        self.slots.iter().find_map(InputSlot::music_status)
    }

    /// Returns whether it is not known yet if the inputs have anything to play.
    pub fn is_pending(&mut self) -> bool {
        let mut readiness = self.slots.iter_mut().map(InputSlot::poll);
        readiness.find(|readiness| *readiness != Readiness::Idle) == Some(Readiness::Pending)
    }
}
