//! The tags and the artwork of a track, for pages and APIs that show the current track.

use std::path::PathBuf;
use std::time::Duration;

use super::music_status::TrackConversion;
use crate::image::{IMAGE_MAX, digest, version_text};
use crate::transcode::TagLoudness;

/// The properties of a track. All except the file may be unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrackInfo {
    /// The file it is read from.
    pub file: PathBuf,
    /// The artist.
    pub artist: Option<String>,
    /// The title in its tags. The title line on air may come from elsewhere.
    pub title: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The year of publication.
    pub year: Option<u16>,
    /// The International Standard Recording Code, as in the tag: `DEUM71703692`, possibly with hyphens.
    pub isrc: Option<String>,
    /// The cover art in the file.
    pub artwork: Option<EmbeddedArtwork>,
    /// How long it plays, estimated from the beginning of the file.
    pub length: Option<Duration>,
    /// The loudness, according to the tags.
    pub loudness: Option<TagLoudness>,
    /// What is converted to play it; `None` if it passes unchanged.
    pub conversion: Option<TrackConversion>,
}

impl TrackInfo {
    /// Returns the version of the cover, for its URL; `None` if the track has no cover that can be shown. A
    /// different file, or a different position in the file, gives a different version.
    pub fn cover_version(&self) -> Option<u64> {
        let picture = self.artwork.as_ref().filter(|picture| picture.len <= 2 * IMAGE_MAX as u64)?;
        Some(digest(&(&self.file, picture.location, picture.len, &self.title)))
    }

    /// Returns the URL of the cover for players, on the server at `base`, as a track of the station with this
    /// id. It ends like the name of a file, because some players take only such URLs for pictures. `None` if
    /// the track has no cover.
    pub fn cover_file_url(&self, base: &str, station: u32) -> Option<String> {
        let version = version_text(self.cover_version()?);
        let kinds = ["png", "gif", "webp"];
        let mime = self.artwork.as_ref().map_or("", |picture| &picture.mime);
        let extension = kinds.into_iter().find(|kind| mime.ends_with(kind)).unwrap_or("jpg");
        Some(format!("{base}/playingart/{station}/{version}.{extension}"))
    }
}

/// Returns the URL of the cover with this version, of a track of the station with this id, on the server at
/// `base`.
pub fn cover_url(base: &str, station: u32, version: u64) -> String {
    format!("{base}/playingart?sid={station}&v={}", version_text(version))
}

/// A picture in a file. Pictures are large and seldom requested, so they are not kept in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedArtwork {
    /// The media type: `image/` followed by letters, digits, `+`, `-`, `.`, so that it is valid in a header.
    pub mime: String,
    /// The length in the file, in bytes.
    pub len: u64,
    /// How it is read.
    pub location: ArtworkLocation,
}

/// How a picture in a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtworkLocation {
    /// Directly from the file.
    Bytes {
        /// The offset in the file, in bytes.
        offset: u64,
        /// Whether a zero byte follows every `FF` in it (unsynchronisation of ID3v2).
        is_unsynchronised: bool,
    },
    /// By an encode worker, which knows the format of the file.
    Worker,
}
