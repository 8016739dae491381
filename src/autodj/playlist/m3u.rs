//! Parses `.m3u` and `.m3u8` playlists: one location per line.

use encoding_rs::{Encoding, UTF_8};

use super::entry::{MAX_ENTRIES, PlaylistEntry, PlaylistError};
use super::location::Location;
use super::text::{LineDecoder, after_keyword, lines, non_empty};

/// The tags by which ffmpeg recognises HLS. RFC 8216 requires the first in a playlist of segments, and the
/// second in one of streams.
const HLS_TAGS: [&str; 3] = ["#EXT-X-TARGETDURATION:", "#EXT-X-STREAM-INF:", "#EXT-X-MEDIA-SEQUENCE:"];

/// Maximum number of times that a playlist changes its encoding. Each time, the entire playlist is examined.
const ENCODING_CHANGES_MAX: usize = 8;

/// Returns the entries of a playlist. What is not UTF-8 is in the encoding that the playlist states, or in
/// `charset`.
///
/// # Errors
/// If it is an HLS playlist.
pub(super) fn parse(bytes: &[u8], charset: &'static Encoding) -> Result<Vec<PlaylistEntry>, PlaylistError> {
    let mut decoder = LineDecoder::new(bytes, charset);
    let (mut entries, mut title, mut changes) = (Vec::new(), None, 0);
    for line in lines(bytes) {
        let text = decoder.decode(line);
        let trimmed = text.trim();
        if !trimmed.starts_with('#') {
            let location = Location::from_text(trimmed, line);
            entries.push(PlaylistEntry { location, title: title.take() });
        } else if let Some(text) = extinf_title(trimmed) {
            title = non_empty(text);
        } else if HLS_TAGS.iter().any(|tag| after_keyword(trimmed, tag).is_some()) {
            return Err(PlaylistError::Hls);
        } else if let Some(stated) = stated_encoding(trimmed)
            && stated != decoder.charset()
            && changes < ENCODING_CHANGES_MAX
        {
            decoder = LineDecoder::new(bytes, stated);
            changes += 1;
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    Ok(entries)
}

/// Returns the encoding in `#EXTENC: windows-1251`, unless it is UTF-8, which needs no statement.
fn stated_encoding(line: &str) -> Option<&'static Encoding> {
    let label = after_keyword(line, "#EXTENC:")?;
    Encoding::for_label(label.trim().as_bytes())
        .filter(|encoding| encoding.is_ascii_compatible() && *encoding != UTF_8)
}

/// Returns the part after the comma in `#EXTINF:123 key="a, b",Artist - Title`.
fn extinf_title(line: &str) -> Option<&str> {
    let rest = after_keyword(line, "#EXTINF:")?;
    let mut quoted = false;
    let comma = rest.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    Some(comma.map_or("", |at| &rest[at + 1..]))
}
