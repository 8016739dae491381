//! Tags at the beginning and end of an audio file, and the title of a track.

use std::ffi::OsStr;
use std::io::Cursor;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use coldwave::autodj::{title_by_name, track_info};
use coldwave::settings::SourceSettings;
use coldwave::station::{ArtworkLocation, EmbeddedArtwork, TrackInfo};
use coldwave::transcode::PLAUSIBLE_LUFS;

use crate::split_seed;

/// The input is a byte with the length of the file name, the name, then the file, whose length chooses the
/// charset.
pub fn check(input: &[u8]) {
    let (length, rest) = split_seed(input);
    let (name, file) = rest.split_at(rest.len().min(length.into()));
    let label = ["windows-1252", "windows-1251", "gbk", "shift_jis"][file.len() % 4];
    let settings = SourceSettings { charset: Some(label.to_owned()), ..SourceSettings::default() };
    let charset = settings.encoding();
    let path = Path::new(OsStr::from_bytes(name));
    let mut source = Cursor::new(file);
    let (title, info) = track_info(path, &mut source, None, charset);
    assert_eq!(source.position(), 0, "the file position is back at the start");
    check_title(&title);
    check_info(&info, file.len() as u64);
    check_title(&title_by_name(path, None, charset));
    check_title(&title_by_name(path, Some(&String::from_utf8_lossy(file)), charset));
}

fn check_info(info: &TrackInfo, file_len: u64) {
    for text in [&info.artist, &info.title, &info.album, &info.isrc].into_iter().flatten() {
        check_title(text);
    }
    assert!(info.year.is_none_or(|year| (1000..=9999).contains(&year)));
    assert!(info.loudness.is_none_or(|loudness| PLAUSIBLE_LUFS.contains(&loudness.lufs)));
    if let Some(EmbeddedArtwork { mime, len, location }) = &info.artwork {
        let ArtworkLocation::Bytes { offset, .. } = location else { panic!("no worker was involved") };
        let subtype = mime.strip_prefix("image/").expect(mime);
        assert!(subtype.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c)), "{mime:?}");
        assert!(*len > 0 && offset + len <= file_len, "{len} bytes at {offset} in a file of {file_len}");
    }
}

/// The most characters of a title: two texts of at most a thousand characters and the separator between them.
const TITLE_MAX: usize = 2 * 1000 + 3;

pub(crate) fn check_title(title: &str) {
    assert!(!title.is_empty(), "a track has a title");
    assert!(!title.contains(char::is_control), "{title:?}");
    assert!(title.chars().count() <= TITLE_MAX, "{} characters", title.chars().count());
    assert_eq!(title, title.trim());
}
