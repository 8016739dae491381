//! The interface of an input: poll, take a frame, skip the track.
//!
//! The AutoDJ, live sources and relays are inputs. One input at a time writes whole frames into the timeline,
//! so a switch always happens between two frames. `switcher` decides which input is on air.

use std::sync::Arc;

use super::music_status::MusicStatus;
use super::track::TrackInfo;
use crate::audio::Frame;
use crate::icy::Title;
use crate::settings::StationIdentity;
use crate::transcode::TargetFormat;

/// An input from which the station takes frames.
pub trait Input {
    /// Returns the input's name in the log.
    fn name(&self) -> String;

    /// Returns whether a frame is ready. Never blocks.
    fn poll(&mut self) -> Readiness;

    /// Takes the next frame.
    ///
    /// # Panics
    /// May panic unless [`poll`](Self::poll) just returned [`Readiness::Ready`].
    fn next_frame(&mut self) -> InputFrame<'_>;

    /// Returns the format in which the station plays this input, if it is decided: it encodes in this format
    /// what is in another. Every frame from a source asks for it, so it must be cheap.
    fn format(&self) -> Option<TargetFormat> {
        None
    }

    /// Returns the properties of the track to which the last frame belongs, if they are known.
    fn track(&self) -> Option<&Arc<TrackInfo>> {
        None
    }

    /// Returns the titles after that track, the next one first, as far as they are known: a few at most.
    /// Every request for a page calls this, so it must be cheap.
    fn upcoming_titles(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns the state of the music, if the input plays files. Every request for a page of the
    /// administrator calls this, so it must be cheap.
    fn music_status(&self) -> Option<Arc<MusicStatus>> {
        None
    }

    /// Skips the rest of the current track. The station calls this when an input of higher priority is on
    /// air, or when an operator requests it. The next frame should be the first of another track, so that no
    /// track resumes in the middle.
    fn skip_track(&mut self) {}

    /// Looks at its files, directories and playlists again at once. The track on air goes on.
    fn rescan(&mut self) {}

    /// Begins with the track that follows `track`, which another input plays, if both have it. Called before
    /// anything of this input was played.
    fn continue_after(&mut self, _track: &TrackInfo) {}

    /// Ends the track on air if it has no end of its own: another input waits for it.
    fn end_endless_track(&mut self) {}

    /// Notes that the station has another identity.
    fn rename(&mut self, _identity: &StationIdentity) {}

    /// Returns whether a track has just ended, so that another input may go on air without interrupting one.
    fn is_at_track_boundary(&mut self) -> bool {
        true
    }
}

/// Whether an input has a frame ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// A frame is ready.
    Ready,
    /// A frame is expected soon. The station waits for it, up to [`INPUT_TIMEOUT`](super::INPUT_TIMEOUT).
    Pending,
    /// No frame is expected.
    Idle,
}

/// A frame, and the title that starts with it, if one does.
#[derive(Debug)]
pub struct InputFrame<'a> {
    /// The whole frame.
    pub frame: Frame<'a>,
    /// The new title. A track begins with it.
    pub title: Option<&'a Title>,
    /// The properties of the frame's track, if they are known.
    pub track: Option<&'a Arc<TrackInfo>>,
}
