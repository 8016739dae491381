//! The interface through which the frames of a station are encoded as its renditions.

use std::fmt;
use std::time::Duration;

use super::converter::ConverterError;
use super::key::StationKey;
use crate::time::AudioTime;
use crate::transcode::{Rung, RungFrames};

/// How much audio before a rung's first frame an encoder needs so that the frame sounds as if it had run
/// before: a second covers a decoder's bit reservoir (ten frames at 32 kbit/s), the filters, and six frames
/// for LAME at 8 kHz.
pub const LADDER_LEAD_IN: Duration = Duration::from_millis(1500);

/// Starts encoders of ladders, and reports which of them have results. No method blocks.
pub trait LadderEncoders: fmt::Debug {
    /// Starts to encode the programme of `station`, whose mount is `mount`, from `start` of its timeline on,
    /// where a frame begins. If that is impossible, the encoder reports it with its first result.
    ///
    /// Each rung begins with the frame [`first`](Rung::first). For this frame to sound as if the encoder had
    /// run before, `start` should be [`LADDER_LEAD_IN`] earlier.
    fn start(
        &mut self,
        station: StationKey,
        mount: &str,
        start: AudioTime,
        rungs: &[Rung],
    ) -> Box<dyn LadderEncoder>;

    /// Returns a station whose encoder may have a result, once for each result. The event loop is woken when
    /// there is one.
    fn next_ready(&mut self) -> Option<StationKey>;
}

/// Encodes consecutive frames of one programme as several rungs, until it is dropped. The codec and the
/// format of the frames may change. No method blocks.
pub trait LadderEncoder: fmt::Debug {
    /// Returns whether a request waits for its response. Until then, no other request may follow.
    fn is_busy(&self) -> bool;

    /// Encodes complete frames of MP3 or AAC: the first slice, and the second, which continues it.
    fn push(&mut self, frames: (&[u8], &[u8]));

    /// Changes the rungs behind the frames that were pushed so far. A rung that remains as it is is not
    /// affected. One that has another bit rate goes on at its next index, whatever its
    /// [`first`](Rung::first). A new one, or one with another sampling rate, begins with its `first`.
    fn set_rungs(&mut self, rungs: &[Rung]);

    /// Returns the frames of all rungs that are ready, if a request was answered. There is nothing more after
    /// an error. An encoder that is busy reports frames or an error within 10 s.
    fn poll(&mut self) -> Option<Result<Vec<RungFrames>, ConverterError>>;
}
