//! Encodes one programme as several renditions, with one decoder for all of them.

use std::time::Duration;

use super::decode::ProgrammeDecoder;
use super::frame_history::FrameHistory;
use super::ladder_rung::LadderRung;
use super::left_out::LeftOut;
use super::pcm::PcmBlock;
use super::rung::{Rung, RungFrames};
use crate::audio::Header;
use crate::time::AudioTime;

/// Returns the processor time that the calling thread has used.
pub type CpuClock = fn() -> Duration;

/// A ladder: frames of a programme in, frames of all rungs out.
///
/// The audio at a time of the programme is heard in the frame that [`Rung::frame_at`] computes, within a
/// sample, for ever: also after changes of the programme's codec, rate or channels, and whatever the first
/// frame of the programme or of a rung is. A frame that cannot be decoded becomes silence of its length.
pub struct Ladder {
    decoder: ProgrammeDecoder,
    rungs: Vec<LadderRung>,
    history: FrameHistory,
    block: PcmBlock,
    clock: CpuClock,
    /// The processor time of decoding since frames were taken.
    decoding: Duration,
}

impl Ladder {
    /// Begins with the frame of the programme that begins at `start`.
    ///
    /// # Errors
    /// [`NoEncoder`](LeftOut::NoEncoder) if the program was built without an encoder;
    /// [`Unsupported`](LeftOut::Unsupported) if MP3 or LAME do not have the format of a rung, or its first
    /// frame is more than 10 s before the programme.
    pub fn new(rungs: &[Rung], start: AudioTime, clock: CpuClock) -> Result<Self, LeftOut> {
        let rungs = rungs.iter().map(|rung| LadderRung::new(rung, start)).collect::<Result<_, _>>()?;
        Ok(Self {
            decoder: ProgrammeDecoder::default(),
            rungs,
            history: FrameHistory::new(start),
            block: PcmBlock::default(),
            clock,
            decoding: Duration::ZERO,
        })
    }

    /// Encodes complete frames of MP3 or AAC-LC, and returns those that are ready, for each rung.
    ///
    /// # Errors
    /// After an error, the ladder must not be used any more.
    ///
    /// [`HeAac`](LeftOut::HeAac) if the last frames are of HE-AAC. If other frames follow it, it becomes
    /// silence. [`UnknownCodec`](LeftOut::UnknownCodec) or [`Unsupported`](LeftOut::Unsupported) for other
    /// kinds of AAC that cannot be decoded, and for bytes that are no frames: it is not known how long they
    /// would play.
    pub fn push(&mut self, frames: &[u8]) -> Result<Vec<RungFrames>, LeftOut> {
        let mut rest = frames;
        while !rest.is_empty() {
            let (header, frame, after) = ProgrammeDecoder::split_frame(rest).ok_or_else(not_a_frame)?;
            self.encode(&header, frame)?;
            rest = after;
        }
        self.decoder.check()?;
        Ok(self.take_frames())
    }

    /// Changes the rungs. One that remains as it is is not affected. One in another format of the same rate
    /// goes on at its next index: the encoder for it is prepared with the latest audio, so the change is
    /// hardly heard, and no frame is lost. Others begin with their [`first`](Rung::first) frame, also with
    /// the latest audio before it. Returns the last frames of encoders whose rung goes on in another format.
    ///
    /// # Errors
    /// Those of [`new`](Self::new). After an error, the ladder must not be used any more.
    pub fn set_rungs(&mut self, rungs: &[Rung]) -> Result<Vec<RungFrames>, LeftOut> {
        let mut before = std::mem::take(&mut self.rungs);
        let (mut new, mut last_frames) = (Vec::new(), Vec::new());
        for rung in rungs {
            let found = before.iter().position(|before| before.id() == rung.id);
            match found.map(|found| before.swap_remove(found)) {
                Some(same) if same.format() == rung.format => self.rungs.push(same),
                Some(other) if other.format().rate == rung.format.rate => {
                    let last = other.break_off();
                    let first = last.frames.index + u64::from(last.frames.count);
                    last_frames.push(last);
                    new.push(LadderRung::new(&Rung { first, ..*rung }, self.history.start())?);
                }
                _ => new.push(LadderRung::new(rung, self.history.start())?),
            }
        }
        self.prepare(&mut new)?;
        self.rungs.append(&mut new);
        Ok(last_frames)
    }

    fn encode(&mut self, header: &Header, frame: &[u8]) -> Result<(), LeftOut> {
        let begun = (self.clock)();
        self.decoder.decode(header, frame, &mut self.block)?;
        let decoded = (self.clock)();
        self.decoding += decoded.saturating_sub(begun);
        push_to_all(&mut self.rungs, self.history.end(), &self.block, self.clock);
        self.history.push(*header, frame);
        Ok(())
    }

    /// Encodes the latest audio for rungs that are new.
    fn prepare(&self, rungs: &mut [LadderRung]) -> Result<(), LeftOut> {
        if rungs.is_empty() {
            return Ok(());
        }
        let (mut decoder, mut block) = (ProgrammeDecoder::default(), PcmBlock::default());
        for (time, header, frame) in self.history.iter() {
            decoder.decode(header, frame, &mut block)?;
            push_to_all(rungs, time, &block, self.clock);
        }
        Ok(())
    }

    fn take_frames(&mut self) -> Vec<RungFrames> {
        let count = self.rungs.len().max(1) as u32;
        let share = std::mem::take(&mut self.decoding) / count;
        let take = |rung: &mut LadderRung| {
            rung.add_cpu(share);
            rung.take_frames()
        };
        self.rungs.iter_mut().map(take).collect()
    }
}

/// Encodes a block with all rungs.
fn push_to_all(rungs: &mut [LadderRung], time: AudioTime, block: &PcmBlock, clock: CpuClock) {
    let mut before = clock();
    for rung in rungs {
        rung.push(time, block);
        let after = clock();
        rung.add_cpu(after.saturating_sub(before));
        before = after;
    }
}

fn not_a_frame() -> LeftOut {
    LeftOut::Unsupported("there is something else than frames in the stream".to_owned())
}

#[cfg(all(test, feature = "lame"))]
mod tests;
