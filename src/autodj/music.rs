//! The settings of an AutoDJ, and the parts of the process that it uses.

use std::path::PathBuf;

use super::format_store::FormatStore;
use super::loudness::LoudnessCache;
use super::play_plan::PlayPlan;
use crate::audio::Codec;
use crate::encode_worker::StationEncoder;
use crate::settings::{FormatSettings, StationCodec, StationIdentity, StationSettings};
use crate::time::Time;
use crate::worker::LoopWaker;

/// A function that returns the current time.
pub type ClockFn = Box<dyn Fn() -> Time + Send>;

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
    /// Converts files; `None` to play only files that need no conversion.
    pub encoder: Option<StationEncoder>,
    /// Keeps the formats of stations over a restart.
    pub formats: FormatStore,
    /// Keeps the measured loudness of tracks.
    pub loudness: LoudnessCache,
}

impl MusicServices {
    /// Returns services that convert nothing and keep nothing.
    pub fn new(alert: LoopWaker, clock: ClockFn) -> Self {
        Self {
            alert,
            clock,
            encoder: None,
            formats: FormatStore::open(None),
            loudness: LoudnessCache::open(None),
        }
    }
}
