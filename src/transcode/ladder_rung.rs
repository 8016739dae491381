//! One rung of a ladder: the decoded programme in, frames out.

use std::time::Duration;

use super::aligned_converter::AlignedConverter;
use super::left_out::LeftOut;
use super::mp3_encoder::Mp3Encoder;
use super::pcm::PcmBlock;
use super::rung::{Rung, RungFrames, RungId};
use super::target::TargetFormat;
use crate::time::AudioTime;

/// The longest silence that is encoded before the programme. An encoder needs 0.9 s at most to settle.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How many converted samples the buffer has room for while it is not in use.
const BUFFER_KEPT: usize = 16 << 10;

/// The encoder of a rung.
pub(super) struct LadderRung {
    id: RungId,
    converter: AlignedConverter,
    encoder: Mp3Encoder,
    converted: Vec<f32>,
    /// The processor time since frames were taken.
    cpu: Duration,
}

impl LadderRung {
    /// Begins a rung, for a programme whose samples follow from `start` on.
    ///
    /// # Errors
    /// Those of [`Mp3Encoder::new`]; [`LeftOut::Unsupported`] if its first frame is long before `start`.
    pub fn new(rung: &Rung, start: AudioTime) -> Result<Self, LeftOut> {
        let encoder = Mp3Encoder::resuming(rung.format, rung.first)?;
        let begin = AudioTime::from_samples(encoder.position(), rung.format.rate);
        if start.saturating_sub(begin) > AudioTime::from(SILENCE_MAX) {
            let message = format!("frame {} is long before the programme begins", rung.first);
            return Err(LeftOut::Unsupported(message));
        }
        let converter = AlignedConverter::new(rung.format, encoder.position());
        Ok(Self { id: rung.id, converter, encoder, converted: Vec::new(), cpu: Duration::ZERO })
    }

    /// Returns the number of the rung.
    pub fn id(&self) -> RungId {
        self.id
    }

    /// Returns the format of its frames.
    pub fn format(&self) -> TargetFormat {
        self.encoder.format()
    }

    /// Encodes a block, which is heard at `time` of the programme. Blocks must be consecutive.
    pub fn push(&mut self, time: AudioTime, block: &PcmBlock) {
        self.converter.push(time, block, &mut self.converted);
        self.encoder.push(&self.converted);
        self.converted.clear();
        self.converted.shrink_to(BUFFER_KEPT);
    }

    /// Adds processor time that was used for this rung.
    pub fn add_cpu(&mut self, time: Duration) {
        self.cpu += time;
    }

    /// Returns the frames that are ready.
    pub fn take_frames(&mut self) -> RungFrames {
        let cpu_us = std::mem::take(&mut self.cpu).as_micros() as u32;
        RungFrames { id: self.id, frames: self.encoder.take_frames(), cpu_us }
    }

    /// Ends the encoder so that another one can go on with the frame behind those that are returned.
    pub fn break_off(self) -> RungFrames {
        let cpu_us = self.cpu.as_micros() as u32;
        RungFrames { id: self.id, frames: self.encoder.break_off(), cpu_us }
    }
}
