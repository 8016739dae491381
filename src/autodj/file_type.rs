//! Names the type of a file by its content, for files that are not played.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::id3v2::skip_tags;
use crate::open_file;
use crate::transcode::{AudioKind, container_name};

/// Number of bytes after the tags that are examined: as many as [`is_other_audio`](super::is_other_audio)
/// examines.
const EXAMINED_BYTES: u64 = 8 << 10;

/// The first bytes of files without audio that are found under names of music, and their types.
const WITHOUT_AUDIO: [(&[u8], &str); 9] = [
    (b"\xFF\xD8\xFF", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"Rar!", "RAR"),
    (b"7z\xBC\xAF", "7z"),
    (b"\x1F\x8B", "gzip"),
    (b"\x7FELF", "program"),
];

/// Returns the type of a file: that of its container, such as `FLAC` or `M4A`, of frames of audio at its
/// beginning, or of a common file without audio. If the beginning does not say it, `kind` does. Blocks on
/// disk.
pub fn file_type(path: &Path, kind: Option<AudioKind>) -> String {
    let read = open_file::open_regular(path).and_then(|(mut file, _)| beginnings(&mut file));
    let by_content = read.as_ref().ok().and_then(|(start, after_tags)| type_of(start, after_tags));
    let unknown = if read.is_ok() { "of unknown type" } else { "unreadable" };
    by_content.map_or_else(|| kind.map_or(unknown.to_owned(), |kind| kind.to_string()), str::to_owned)
}

/// Returns the first bytes of a file, and those after its tags.
fn beginnings(file: &mut File) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let read_at = |file: &mut File| {
        let mut bytes = Vec::new();
        file.take(EXAMINED_BYTES).read_to_end(&mut bytes).map(|_| bytes)
    };
    let start = read_at(file)?;
    file.seek(SeekFrom::Start(0))?;
    skip_tags(file)?;
    Ok((start, read_at(file)?))
}

fn type_of(start: &[u8], after_tags: &[u8]) -> Option<&'static str> {
    let without_audio = WITHOUT_AUDIO.iter().find(|(magic, _)| start.starts_with(magic));
    let container = container_name(after_tags, true).map(|name| detailed(name, after_tags));
    let known = without_audio.map(|(_, name)| *name).or(container).or_else(|| frames(after_tags));
    known.or_else(|| text(start))
}

/// Returns a more exact name for containers with several kinds of audio.
fn detailed(container: &'static str, bytes: &[u8]) -> &'static str {
    let has = |text: &[u8]| bytes.get(..100).unwrap_or(bytes).windows(text.len()).any(|it| it == text);
    match (container, bytes.get(8..12)) {
        ("MP4", Some(b"M4A " | b"M4B " | b"M4P ")) => "M4A",
        ("Ogg", _) if has(b"OpusHead") => "Opus",
        ("Ogg", _) if has(b"\x01vorbis") => "Vorbis",
        _ => container,
    }
}

/// Returns the kind of the frame at the beginning.
fn frames(bytes: &[u8]) -> Option<&'static str> {
    let [0xFF, second, ..] = *bytes else { return None };
    match second {
        0xF0 | 0xF1 | 0xF8 | 0xF9 => Some("AAC"),
        second if second & 0xE0 != 0xE0 => None,
        second => [None, Some("MP3"), Some("MP2"), Some("MP1")][usize::from(second >> 1 & 3)],
    }
}

/// Returns which kind of text this is, if it is text. Servers answer with HTML where a file is missing.
fn text(start: &[u8]) -> Option<&'static str> {
    let beginning = start.trim_ascii_start();
    let begins = |text: &[u8]| beginning.get(..text.len()).is_some_and(|it| it.eq_ignore_ascii_case(text));
    if begins(b"<!doctype html") || begins(b"<html") {
        return Some("HTML");
    }
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    (!start.is_empty() && start.iter().all(is_text) && start.first().is_some_and(u8::is_ascii))
        .then_some("text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_of_bytes(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.mp3");
        std::fs::write(&path, bytes).expect("a file");
        file_type(&path, None)
    }

    #[test]
    fn content_names_the_type() {
        let tagged = |bytes: &[u8]| [b"ID3\x04\0\0\0\0\0\x04abcd", bytes].concat();
        for (bytes, expected) in [
            (b"fLaC\0\0\0\x22".to_vec(), "FLAC"),
            (tagged(b"fLaC\0\0\0\x22"), "FLAC"),
            (b"\0\0\0\x20ftypM4A \0\0\0\0".to_vec(), "M4A"),
            (b"\0\0\0\x20ftypisom\0\0\0\0".to_vec(), "MP4"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0OpusHead".to_vec(), "Opus"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\x01vorbis".to_vec(), "Vorbis"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0fishead".to_vec(), "Ogg"),
            (b"wvpk and so on".to_vec(), "WavPack"),
            (b"MAC \x96\x0F".to_vec(), "Monkey's Audio"),
            (tagged(b"\xFF\xFB\x90\x64"), "MP3"),
            (b"\xFF\xFD\x90\x64".to_vec(), "MP2"),
            (b"\xFF\xF1\x50\x80".to_vec(), "AAC"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec(), "JPEG"),
            (b"PK\x03\x04\x14".to_vec(), "ZIP"),
            (b"\r\n<!DOCTYPE html><title>404</title>".to_vec(), "HTML"),
            ("This is not music: \u{e9}\n".into(), "text"),
            (b"\x01\x02\x03".to_vec(), "of unknown type"),
            (Vec::new(), "unreadable"),
        ] {
            assert_eq!(type_of_bytes(&bytes), expected, "{}", bytes.escape_ascii());
        }
        assert_eq!(file_type(Path::new("/nowhere/x.mp3"), None), "unreadable");
        assert_eq!(file_type(Path::new("/nowhere/x.mp3"), Some(AudioKind::Mp2)), "MP2");
    }
}
