//! The pictures of tracks. How they are read is nothing that a station knows.

use std::fmt;
use std::sync::Arc;

use super::TrackInfo;
use crate::image::Image;

/// Reads pictures elsewhere. Never blocks.
pub trait ArtworkLoader: fmt::Debug {
    /// Asks for the picture of a track; says whether it will be read.
    fn request(&mut self, track: &Arc<TrackInfo>) -> bool;

    /// The next picture that was read, with its track: that which was asked for, and not one that equals it. `None` in it
    /// where there was none that can be shown.
    fn poll(&mut self) -> Option<LoadedArtwork>;
}

/// A track, and its picture.
pub type LoadedArtwork = (Arc<TrackInfo>, Option<Image>);
