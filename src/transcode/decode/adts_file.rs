//! AAC files as frames with ADTS headers, for stations that pass AAC on.

use std::path::Path;

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
use crate::transcode::LeftOut;

/// The frames of an AAC-LC file, in ADTS or in MP4, without any change to their content. Nothing is cut off at the
/// beginning or the end.
pub struct AdtsFile {
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
        let source = match container {
            Container::Adts => open_frames(view)?,
            Container::Mp4 => open_mp4(view)?,
            _ => return Err(LeftOut::NotAac),
        };
        Ok(Self { source, frame: Vec::new() })
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

fn open_frames(view: FileView) -> Result<AdtsSource, LeftOut> {
    FirstFrames::new(Codec::Aac, &view.peek(0, EXAMINED)).check_profile()?;
    Ok(AdtsSource::Frames(FrameReader::new(view, Codec::Aac)))
}

fn open_mp4(mut view: FileView) -> Result<AdtsSource, LeftOut> {
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
    Ok(AdtsSource::Packets { demuxer, read_ahead, config })
}

/// Puts a packet with its header into `frame`. Returns false if ADTS has no such frame: it is empty or too long.
fn write_frame(config: &AacConfig, packet: &[u8], frame: &mut Vec<u8>) -> bool {
    let header = AdtsHeader::new(config.rate, config.channels(), AdtsHeader::LEN + packet.len());
    let Some(header) = header.filter(|_| !packet.is_empty()) else { return false };
    frame.clear();
    frame.extend_from_slice(header.bytes());
    frame.extend_from_slice(packet);
    true
}
