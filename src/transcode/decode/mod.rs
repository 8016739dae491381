//! Decodes audio files of all formats that coldwave plays, and the frames of live sources.

mod aac_config;
mod adts_file;
mod bits;
mod caf;
mod caught;
mod chunks;
mod container;
mod demuxer;
mod file_view;
mod first_frames;
mod flac;
mod frame_decoder;
mod frame_file;
mod lame_tag;
mod mp4;
mod mp4_atoms;
mod mp4_track;
mod mpeg_layers;
mod open;
mod opus;
mod packet_file;
mod programme_decoder;
mod sbr;
mod sbr_monitor;
mod stream_decoder;
mod trim;

use std::path::Path;
use std::time::Duration;

use self::open::{AudioSource, OpenedFile};
use self::trim::Trim;
use super::{AudioFileInfo, FileTags, LeftOut, PcmBlock};

pub use self::adts_file::AdtsFile;
pub use self::container::container_name;
pub use self::mpeg_layers::has_layer_1_or_2;
pub use self::programme_decoder::ProgrammeDecoder;
pub use self::sbr_monitor::SbrMonitor;
pub use self::stream_decoder::StreamDecoder;

/// An audio file that is decoded block by block, never whole into memory.
///
/// The content of the file decides its format, not its name. Samples that an encoder has added are cut off
/// where the file says how many they are. A damaged packet becomes silence of its length if that is known,
/// and is skipped otherwise; it never ends the file.
pub struct AudioFile {
    info: AudioFileInfo,
    source: AudioSource,
    trim: Trim,
    /// The block that was decoded to open the file.
    first: Option<PcmBlock>,
    /// How many packets in a row could not be decoded.
    damaged: usize,
}

/// The sampling rates in Hz that are played.
const RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// The most channels that are played.
const MAX_CHANNELS: usize = 8;

/// The most consecutive packets without audio, after which a file ends: about a minute of them. A file can
/// claim billions of empty packets.
const MAX_DAMAGED: usize = 3000;

/// How many samples before the wanted ones are decoded after packets were dropped, so that a decoder that
/// uses earlier packets has converged. Ten frames of MP3 with the lowest bit rate have 11,520.
const CONVERGENCE: u64 = 16_384;

impl AudioFile {
    /// Opens a file and decodes its beginning.
    ///
    /// # Errors
    /// The reason for which the file is not played.
    pub fn open(path: &Path) -> Result<Self, LeftOut> {
        let OpenedFile { kind, source, trim, samples } = open::open(path)?;
        let info = AudioFileInfo { kind, rate: 0, channels: 0, length: None, tags: FileTags::default() };
        let mut file = Self { info, source, trim, first: None, damaged: 0 };
        let first = file.decode_first()?;
        file.info.rate = first.rate;
        file.info.channels = first.channels as u8;
        file.info.length = samples.map(|samples| duration(samples, first.rate));
        file.first = Some(first);
        Ok(file)
    }

    /// Returns what is known about the file. Its tags are not read.
    pub fn info(&self) -> &AudioFileInfo {
        &self.info
    }

    /// Decodes some samples into `block`, whose content is replaced. Returns false at the end. Rate and
    /// channels may differ from those of the block before in a chain of streams in Ogg.
    pub fn read(&mut self, block: &mut PcmBlock) -> bool {
        loop {
            if !self.next_block(block) {
                self.trim = Trim::new(0, Some(0));
                block.samples.clear();
                return false;
            }
            self.trim.apply(block);
            if !block.samples.is_empty() {
                return true;
            }
        }
    }

    /// Drops the next samples, counted per channel at the rate of the file.
    pub fn skip(&mut self, samples: u64) {
        self.trim.skip_more(samples);
    }

    /// Decodes until there is audio.
    fn decode_first(&mut self) -> Result<PcmBlock, LeftOut> {
        let mut block = PcmBlock::default();
        while self.damaged < MAX_DAMAGED {
            match self.decode_next(&mut block) {
                Some(true) => return check_format(block),
                Some(false) => {}
                None => break,
            }
        }
        Err(LeftOut::Damaged)
    }

    /// Returns false at the end.
    fn next_block(&mut self, block: &mut PcmBlock) -> bool {
        if let Some(first) = self.first.take() {
            *block = first;
            return true;
        }
        while self.trim.skip_left() > CONVERGENCE {
            match self.source.drop_next() {
                Some(samples) => self.trim.dropped(samples),
                None => return false,
            }
        }
        !self.trim.is_over()
            && self.damaged < MAX_DAMAGED
            && self.decode_next(block).is_some()
            && is_playable(block)
    }

    fn decode_next(&mut self, block: &mut PcmBlock) -> Option<bool> {
        let decoded = self.source.next_block(block)?;
        let has_audio = decoded && !block.samples.is_empty();
        self.damaged = if has_audio { 0 } else { self.damaged + 1 };
        Some(has_audio)
    }
}

fn duration(samples: u64, rate: u32) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(rate))
}

/// Returns the block if its format is one that is played.
fn check_format(block: PcmBlock) -> Result<PcmBlock, LeftOut> {
    if block.channels == 0 || block.channels > MAX_CHANNELS {
        return Err(LeftOut::Unsupported(format!("{} channels", block.channels)));
    }
    if !RATES.contains(&block.rate) {
        return Err(LeftOut::Unsupported(format!("a sampling rate of {} Hz", block.rate)));
    }
    Ok(block)
}

fn is_playable(block: &PcmBlock) -> bool {
    block.samples.is_empty()
        || (block.channels > 0 && block.channels <= MAX_CHANNELS && RATES.contains(&block.rate))
}

#[cfg(test)]
mod tests;
