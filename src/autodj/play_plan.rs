//! How the AutoDJ plays files that are not in the station's format.

use std::sync::{Arc, OnceLock};

use crate::audio::Codec;
use crate::settings::{Process, StationCodec, Unconverted};
use crate::transcode::{Mp3Encoder, TargetFormat};

/// What the operator has configured, and the format that follows from it. Clones share the format.
#[derive(Debug, Clone)]
pub struct PlayPlan {
    /// The codec of the station.
    pub codec: Codec,
    /// Which files are converted.
    pub process: Process,
    /// The loudness in LUFS to which converted tracks are brought; `None` to leave it as it is.
    pub loudness: Option<f32>,
    /// The format of the station, once it is known.
    target: Arc<OnceLock<TargetFormat>>,
}

impl PlayPlan {
    /// Creates a plan whose format is not known yet.
    pub fn new(codec: Codec, process: Process, loudness: Option<f32>) -> Self {
        Self { codec, process, loudness, target: Arc::default() }
    }

    /// Returns whether the station has a format to which other files are converted. It has none without an
    /// encoder.
    pub fn converts(&self) -> bool {
        self.unconverted().is_none()
    }

    /// Returns why files in other formats are passed on, if they are.
    pub fn unconverted(&self) -> Option<Unconverted> {
        let codec = if self.codec == Codec::Aac { StationCodec::Aac } else { StationCodec::Mp3 };
        Unconverted::from_settings(codec, self.process, Mp3Encoder::IS_AVAILABLE)
    }

    /// Returns whether files other than MP3 are given to an encode worker.
    pub fn asks_worker(&self) -> bool {
        self.codec == Codec::Aac || self.converts()
    }

    /// Returns the format of the station, if it is known.
    pub fn target(&self) -> Option<TargetFormat> {
        self.target.get().copied()
    }

    /// Sets the format of the station. Only the first call has an effect.
    pub fn set_target(&self, target: TargetFormat) {
        let _ = self.target.set(target);
    }
}

impl Default for PlayPlan {
    /// Returns the plan of a station without configuration.
    fn default() -> Self {
        Self::new(Codec::Mp3, Process::WhenNeeded, None)
    }
}
