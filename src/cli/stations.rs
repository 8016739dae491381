//! The station of a command line without a configuration file.

use std::path::{Path, PathBuf};

use super::args::Args;
use crate::config;
use crate::settings::{RelaySettings, StationSettings};
use crate::stream_url::StreamUrl;

/// A function that returns the directory with the music of the demo station.
pub(super) type DemoDirectory = Box<dyn Fn() -> Result<PathBuf, String> + Send>;

/// Expands `~/`, which the shell leaves in `--config=~/radio.toml` and in quotes.
pub(super) fn expand_home(path: &Path) -> PathBuf {
    let expanded = if path.exists() { None } else { config::home_path(path) };
    expanded.unwrap_or_else(|| path.to_owned())
}

pub(super) fn station(mut args: Args, demo: &DemoDirectory) -> Result<StationSettings, String> {
    args.music.iter_mut().for_each(|path| *path = expand_home(path));
    let station = if args.music.is_empty() { demo_station(demo)? } else { music_station(args.music)? };
    Ok(StationSettings { shuffle: args.shuffle, ..station })
}

/// Returns a station that relays the stream at the URL in `args`. The station uses the name of that stream.
pub(super) fn relay_station(args: &Args) -> Result<StationSettings, String> {
    if args.shuffle {
        return Err("--shuffle is for music, not for a relay".to_owned());
    }
    let [url] = args.music.as_slice() else {
        return Err(
            "relay takes one address, such as coldwave relay http://radio.example:8000/live".to_owned()
        );
    };
    let url = StreamUrl::parse(&url.to_string_lossy()).map_err(|error| format!("relay: {error}"))?;
    Ok(StationSettings { relay: Some(RelaySettings::new(url, false)), ..StationSettings::default() })
}

fn demo_station(demo: &DemoDirectory) -> Result<StationSettings, String> {
    let folder = demo().map_err(|error| {
        format!(
            "nothing to play: give files, directories or playlists, such as coldwave ~/Music (the demo station \
             cannot be written: {error})"
        )
    })?;
    Ok(StationSettings {
        name: "coldwave demo".to_owned(),
        description: "Three short pieces that come with coldwave".to_owned(),
        genre: "Ambient".to_owned(),
        ..named_after_music(vec![folder])
    })
}

/// Returns a station that plays `music`.
fn music_station(music: Vec<PathBuf>) -> Result<StationSettings, String> {
    for path in &music {
        let text = path.to_string_lossy();
        if text.starts_with("http://") || text.starts_with("https://") {
            return Err(format!("{text} is a URL, not music: to relay a stream, use coldwave relay {text}"));
        }
        if let Some(other) = config::recognise_other_file(path) {
            return Err(other.advice(&text));
        }
    }
    Ok(named_after_music(music))
}

/// Returns a station that plays `music`, named after it if it is a single path.
pub(super) fn named_after_music(music: Vec<PathBuf>) -> StationSettings {
    let defaults = StationSettings::default();
    let name = match music.as_slice() {
        [one] => name_from_music(one),
        _ => None,
    };
    StationSettings { name: name.unwrap_or(defaults.name), music, ..defaults }
}

/// Returns the name of a file without its extension, or the full name of a directory, including any dots.
fn name_from_music(music: &Path) -> Option<String> {
    let name = if music.is_dir() {
        // The name of `.` is the name of the current directory.
        music.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned()
    } else {
        music.file_stem()?.to_string_lossy().into_owned()
    };
    Some(name).filter(|name| !name.is_empty())
}
