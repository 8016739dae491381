//! Parses `.pls` playlists: `File1=…`, `Title1=…`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::entry::{MAX_ENTRIES, PlaylistEntry};
use super::location::Location;
use super::text::{LineDecoder, after_keyword, lines, non_empty};

/// The line of the file and the line of the title of an entry.
type EntryLines<'b> = (Option<&'b [u8]>, Option<Cow<'b, str>>);

/// Returns the entries of a playlist. What is not UTF-8 is in `charset`.
///
/// The numbers define the order, not the positions in the file. Each further header begins another list, for
/// people append one playlist to another.
pub(super) fn parse(bytes: &[u8], charset: &'static Encoding) -> Vec<PlaylistEntry> {
    let decoder = LineDecoder::new(bytes, charset);
    let (mut list, mut entries) = (0, BTreeMap::<(u32, u32), EntryLines<'_>>::new());
    for line in lines(bytes) {
        let Some((key, value)) = split_line(line) else {
            list += u32::from(line.trim_ascii().eq_ignore_ascii_case(b"[playlist]"));
            continue;
        };
        if let Some(number) = key_number(key, "File") {
            entries.entry((list, number)).or_default().0 = Some(value);
        } else if let Some(number) = key_number(key, "Title") {
            entries.entry((list, number)).or_default().1 = Some(decoder.decode(value));
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    let entry = |(file, title): EntryLines<'_>| {
        let (line, title) = (file?, title.as_deref().and_then(non_empty));
        let text = non_empty(&decoder.decode(line))?;
        Some(PlaylistEntry { location: Location::from_text(&text, line), title })
    };
    entries.into_values().filter_map(entry).collect()
}

/// Returns the key and the value of a line.
fn split_line(line: &[u8]) -> Option<(&str, &[u8])> {
    let at = line.iter().position(|byte| *byte == b'=')?;
    Some((std::str::from_utf8(&line[..at]).ok()?.trim(), &line[at + 1..]))
}

/// Returns the number at the end of a key, such as 12 for `File12`.
fn key_number(key: &str, prefix: &str) -> Option<u32> {
    after_keyword(key, prefix)?.parse().ok()
}
