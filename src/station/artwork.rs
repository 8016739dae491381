//! The interface through which the server requests the artwork of a track.

use std::fmt;
use std::sync::Arc;

use super::TrackInfo;
use crate::image::Image;

/// Loads artwork in another thread. No method blocks.
pub trait ArtworkLoader: fmt::Debug {
    /// Requests the artwork of a track. Returns whether it will be loaded.
    fn request(&mut self, track: &Arc<TrackInfo>) -> bool;

    /// Returns the next artwork that was loaded, with the `Arc` of its track that was passed to
    /// [`request`](Self::request). The image is `None` if the track has none that can be shown.
    fn poll(&mut self) -> Option<LoadedArtwork>;
}

/// A track and its artwork.
pub type LoadedArtwork = (Arc<TrackInfo>, Option<Image>);
