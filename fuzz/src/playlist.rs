//! Playlists of every format.

use coldwave::autodj::fuzzing::{Location, MAX_ENTRIES, PlaylistEntry, PlaylistFormat, parse};
use coldwave::autodj::title_by_name;

use crate::{split_seed, tags};

/// The input is a byte for the format, then the playlist.
pub fn check(input: &[u8]) {
    let (format, bytes) = split_seed(input);
    let entries = parse(
        bytes,
        [PlaylistFormat::M3u, PlaylistFormat::Pls, PlaylistFormat::Xspf][usize::from(format % 3)],
    );
    assert!(entries.len() <= MAX_ENTRIES);
    // A byte of Windows-1252 becomes at most three bytes of UTF-8. Three more bytes join a creator and a
    // title.
    let kept: usize = entries.iter().map(size).sum();
    assert!(kept <= 3 * (bytes.len() + entries.len()), "{kept} bytes kept of {}", bytes.len());
    entries.iter().for_each(check_entry);
}

fn size(entry: &PlaylistEntry) -> usize {
    let location = match &entry.location {
        Location::Path(path) => path.as_os_str().len(),
        Location::Url(url) => url.len(),
    };
    location + entry.title.as_ref().map_or(0, String::len)
}

fn check_entry(entry: &PlaylistEntry) {
    if let Some(title) = &entry.title {
        assert!(!title.is_empty() && title.trim() == title, "{title:?}");
    }
    match &entry.location {
        Location::Url(url) => assert!(url.contains("://"), "{url:?}"),
        Location::Path(path) => {
            assert!(!path.as_os_str().is_empty(), "a path is not empty");
            tags::check_title(&title_by_name(path, entry.title.as_deref()));
        }
    }
}
