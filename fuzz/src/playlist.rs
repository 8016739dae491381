//! Playlists of every format.

use coldwave::autodj::fuzzing::{Location, MAX_ENTRIES, PlaylistEntry, PlaylistFormat, parse};
use coldwave::autodj::title_by_name;
use coldwave::settings::SourceSettings;

use crate::{split_seed, tags};

/// A name of literal text has at most this many readings: with and without spaces around it, each with
/// slashes, without percent-encoding, and in another charset.
const READINGS_MAX: usize = 16;

/// The input is a byte for the format, then the playlist.
pub fn check(input: &[u8]) {
    let (format, bytes) = split_seed(input);
    let entries = parse(
        bytes,
        [PlaylistFormat::M3u, PlaylistFormat::Pls, PlaylistFormat::Xspf][usize::from(format % 3)],
        SourceSettings::default().encoding(),
    );
    let Ok(entries) = entries else { return };
    assert!(entries.len() <= MAX_ENTRIES);
    // A byte of Windows-1252 becomes at most three bytes of UTF-8. Three more bytes join a creator and a
    // title.
    let kept: usize = entries.iter().map(size).sum();
    assert!(kept <= 3 * (bytes.len() + entries.len()), "{kept} bytes kept of {}", bytes.len());
    entries.iter().for_each(check_entry);
}

fn size(entry: &PlaylistEntry) -> usize {
    let location = match &entry.location {
        Location::Path(name) => name.text().len(),
        Location::Url(url) => url.len(),
    };
    location + entry.title.as_ref().map_or(0, String::len)
}

fn check_entry(entry: &PlaylistEntry) {
    if let Some(title) = &entry.title {
        assert!(!title.is_empty() && title.trim() == title, "{title:?}");
    }
    match &entry.location {
        Location::Url(url) => assert!(!url.is_empty(), "a URL is not empty"),
        Location::Path(name) => {
            let path = &name.path();
            assert!(name.readings(SourceSettings::default().encoding()).len() <= READINGS_MAX);
            assert!(!path.as_os_str().is_empty(), "a path is not empty");
            tags::check_title(&title_by_name(
                path,
                entry.title.as_deref(),
                SourceSettings::default().encoding(),
            ));
        }
    }
}
