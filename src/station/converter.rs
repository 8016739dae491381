//! The interface through which a feed converts frames to the format of its station.

use std::fmt;

use super::key::StationKey;
use crate::audio::Codec;
use crate::transcode::{EncodedFrames, TargetFormat};

/// Starts converters, and reports which of them have results. No method blocks.
pub trait FrameConverters: fmt::Debug {
    /// Starts a converter for frames of a source of `station`, whose mount is `mount`. If that is impossible,
    /// the converter reports it with its first result.
    fn start(
        &mut self,
        station: StationKey,
        mount: &str,
        input: Codec,
        output: TargetFormat,
    ) -> Box<dyn FrameConverter>;

    /// Returns a station one of whose converters may have a result, once for each result. The event loop is
    /// woken when there is one.
    fn next_ready(&mut self) -> Option<StationKey>;
}

/// Converts consecutive frames of one codec, until it is dropped. Their format may change. No method blocks.
pub trait FrameConverter: fmt::Debug {
    /// Adds the next frame. The converted frame in which it begins is marked with `token`.
    fn push(&mut self, frame: &[u8], token: u32);

    /// Returns whether it holds so many frames that further ones should wait.
    fn is_full(&self) -> bool;

    /// Ends the input. The remaining frames follow, the last ones with [`is_last`](EncodedFrames::is_last).
    fn finish(&mut self);

    /// Returns the next frames, if there are any. There is nothing more after an error, and after the last
    /// frames. A converter that has frames to convert reports frames or an error within 10 s.
    fn poll(&mut self) -> Option<Result<EncodedFrames, ConverterError>>;
}

/// Why a converter has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConverterError {
    /// Its process died, or was killed because it did not respond; with the reason. Another converter can be
    /// started at once.
    Died(String),
    /// Nothing can convert these frames at present; with the reason.
    Unavailable(String),
    /// Frames of this kind cannot be converted, such as those of HE-AAC; with the reason.
    Unsupported(String),
}

/// The end of the sentence `source NAME is not converted: …`.
impl fmt::Display for ConverterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Died(reason) | Self::Unavailable(reason) | Self::Unsupported(reason) => f.write_str(reason),
        }
    }
}
