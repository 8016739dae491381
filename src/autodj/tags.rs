//! What a track is called on air: from its tags, else from a playlist, else from its file's name.

mod ape;
mod id3v1;
mod id3v2;
mod text;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use text::tidy;

/// Bytes of one tag that are read through. Pictures of that size are met in front of the text; a tag that claims more
/// costs no more than this, and nothing of it is kept but the text.
const MAX_TAG_BYTES: u64 = 16 << 20;

/// Bytes of one text of a tag. Titles are cut to 240 bytes on the wire; what claims to be longer than this is no title
/// but damage.
const MAX_TEXT_BYTES: u64 = 8 << 10;

/// What is read of a tag.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Tags {
    artist: Option<String>,
    title: Option<String>,
}

impl Tags {
    /// `Artist - Title`, or the title alone. An artist alone says nothing of the track.
    fn line(self) -> Option<String> {
        let title = self.title?;
        Some(match self.artist {
            Some(artist) => format!("{artist} - {title}"),
            None => title,
        })
    }
}

/// The title of the track in `file`: from its ID3v2 tag, else APE, else ID3v1, else `hint`, which is what a playlist
/// calls it, else from the file's name. Never empty, and free of control characters.
///
/// Leaves the file at its start. Blocks on disk and reads some 32 MB at worst. The file must be one that can be sought
/// in; for a FIFO there is [`title_by_name`].
pub fn title_of(path: &Path, file: &mut File, hint: Option<&str>) -> String {
    let tagged = tagged(file);
    // If this fails, so will reading the track, and will be reported there.
    let _ = file.rewind();
    tagged.unwrap_or_else(|| title_by_name(path, hint))
}

/// The title of a track that cannot be looked into: `hint`, else from the file's name.
///
/// Of the name, `_` is a space, and a track number in front is dropped where it cannot be part of the title: `03 - x`,
/// `03. x`, `03_x`, `1-02 x`, but not `99 x`.
pub fn title_by_name(path: &Path, hint: Option<&str>) -> String {
    let name = || tidy(without_number(&stem(path)));
    hint.and_then(tidy).or_else(name).unwrap_or_else(|| "Untitled".into())
}

/// The first tag that has a title. Errors are those of the disk or of a damaged tag: the next may do.
fn tagged(source: &mut (impl Read + Seek)) -> Option<String> {
    let line = |tags: std::io::Result<Tags>| tags.ok().and_then(Tags::line);
    None.or_else(|| line(id3v2::read(source)))
        .or_else(|| line(ape::read(source)))
        .or_else(|| line(id3v1::read(source)))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().replace('_', " ")
}

/// The name without a track number, or as it is where nothing would be left.
fn without_number(name: &str) -> &str {
    let name = name.trim();
    behind_number(name)
        .map(str::trim_start)
        .filter(|rest| rest.contains(char::is_alphanumeric))
        .unwrap_or(name)
}

/// What stands behind the track number that `name` begins with and the mark behind that.
fn behind_number(name: &str) -> Option<&str> {
    let (first, rest) = digits(name)?;
    // A disc's number in front: `1-02 x`, `2.11 x`.
    let second = rest.strip_prefix(['-', '.']).and_then(digits).filter(|(second, _)| second.len() == 2);
    if let Some((_, rest)) = second {
        return (first.len() == 1 && rest.starts_with([' ', '-', '.'])).then(|| marked(rest).unwrap_or(rest));
    }
    let spaced = rest.starts_with(' ');
    let dashed = rest.starts_with(['-', '–']);
    // `50 Cent`, `4-Hero` and `99 Luftballons` keep theirs; no other name than a track's begins with a zero.
    let sure = first.len() > 1 && first.starts_with('0');
    let marked = marked(rest).filter(|text| !dashed || first.len() > 1 || text.starts_with(' '));
    marked.or((spaced && sure).then_some(rest))
}

/// What stands behind the mark that follows a number; none where it belongs to the title: `1.5`, `24-7`, `...`.
fn marked(rest: &str) -> Option<&str> {
    let text = rest.trim_start().strip_prefix(['-', '–', '.', ')'])?;
    (!text.starts_with(|c: char| c.is_ascii_digit() || c == '.')).then_some(text)
}

/// Up to three digits in front, when no more follow: 1984 is a title.
fn digits(text: &str) -> Option<(&str, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&count).then(|| text.split_at(count))
}

#[cfg(test)]
mod tests;
