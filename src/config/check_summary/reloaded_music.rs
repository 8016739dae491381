//! Checks before a reload that no station would lose its music, because there is nothing in it to play.

use std::cell::OnceCell;

use super::StationSummary;
use super::conversion::MusicConversion;
use crate::autodj::{self, FormatStore, Track};
use crate::config::formats;
use crate::encode_worker::{EncodePool, Launch};
use crate::settings::{Description, Settings, StationSettings, station_ids};

/// The number of tracks of a station of which one that plays is enough. All others are looked at only if none
/// of these plays.
const SAMPLE_TRACKS: usize = 10;

/// Checks the music of the stations in `settings`, to which a server with the description `running` is
/// reloaded. Returns warnings about stations that have nothing to play and whose music stays as it is
/// configured: a reload changes nothing for them.
///
/// The music of a new station, or one with other music, is examined as by [`report`](super::report), until a
/// track is found that plays. Of all others, only directories and playlists are read, until there is a track.
///
/// # Errors
/// Returns one sentence for every source of music that cannot be read; else for every station that is new or
/// gets other music, and would play none of it.
pub fn check_music_of_reload(
    settings: &Settings,
    running: &Description,
    launch: Launch,
) -> Result<Vec<String>, Vec<String>> {
    let unreadable = unreadable_music(settings);
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let mut settings = settings.clone();
    station_ids::assign(&mut settings.stations, running.known_ids());
    let changed = running.mounts_with_other_music(&Description::new(&settings, &[]));
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let examiner = Examiner::new(&settings, launch);
    for station in settings.stations.iter().filter(|station| !station.music.is_empty()) {
        if changed.contains(&station.mount) {
            errors.extend(examiner.problem(station));
        } else if !has_tracks(station) {
            warnings.push(no_tracks(station));
        }
    }
    if errors.is_empty() { Ok(warnings) } else { Err(errors) }
}

/// Returns one sentence for every source of music that cannot be read, with the mount of its station.
fn unreadable_music(settings: &Settings) -> Vec<String> {
    let of_station = |station: &StationSettings| {
        let sources = station.music.iter().map(std::slice::from_ref);
        let errors = sources.filter_map(|source| autodj::check_readable(source).err());
        errors.map(|error| format!("music of {}: {error}", station.mount)).collect::<Vec<_>>()
    };
    settings.stations.iter().flat_map(of_station).collect()
}

/// Examines the music of stations. Files other than MP3 are examined by an encode worker.
struct Examiner<'s> {
    settings: &'s Settings,
    launch: Launch,
    pool: OnceCell<EncodePool>,
}

impl<'s> Examiner<'s> {
    fn new(settings: &'s Settings, launch: Launch) -> Self {
        Self { settings, launch, pool: OnceCell::new() }
    }

    /// Returns the sentence of `--check` if none of a station's music would be played.
    fn problem(&self, station: &StationSettings) -> Option<String> {
        if !has_tracks(station) {
            return Some(no_tracks(station));
        }
        let pool = self.pool.get_or_init(|| EncodePool::new(1, self.launch.clone()));
        let store = FormatStore::open(self.settings.state_dir.clone());
        if plays_some(station, pool, &store) {
            return None;
        }
        StationSummary::gather(station, &self.settings.stations, pool, &store).problem()
    }
}

/// Returns whether one of some tracks, spread evenly, would be played.
fn plays_some(station: &StationSettings, pool: &EncodePool, store: &FormatStore) -> bool {
    let tracks = autodj::scan(&station.music, station.sources.encoding()).tracks;
    let step = tracks.len().div_ceil(SAMPLE_TRACKS).max(1);
    let encoder = pool.station(&station.mount);
    let plays = |track: &Track| {
        let examined = formats::examine_all(std::slice::from_ref(track), &encoder);
        !MusicConversion::new(station, &examined, store).plays_nothing()
    };
    tracks.iter().step_by(step).any(plays)
}

fn has_tracks(station: &StationSettings) -> bool {
    autodj::has_tracks(&station.music, station.sources.encoding())
}

fn no_tracks(station: &StationSettings) -> String {
    super::sentence(&station.mount, super::NO_TRACKS)
}
