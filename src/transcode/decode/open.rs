//! Opens a file: recognises its container, reads what it says about its beginning and end, and leaves out
//! what is not decoded.

use std::path::Path;

use super::caf;
use super::chunks::{self, WaveContent};
use super::container::{self, Container};
use super::demuxer::Demuxer;
use super::file_view::FileView;
use super::first_frames::FirstFrames;
use super::flac;
use super::frame_file::FrameFile;
use super::lame_tag::LameTag;
use super::mp4::Mp4;
use super::packet_file::PacketFile;
use super::trim::Trim;
use crate::audio::Codec;
use crate::transcode::{AudioKind, LeftOut, PcmBlock};

/// A file that is ready to be decoded.
pub(super) struct OpenedFile {
    pub kind: AudioKind,
    pub source: AudioSource,
    /// Which samples are heard.
    pub trim: Trim,
    /// How many samples are heard, as far as the file says so.
    pub samples: Option<u64>,
}

/// What the samples come from.
pub(super) enum AudioSource {
    Frames(FrameFile),
    Packets(PacketFile),
}

/// How many bytes of a file of frames are examined.
const EXAMINED: usize = 128 << 10;

/// Opens a file.
///
/// # Errors
/// The reason for which it is not decoded.
pub(super) fn open(path: &Path) -> Result<OpenedFile, LeftOut> {
    let (container, view) = container::recognise(FileView::open(path)?)?;
    match container {
        Container::Wave => open_wave(view),
        Container::Flac => open_packets(container, flac::without_metadata(view)?),
        Container::Aiff => open_packets(container, chunks::aiff(view)?),
        Container::Mp4 => open_mp4(view),
        Container::Caf => open_caf(view),
        Container::Ogg => open_packets(container, view),
        Container::Mp3 | Container::MpegLayers | Container::Adts => open_frames(container, view),
    }
}

/// Opens a WAV file, which can also contain frames of MPEG audio.
fn open_wave(view: FileView) -> Result<OpenedFile, LeftOut> {
    match chunks::wave(view)? {
        WaveContent::Frames(view) => {
            let (container, view) = container::recognise_frames(view)?;
            open_frames(container, view)
        }
        WaveContent::Samples { view, count } => {
            let mut opened = open_packets(Container::Wave, view)?;
            if let (AudioKind::Adpcm, Some(count)) = (opened.kind, count) {
                opened.trim = Trim::new(0, Some(count));
                opened.samples = Some(count);
            }
            Ok(opened)
        }
    }
}

fn open_frames(container: Container, view: FileView) -> Result<OpenedFile, LeftOut> {
    match container {
        Container::Mp3 => Ok(open_mp3(view)),
        Container::Adts => open_adts(view),
        _ => open_packets(container, view),
    }
}

fn open_mp3(view: FileView) -> OpenedFile {
    let (trim, mut samples) =
        LameTag::read(&view).map_or((Trim::default(), None), |tag| (tag.trim, tag.samples));
    if samples.is_none() {
        samples = FirstFrames::new(Codec::Mp3, &view.peek(0, EXAMINED)).estimate(view.len());
    }
    let source = AudioSource::Frames(FrameFile::new(view, Codec::Mp3));
    OpenedFile { kind: AudioKind::Mp3, source, trim, samples }
}

fn open_adts(view: FileView) -> Result<OpenedFile, LeftOut> {
    let first = FirstFrames::new(Codec::Aac, &view.peek(0, EXAMINED));
    first.check()?;
    let samples = first.estimate(view.len());
    let source = AudioSource::Frames(FrameFile::new(view, Codec::Aac));
    Ok(OpenedFile { kind: AudioKind::AacLc, source, trim: Trim::default(), samples })
}

fn open_packets(container: Container, view: FileView) -> Result<OpenedFile, LeftOut> {
    let file = PacketFile::new(Demuxer::open(container, view)?)?;
    let kind = file.kind().ok_or(LeftOut::NotAudio)?;
    let samples = file.samples();
    Ok(OpenedFile { kind, source: AudioSource::Packets(file), trim: Trim::default(), samples })
}

fn open_caf(view: FileView) -> Result<OpenedFile, LeftOut> {
    let heard = caf::heard(&view);
    let mut opened = open_packets(Container::Caf, view)?;
    if let Some((skip, kept)) = heard {
        opened.trim = Trim::new(skip, Some(kept));
        opened.samples = Some(kept);
    }
    Ok(opened)
}

fn open_mp4(mut view: FileView) -> Result<OpenedFile, LeftOut> {
    let mp4 = Mp4::read(&mut view)?;
    let mut opened = open_packets(Container::Mp4, view)?;
    let (skip, kept) = mp4.heard(opened.kind);
    // The edit begins where the pre-skip of Opus ends, which its decoder drops.
    let skip = if opened.kind == AudioKind::Opus { 0 } else { skip };
    opened.trim = Trim::new(skip, kept);
    opened.samples = kept.or(opened.samples);
    Ok(opened)
}

impl AudioSource {
    /// Decodes the next packet. Returns whether it could be decoded, and `None` at the end.
    pub fn next_block(&mut self, block: &mut PcmBlock) -> Option<bool> {
        match self {
            Self::Frames(file) => file.next_block(block),
            Self::Packets(file) => file.next_block(block),
        }
    }

    /// Drops the next packet. Returns its length in samples, and `None` at the end.
    pub fn drop_next(&mut self) -> Option<u64> {
        match self {
            Self::Frames(file) => file.drop_next(),
            Self::Packets(file) => file.drop_next(),
        }
    }
}
