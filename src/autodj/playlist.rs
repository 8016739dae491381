//! Parses playlist files: `.m3u`, `.m3u8`, `.pls` and `.xspf`. Converts bytes into entries, without access to
//! the disk.

mod entry;
mod location;
mod m3u;
mod pls;
mod text;
mod xspf;

use std::path::Path;

use encoding_rs::Encoding;

use crate::config_text::{ConfigKind, gives_password};

pub use entry::{MAX_ENTRIES, PlaylistEntry, PlaylistError};
pub use location::{Location, NamedPath};
use text::{decode_xml, without_utf16};

/// Maximum number of bytes of a playlist that are parsed. In the longest playlist (see [`MAX_ENTRIES`]), this
/// is about 80 bytes for each entry. A longer file is probably not a playlist, but a video with the wrong
/// extension.
pub const MAX_BYTES: usize = 16 << 20;

/// A playlist format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaylistFormat {
    /// `.m3u` and `.m3u8`: one location per line.
    M3u,
    /// `.pls`: `File1=…`, `Title1=…`.
    Pls,
    /// `.xspf`: XML.
    Xspf,
}

impl PlaylistFormat {
    /// Returns the format for the extension of `path`, in upper or lower case; `None` if `path` is not a
    /// playlist.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "m3u" | "m3u8" => Some(Self::M3u),
            "pls" => Some(Self::Pls),
            "xspf" => Some(Self::Xspf),
            _ => None,
        }
    }

    /// Returns the format of a playlist with this beginning, whatever its name; `None` if the beginning does
    /// not say it.
    fn from_content(bytes: &[u8]) -> Option<Self> {
        const BEGINNINGS: [(&[u8], PlaylistFormat); 4] = [
            (b"#EXTM3U", PlaylistFormat::M3u),
            (b"[playlist]", PlaylistFormat::Pls),
            (b"<?xml", PlaylistFormat::Xspf),
            (b"<playlist", PlaylistFormat::Xspf),
        ];
        let bytes = bytes.trim_ascii_start();
        let begins = |text: &[u8]| bytes.get(..text.len()).is_some_and(|it| it.eq_ignore_ascii_case(text));
        BEGINNINGS.iter().find(|(beginning, _)| begins(beginning)).map(|(_, format)| *format)
    }
}

/// Returns the entries of a playlist in its order. Skips what cannot be parsed, and everything after
/// `MAX_BYTES` or `MAX_ENTRIES`. `kind` is its format if its content does not say another.
///
/// A text that is not UTF-8 and does not state its encoding is in `charset`.
///
/// # Errors
/// If it is no list of tracks.
pub fn parse(
    bytes: &[u8],
    kind: PlaylistFormat,
    charset: &'static Encoding,
) -> Result<Vec<PlaylistEntry>, PlaylistError> {
    let bytes = without_utf16(&bytes[..bytes.len().min(MAX_BYTES)]);
    if is_configuration(&bytes) {
        return Err(PlaylistError::Configuration);
    }
    let mut entries = match PlaylistFormat::from_content(&bytes).unwrap_or(kind) {
        PlaylistFormat::M3u => m3u::parse(&bytes, charset)?,
        PlaylistFormat::Pls => pls::parse(&bytes, charset),
        PlaylistFormat::Xspf => xspf::parse(&decode_xml(&bytes, charset)),
    };
    // A reference without a path would be the directory of the playlist.
    entries.retain(|entry| !entry.location.is_empty());
    Ok(entries)
}

/// Returns whether a text is a configuration, or has a line that gives a password and that is not the name
/// of a track or a URL.
fn is_configuration(bytes: &[u8]) -> bool {
    let is_name = |line: &[u8]| line.windows(3).any(|part| part == b"://") || has_extension(line);
    let is_secret = |line: &[u8]| gives_password(line) && !line.starts_with(b"#") && !is_name(line);
    ConfigKind::from_text(bytes).is_some() || text::lines(bytes).any(|line| is_secret(line.trim_ascii()))
}

/// Returns whether a line ends like the name of a file: `.mp3`.
fn has_extension(line: &[u8]) -> bool {
    let extension = line.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    extension.len() < line.len()
        && (2..=4).contains(&extension.len())
        && extension.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests;
