//! What is known of a track beyond its title line: for those who show what is on, and what was.

use std::path::PathBuf;
use std::time::Duration;

/// What is known of a track. Everything but the file may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackInfo {
    /// Where it is read from.
    pub file: PathBuf,
    /// Who plays it.
    pub artist: Option<String>,
    /// What its tags call it. The title line on the air may come from elsewhere.
    pub title: Option<String>,
    /// What it was published on.
    pub album: Option<String>,
    /// When.
    pub year: Option<u16>,
    /// The recording's international number, as it stands in the tag: `DEUM71703692`, perhaps with hyphens.
    pub isrc: Option<String>,
    /// Its cover.
    pub artwork: Option<EmbeddedArtwork>,
    /// How long it plays, as near as the beginning of the file tells.
    pub length: Option<Duration>,
}

/// Where in a file a picture is. Pictures are large and seldom asked for, so none is held in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedArtwork {
    /// `image/` and letters, digits, `+`, `-`, `.`: fit for a header.
    pub mime: String,
    /// The offset in the file, in bytes.
    pub offset: u64,
    /// How many bytes it takes up there.
    pub len: u64,
    /// Whether a zero was put behind every `FF` in it (ID3v2's unsynchronisation).
    pub is_unsynchronised: bool,
}
