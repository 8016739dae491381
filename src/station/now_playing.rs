//! What is on the air now.

use super::switcher::OnAirChange;
use crate::icy::Title;
use crate::time::Time;

/// When a place on the timeline is heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AirTime {
    /// When it is the live edge. It is put on the timeline then, or as much later as that is paid for late.
    pub live_edge_at: Time,
    /// When a listener hears it who is a whole burst behind.
    pub audible_at: Time,
}

/// What is on the air at the live edge.
#[derive(Debug, Default)]
pub struct NowPlaying {
    /// The title; empty where none is known, and in silence.
    pub title: Title,
    /// Whose audio it is; empty in silence.
    pub input_name: String,
    /// Since when it has been his.
    pub since: Time,
    /// When the title became true, and when that is heard.
    pub title_since: AirTime,
}

impl NowPlaying {
    pub(super) fn update(&mut self, change: &OnAirChange<'_>, moment: AirTime) {
        if change.has_switched || self.title != *change.title {
            self.title.clone_from(change.title);
            self.title_since = moment;
        }
        if change.has_switched {
            (self.input_name, self.since) = (change.input_name.to_owned(), moment.live_edge_at);
        }
    }
}
