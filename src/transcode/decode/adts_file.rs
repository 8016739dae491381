//! AAC files as frames with ADTS headers, for stations that pass AAC on.

use std::path::Path;
use std::time::Duration;

use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;

use super::aac_config::AacConfig;
use super::container::{self, Container};
use super::demuxer::{Demuxed, Demuxer};
use super::file_view::FileView;
use super::first_frames::FirstFrames;
use super::frame_file::FrameReader;
use super::mp4::Mp4;
use super::sbr::SbrCheckedPackets;
use crate::audio::{AdtsHeader, Codec};
use crate::transcode::{AudioFileInfo, AudioKind, FileTags, LeftOut};

/// The frames of an AAC-LC file, in ADTS or in MP4, without any change to their content. Nothing is cut off
/// at the beginning or the end.
pub struct AdtsFile {
    info: AudioFileInfo,
    source: AdtsSource,
    frame: Vec<u8>,
}

enum AdtsSource {
    Frames(FrameReader),
    Packets { demuxer: Demuxer, read_ahead: SbrCheckedPackets, config: AacConfig },
}

/// How many bytes of a file of frames are examined.
const EXAMINED: usize = 128 << 10;

impl AdtsFile {
    /// Opens a file.
    ///
    /// # Errors
    /// [`LeftOut::NotAac`] if it is not AAC, another reason if it is not AAC-LC, or nothing in it is a frame.
    pub fn open(path: &Path) -> Result<Self, LeftOut> {
        let (container, view) = container::recognise(FileView::open(path)?)?;
        match container {
            Container::Adts => open_frames(view),
            Container::Mp4 => open_mp4(view),
            _ => Err(LeftOut::NotAac),
        }
    }

    /// Returns what is known about the file. Its tags are not read.
    pub fn info(&self) -> &AudioFileInfo {
        &self.info
    }

    /// Returns the next frame, with its header. Returns `None` at the end.
    pub fn next_frame(&mut self) -> Option<&[u8]> {
        let frame = &mut self.frame;
        match &mut self.source {
            AdtsSource::Frames(frames) => frames.next(|_, bytes| {
                frame.clear();
                frame.extend_from_slice(bytes);
            })?,
            AdtsSource::Packets { demuxer, read_ahead, config } => loop {
                match read_ahead.next(demuxer) {
                    Demuxed::Packet(packet) if write_frame(config, &packet.data, frame) => break,
                    Demuxed::Packet(_) => {}
                    Demuxed::NewStream | Demuxed::End => return None,
                }
            },
        }
        Some(&self.frame)
    }
}

fn open_frames(view: FileView) -> Result<AdtsFile, LeftOut> {
    let first = FirstFrames::new(Codec::Aac, &view.peek(0, EXAMINED));
    first.check_profile()?;
    let (rate, channels) = first.format().ok_or(LeftOut::Damaged)?;
    let info = info(rate, channels, first.estimate(view.len()));
    let source = AdtsSource::Frames(FrameReader::new(view, Codec::Aac));
    Ok(AdtsFile { info, source, frame: Vec::new() })
}

fn open_mp4(mut view: FileView) -> Result<AdtsFile, LeftOut> {
    Mp4::read(&mut view)?;
    let mut demuxer = Demuxer::open(Container::Mp4, view)?;
    let parameters = demuxer.codec();
    if parameters.codec != CODEC_ID_AAC {
        return Err(LeftOut::NotAac);
    }
    let config = AacConfig::parse(parameters.extra_data.as_deref().ok_or(LeftOut::Damaged)?)?;
    let read_ahead = SbrCheckedPackets::read(&mut demuxer)?;
    if read_ahead.is_empty() {
        return Err(LeftOut::Damaged);
    }
    let samples = demuxer.track().num_frames.filter(|samples| *samples > 0);
    let info = info(config.rate, config.channels(), samples);
    let source = AdtsSource::Packets { demuxer, read_ahead, config };
    Ok(AdtsFile { info, source, frame: Vec::new() })
}

fn info(rate: u32, channels: u8, samples: Option<u64>) -> AudioFileInfo {
    let length = samples.map(|samples| Duration::from_secs_f64(samples as f64 / f64::from(rate)));
    AudioFileInfo { kind: AudioKind::AacLc, rate, channels, length, tags: FileTags::default() }
}

/// Puts a packet with its header into `frame`. Returns false if ADTS has no such frame: it is empty or too
/// long.
fn write_frame(config: &AacConfig, packet: &[u8], frame: &mut Vec<u8>) -> bool {
    let header = AdtsHeader::new(config.rate, config.channels(), AdtsHeader::LEN + packet.len());
    let Some(header) = header.filter(|_| !packet.is_empty()) else { return false };
    frame.clear();
    frame.extend_from_slice(header.bytes());
    frame.extend_from_slice(packet);
    true
}
