//! The programme: frames that repeat for hours.

use std::f32::consts::TAU;
use std::path::Path;

use coldwave::audio::{Header, silent_frame};
use coldwave::transcode::{Mp3Encoder, ProgrammeDecoder};

use crate::failure::Failure;
use crate::setting;
use crate::signal::Signal;

/// The seconds of a programme that repeats.
const LOOP_SECONDS: usize = 600;

/// A fixture of AAC-LC, 0.6 s.
const AAC: &str = "fixtures/aac/lc-44100-stereo-96k.aac";

/// What a programme contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Tones, noise and clicks of changing volume.
    Music,
    /// Two tones, to which an encoder adds very little.
    Tones,
}

impl Content {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Music => "music",
            Self::Tones => "tones",
        }
    }
}

/// Frames of one format.
pub struct Programme {
    frames: Vec<(Header, Vec<u8>)>,
}

impl Programme {
    /// Returns the programme with the name of a format, or `aac`.
    pub fn named(name: &str) -> Result<Self, Failure> {
        if name == "aac" {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(AAC);
            return Self::split(&std::fs::read(path)?);
        }
        Self::encode(name, Content::Music, LOOP_SECONDS)
    }

    /// Encodes some seconds.
    pub fn encode(name: &str, content: Content, seconds: usize) -> Result<Self, Failure> {
        let format = setting::parse(name).ok_or_else(|| format!("{name} is no format"))?;
        let mut encoder = Mp3Encoder::new(format)?;
        let mut signal = Signal::new(format.rate, format.channels.into());
        let (mut samples, mut bytes) = (Vec::new(), Vec::new());
        for second in 0..seconds {
            match content {
                Content::Music => signal.next(format.rate as usize, &mut samples),
                Content::Tones => tones(second, format.rate, format.channels, &mut samples),
            }
            encoder.push(&samples);
            bytes.extend(encoder.take_frames().bytes);
        }
        Self::split(&bytes)
    }

    fn split(mut bytes: &[u8]) -> Result<Self, Failure> {
        let mut frames = Vec::new();
        while let Some((header, frame, rest)) = ProgrammeDecoder::split_frame(bytes) {
            frames.push((header, frame.to_vec()));
            bytes = rest;
        }
        if frames.is_empty() { Err("the programme has no frames".into()) } else { Ok(Self { frames }) }
    }

    /// Returns the header and the bytes of a frame. They repeat.
    pub fn frame(&self, index: u64) -> (&Header, &[u8]) {
        let (header, frame) = &self.frames[(index % self.frames.len() as u64) as usize];
        (header, frame)
    }

    /// Returns a frame of silence in the same format.
    pub fn silence(&self) -> Vec<u8> {
        silent_frame(&self.frames[0].0)
    }

    /// Returns the number of frames until they repeat.
    pub fn len(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Returns the sampling rate in Hz.
    pub fn rate(&self) -> u32 {
        self.frames[0].0.rate()
    }

    /// Returns the samples per channel in a frame.
    pub fn frame_len(&self) -> u64 {
        self.frames[0].0.samples().into()
    }
}

/// Replaces `samples` by a second of 440 and 3300 Hz, interleaved.
fn tones(second: usize, rate: u32, channels: u8, samples: &mut Vec<f32>) {
    samples.clear();
    for at in 0..rate {
        let time = second as f32 + at as f32 / rate as f32;
        let tone = |frequency: f32| (TAU * (frequency * time).fract()).sin();
        let sample = 0.3 * tone(440.0) + 0.2 * tone(3_300.0);
        samples.extend(std::iter::repeat_n(sample, channels.into()));
    }
}
