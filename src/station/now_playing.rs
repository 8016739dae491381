//! The input and the title that are on air.

use std::sync::Arc;
use std::time::Duration;

use super::switcher::OnAirChange;
use super::track::TrackInfo;
use crate::icy::Title;
use crate::time::Time;

/// The times at which a position on the timeline is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AirTime {
    /// When the position is the live edge. The frame is added to the timeline at this time, or later if the
    /// station advances late.
    pub live_edge_at: Time,
    /// When a listener that is a whole burst behind the live edge plays the position.
    pub audible_at: Time,
}

/// The input and the title at the live edge.
#[derive(Debug, Default)]
pub struct NowPlaying {
    /// The title. Empty if none is known, and during silence.
    pub title: Title,
    /// The name of the input that is on air. Empty during silence.
    pub input_name: String,
    /// When this input went on air.
    pub since: Time,
    /// When the title was set, and when listeners play its first frame.
    pub title_since: AirTime,
    /// The track with this title, if the input has tracks.
    pub track: Option<Arc<TrackInfo>>,
    /// When the track began, less the time for which it was interrupted; without a track, when the title was
    /// set. At the live edge.
    pub began: Time,
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
        self.track = change.track.cloned();
        self.began = match &self.track {
            Some(_) => before(moment.live_edge_at, change.track_position.duration()),
            None => self.title_since.live_edge_at,
        };
    }
}

/// Returns the time `length` before `time`, at the earliest the server's start.
fn before(time: Time, length: Duration) -> Time {
    Time::after_start(time.since_start().saturating_sub(length))
}
