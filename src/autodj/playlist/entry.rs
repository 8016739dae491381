//! The entries of playlists, whatever their format.

use std::fmt;

use super::location::Location;

/// Maximum number of entries of one playlist: more than a year of music, and about 30 MB of memory during the
/// scan.
pub const MAX_ENTRIES: usize = 200_000;

/// An entry of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistEntry {
    /// The location of the track.
    pub location: Location,
    /// The title in the playlist, unchanged.
    pub title: Option<String>,
}

/// Why a playlist has no tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaylistError {
    /// It is a playlist of HTTP Live Streaming: of segments of a stream, or of streams.
    Hls,
    /// It is the configuration of a server or another text with passwords, which may have overwritten a
    /// playlist. None of its lines may get into the log.
    Configuration,
}

/// The end of the sentence `FILE: …`.
impl fmt::Display for PlaylistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str(
                "ignored: it is a configuration file or another text with passwords, not a playlist",
            ),
            Self::Hls => f.write_str("HLS playlist ignored: it lists the parts of a stream, not tracks"),
        }
    }
}

impl std::error::Error for PlaylistError {}
