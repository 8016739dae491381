//! Decodes audio files of all formats that coldwave plays, and the frames of live sources.

mod caught;
mod chunks;
mod container;
mod demuxer;
mod file_view;
mod flac;
mod frame_decoder;
mod frame_file;
mod mpeg_layers;
mod opus;
mod packet_file;
mod stream_decoder;
mod trim;

use std::path::Path;
use std::time::Duration;

use self::container::Container;
use self::demuxer::Demuxer;
use self::file_view::FileView;
use self::frame_file::FrameFile;
use self::packet_file::PacketFile;
use self::trim::Trim;
use super::{AudioFileInfo, AudioKind, FileTags, LeftOut, PcmBlock};
use crate::audio::Codec;

pub use self::stream_decoder::StreamDecoder;

/// An audio file that is decoded block by block, never whole into memory.
///
/// The content of the file decides its format, not its name. Samples that an encoder has added are cut off where
/// the file says how many they are. A damaged packet becomes silence of its length if that is known, and is
/// skipped otherwise; it never ends the file.
pub struct AudioFile {
    info: AudioFileInfo,
    source: AudioSource,
    trim: Trim,
    /// The block that was decoded to open the file.
    first: Option<PcmBlock>,
    /// How many packets in a row could not be decoded.
    damaged: usize,
}

enum AudioSource {
    Frames(FrameFile),
    Packets(PacketFile),
}

/// The sampling rates in Hz that are played.
const RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// The most channels that are played.
const MAX_CHANNELS: usize = 8;

/// The most consecutive packets without audio, after which a file ends: about a minute of them. A file can claim
/// billions of empty packets.
const MAX_DAMAGED: usize = 3000;

/// How many samples before the wanted ones are decoded after packets were dropped, so that a decoder that uses
/// earlier packets has converged. Ten frames of MP3 with the lowest bit rate have 11,520.
const CONVERGENCE: u64 = 16_384;

impl AudioFile {
    /// Opens a file and decodes its beginning.
    ///
    /// # Errors
    /// The reason for which the file is not played.
    pub fn open(path: &Path) -> Result<Self, LeftOut> {
        let (container, view) = container::recognise(FileView::open(path)?)?;
        let mut opened = Self::open_source(container, view)?;
        let first = opened.decode_first()?;
        opened.info.rate = first.rate;
        opened.info.channels = first.channels as u8;
        opened.info.length = opened.length().map(|samples| duration(samples, first.rate));
        opened.first = Some(first);
        Ok(opened)
    }

    /// Returns what is known about the file. Its tags are not read.
    pub fn info(&self) -> &AudioFileInfo {
        &self.info
    }

    /// Decodes some samples into `block`, whose content is replaced. Returns false at the end. Rate and channels
    /// may differ from those of the block before in a chain of streams in Ogg.
    pub fn read(&mut self, block: &mut PcmBlock) -> bool {
        loop {
            if !self.next_block(block) {
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

    fn open_source(container: Container, view: FileView) -> Result<Self, LeftOut> {
        match container {
            Container::Flac => Self::from_packets(container, flac::without_metadata(view)?),
            Container::Aiff => Self::from_packets(container, chunks::aiff(view)?),
            Container::Wave => match chunks::wave(view)? {
                (Container::Wave, view) => Self::from_packets(Container::Wave, view),
                (_, view) => {
                    let (container, view) = container::recognise(view)?;
                    Self::open_frames(container, view)
                }
            },
            Container::Ogg | Container::Caf | Container::Mp4 => Self::from_packets(container, view),
            Container::Mp3 | Container::Adts | Container::MpegLayers => Self::open_frames(container, view),
        }
    }

    fn open_frames(container: Container, view: FileView) -> Result<Self, LeftOut> {
        match container {
            Container::Mp3 => Ok(Self::from_frames(AudioKind::Mp3, FrameFile::new(view, Codec::Mp3))),
            Container::Adts => Ok(Self::from_frames(AudioKind::AacLc, FrameFile::new(view, Codec::Aac))),
            _ => Self::from_packets(container, view),
        }
    }

    fn from_frames(kind: AudioKind, file: FrameFile) -> Self {
        Self::new(kind, AudioSource::Frames(file), Trim::default())
    }

    fn from_packets(container: Container, view: FileView) -> Result<Self, LeftOut> {
        let file = PacketFile::new(Demuxer::open(container, view)?)?;
        let kind = file.kind().ok_or(LeftOut::NotAudio)?;
        Ok(Self::new(kind, AudioSource::Packets(file), Trim::default()))
    }

    fn new(kind: AudioKind, source: AudioSource, trim: Trim) -> Self {
        let info = AudioFileInfo { kind, rate: 0, channels: 0, length: None, tags: FileTags::default() };
        Self { info, source, trim, first: None, damaged: 0 }
    }

    /// Returns the number of samples that are heard, as far as the file says so.
    fn length(&self) -> Option<u64> {
        self.trim.left().or_else(|| self.source.length())
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
        while self.trim.to_skip() > CONVERGENCE {
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

impl AudioSource {
    fn next_block(&mut self, block: &mut PcmBlock) -> Option<bool> {
        match self {
            Self::Frames(file) => file.next_block(block),
            Self::Packets(file) => file.next_block(block),
        }
    }

    fn length(&self) -> Option<u64> {
        match self {
            Self::Frames(_) => None,
            Self::Packets(file) => file.length(),
        }
    }

    fn drop_next(&mut self) -> Option<u64> {
        match self {
            Self::Frames(file) => file.drop_next(),
            Self::Packets(file) => file.drop_next(),
        }
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
