//! What may be on the air, and whose turn it is.
//!
//! AutoDJ, live sources and relays are inputs. They take turns writing whole frames into the timeline; a switch is
//! always between two frames: see `turns`.

use std::sync::Arc;

use super::track::TrackInfo;
use crate::audio::Frame;
use crate::icy::Title;

/// Something that can be on the air.
pub trait Input {
    /// What the operator's log calls it.
    fn name(&self) -> String;

    /// Whether there is a frame to take. Never blocks.
    fn poll(&mut self) -> Readiness;

    /// Takes the next frame.
    ///
    /// # Panics
    /// May panic unless [`poll`](Self::poll) just said [`Readiness::Ready`].
    fn next_frame(&mut self) -> InputFrame<'_>;

    /// What is known of the track that the frame taken last belongs to.
    fn track(&self) -> Option<&Arc<TrackInfo>> {
        None
    }

    /// What comes after that track, as far as that is known, the next first: a few titles at most. Asked whenever somebody
    /// looks at a page, so it must be at hand.
    fn upcoming_titles(&self) -> Vec<String> {
        Vec::new()
    }

    /// Something more important has gone on the air, or nobody wants to hear this any more. The next frame should be one
    /// that a listener would want to hear first: no rest of a track that was broken off.
    fn skip_track(&mut self) {}

    /// Whether what comes next may as well be something else: a track has just ended.
    fn is_at_track_boundary(&mut self) -> bool {
        true
    }
}

/// What an input has to say when it is asked for a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Here is one.
    Ready,
    /// There will be one, but it is not here yet: worth waiting [`PATIENCE`](super::PATIENCE) for.
    Pending,
    /// There is nothing to wait for.
    Idle,
}

/// A frame for the air, and the title that begins with it, if one does.
#[derive(Debug)]
pub struct InputFrame<'a> {
    /// The frame, whole.
    pub frame: Frame<'a>,
    /// The new title.
    pub title: Option<&'a Title>,
}
