//! The settings of an AutoDJ, and the parts of the process that it uses.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::format_store::FormatStore;
use super::loudness::LoudnessCache;
use super::play_plan::PlayPlan;
use crate::audio::Codec;
use crate::encode_worker::StationEncoder;
use crate::settings::{FormatSettings, StationCodec, StationIdentity, StationSettings};
use crate::station::TrackInfo;
use crate::time::Time;
use crate::worker::LoopWaker;

/// A function that returns the current time.
pub type ClockFn = Box<dyn Fn() -> Time + Send>;

/// A function that returns the current time in UTC since 1970-01-01.
pub type WallClockFn = Box<dyn Fn() -> Duration + Send>;

/// What an AutoDJ plays, and how.
#[derive(Debug, Clone)]
pub struct MusicSettings {
    /// The station's name in the log: its mount.
    pub label: String,
    /// What the station is recognised by at the next start.
    pub identity: StationIdentity,
    /// Files, directories and playlists.
    pub music: Vec<PathBuf>,
    /// The seed of the random order; `None` to play in the order of the list.
    pub shuffle: Option<u64>,
    /// The configured parts of the station's format.
    pub format: FormatSettings,
    /// What is converted.
    pub plan: PlayPlan,
    /// The charset of tags and playlists that do not state their encoding and are not UTF-8.
    pub charset: &'static Encoding,
    /// The URLs of covers that titles have; `None` for titles without URLs.
    pub covers: Option<CoverUrls>,
}

/// The base URL under which clients reach the server, if it is configured. Clones share it, so that a changed
/// one applies to all stations.
#[derive(Debug, Clone, Default)]
pub struct PublicUrl(Arc<RwLock<Option<String>>>);

impl PublicUrl {
    /// Sets the URL.
    pub fn set(&self, url: Option<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// Returns the URL.
    pub fn get(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where players get the covers of the tracks of a station.
#[derive(Debug, Clone)]
pub struct CoverUrls {
    /// The base URL of the server.
    pub base: PublicUrl,
    /// The stream id of the station.
    pub station: u32,
}

impl CoverUrls {
    /// Returns the URL of the cover of a track; empty if it has none, or the server has no public URL.
    pub fn url(&self, track: &TrackInfo) -> String {
        let base = self.base.get();
        base.and_then(|base| track.cover_file_url(&base, self.station)).unwrap_or_default()
    }
}

impl MusicSettings {
    /// Returns settings that play `music` in the order of the list.
    pub fn new(label: &str, music: Vec<PathBuf>) -> Self {
        Self {
            label: label.to_owned(),
            identity: StationIdentity { id: None, mount: label.to_owned() },
            music,
            shuffle: None,
            format: FormatSettings::default(),
            plan: PlayPlan::default(),
            charset: WINDOWS_1252,
            covers: None,
        }
    }

    /// Returns the settings of a station. `shuffle` contains the seed of the random order.
    pub fn from_station(station: &StationSettings, shuffle: Option<u64>) -> Self {
        let codec = match station.codec {
            StationCodec::Mp3 => Codec::Mp3,
            StationCodec::Aac => Codec::Aac,
        };
        Self {
            identity: station.identity(),
            shuffle,
            format: station.format,
            charset: station.sources.encoding(),
            plan: PlayPlan::new(codec, station.process, station.loudness),
            ..Self::new(&station.mount, station.music.clone())
        }
    }
}

/// The parts of the process that an AutoDJ uses.
pub struct MusicServices {
    /// Called when the reader sends a message after the queue was found empty.
    pub alert: LoopWaker,
    /// Returns the current time.
    pub clock: ClockFn,
    /// Returns the time that is compared with the modification times of files.
    pub wall_clock: WallClockFn,
    /// Converts files; `None` to play only files that need no conversion.
    pub encoder: Option<StationEncoder>,
    /// Keeps the formats of stations over a restart.
    pub formats: FormatStore,
    /// Keeps the measured loudness of tracks.
    pub loudness: LoudnessCache,
}

impl MusicServices {
    /// Returns services that convert nothing and keep nothing, and for which all files are old.
    pub fn new(alert: LoopWaker, clock: ClockFn) -> Self {
        Self {
            alert,
            clock,
            wall_clock: Box::new(|| Duration::MAX),
            encoder: None,
            formats: FormatStore::open(None),
            loudness: LoudnessCache::open(None),
        }
    }
}
