//! Determines how the AutoDJ plays a track: unchanged, or converted by an encode worker.

use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::time::Duration;

use encoding_rs::Encoding;

use super::play_plan::PlayPlan;
use super::probe::probe_mp3;
use super::scan::Track;
use super::signature::is_other_audio;
use super::tags::{track_info, track_info_from};
use crate::audio::{Codec, Format};
use crate::encode_worker::{JobError, StationEncoder};
use crate::open_file;
use crate::settings::Process;
use crate::station::{TrackConversion, TrackInfo};
use crate::transcode::{AudioFileInfo, AudioKind, LeftOut, Mp3Encoder, TargetFormat};

/// Determines how tracks are played.
#[derive(Clone)]
pub struct Inspector {
    /// The encode workers; `None` if the AutoDJ runs without them, in tests.
    pub encoder: Option<StationEncoder>,
    /// What the operator has configured.
    pub plan: PlayPlan,
    /// The charset of texts that do not state their encoding and are not UTF-8.
    pub charset: &'static Encoding,
}

/// How a track is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayMode {
    /// Its frames of layer III are played unchanged.
    Pass,
    /// Its AAC frames are played unchanged, with new headers.
    PassAac,
    /// It is decoded and encoded.
    Convert,
}

/// A track that can be played.
#[derive(Debug)]
pub struct Inspected {
    /// The file.
    pub file: File,
    /// Its metadata.
    pub metadata: Metadata,
    /// How it is played.
    pub mode: PlayMode,
    /// Its title on air.
    pub title: String,
    /// Its tags and its duration.
    pub info: TrackInfo,
}

/// What a file contains.
enum Contents {
    /// Frames of layer III, of this format and duration.
    Mp3(Format, Duration),
    /// Something else.
    Other(Box<AudioFileInfo>),
}

impl Contents {
    /// Returns what is converted if the file is, without a gain.
    fn as_conversion(&self) -> TrackConversion {
        let (kind, rate, channels) = match self {
            Self::Mp3(format, _) => (AudioKind::Mp3, format.rate, format.channels),
            Self::Other(audio) => (audio.kind, audio.rate, audio.channels),
        };
        TrackConversion { kind, rate, channels, gain_db: None }
    }
}

/// Why a track is not played.
#[derive(Debug)]
pub enum NotPlayable {
    /// The file cannot be opened.
    Io(io::Error),
    /// It has no frames of layer III, and other audio is not converted.
    NoFrames,
    /// For a reason that does not change until the file changes.
    LeftOut(LeftOut),
    /// The encode worker cannot be asked at the moment.
    Worker(JobError),
}

impl NotPlayable {
    /// Returns whether the reason remains until the file changes.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Io(_) | Self::LeftOut(LeftOut::Unreadable(_)) => false,
            Self::NoFrames | Self::LeftOut(_) => true,
            Self::Worker(error) => error.is_final(),
        }
    }
}

/// The end of the sentence `skipping FILE: …`.
impl fmt::Display for NotPlayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NoFrames => f.write_str("no MP3 frames"),
            Self::LeftOut(reason) => reason.fmt(f),
            Self::Worker(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for NotPlayable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<JobError> for NotPlayable {
    fn from(error: JobError) -> Self {
        match error {
            JobError::LeftOut(reason) => Self::LeftOut(reason),
            error => Self::Worker(error),
        }
    }
}

impl Inspector {
    /// Opens a file and determines how it is played. Blocks on disk and on the encode worker.
    ///
    /// # Errors
    /// Returns the reason why it is not played.
    pub fn inspect(&self, track: &Track) -> Result<Inspected, NotPlayable> {
        let (file, metadata) = open_file::open_regular(&track.path)?;
        self.inspect_file(track, file, metadata)
    }

    /// As [`inspect`](Self::inspect), for a file that is already open.
    ///
    /// # Errors
    /// Returns the reason why it is not played.
    pub fn inspect_file(
        &self,
        track: &Track,
        mut file: File,
        metadata: Metadata,
    ) -> Result<Inspected, NotPlayable> {
        let contents = self.contents(track, &mut file)?;
        let mode = self.mode(&contents)?;
        let conversion = (mode == PlayMode::Convert).then(|| contents.as_conversion());
        let (title, info) = match contents {
            Contents::Mp3(_, length) => {
                let (title, info) = track_info(&track.path, &mut file, track.title.as_deref(), self.charset);
                (title, TrackInfo { length: Some(length), ..info })
            }
            Contents::Other(audio) => {
                track_info_from(&track.path, &audio, track.title.as_deref(), self.charset)
            }
        };
        let info = TrackInfo { conversion, ..info };
        Ok(Inspected { file, metadata, mode, title, info })
    }

    fn contents(&self, track: &Track, file: &mut File) -> Result<Contents, NotPlayable> {
        if !is_other_audio(file)?
            && let Some((header, length)) = probe_mp3(file)?
        {
            return Ok(Contents::Mp3(header.format(), length));
        }
        match &self.encoder {
            Some(encoder) if self.plan.asks_worker() => {
                Ok(Contents::Other(Box::new(encoder.probe_with_charset(&track.path, self.charset)?)))
            }
            _ if self.plan.process != Process::Never && !Mp3Encoder::IS_AVAILABLE => {
                Err(NotPlayable::LeftOut(LeftOut::NoEncoder))
            }
            _ => Err(NotPlayable::NoFrames),
        }
    }

    fn mode(&self, contents: &Contents) -> Result<PlayMode, NotPlayable> {
        match (self.plan.codec, contents) {
            (Codec::Aac, Contents::Other(audio)) if audio.kind == AudioKind::AacLc => Ok(PlayMode::PassAac),
            (Codec::Aac, _) => Err(NotPlayable::LeftOut(LeftOut::NotAac)),
            (Codec::Mp3, Contents::Mp3(format, _)) => Ok(self.mode_of_mp3(*format)),
            (Codec::Mp3, Contents::Other(_)) => Ok(PlayMode::Convert),
        }
    }

    fn mode_of_mp3(&self, format: Format) -> PlayMode {
        if !self.plan.converts() || self.encoder.is_none() {
            return PlayMode::Pass;
        }
        let is_in_format =
            |target: TargetFormat| (format.rate, format.channels) == (target.rate, target.channels);
        match self.plan.target() {
            Some(target) if self.plan.process == Process::Always || !is_in_format(target) => {
                PlayMode::Convert
            }
            _ => PlayMode::Pass,
        }
    }
}
