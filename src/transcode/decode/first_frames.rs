//! What the first frames of a file of frames tell about it.

use super::aac_config::check_object_type;
use super::sbr::SbrDetector;
use crate::audio::{Codec, Framer, Header};
use crate::transcode::LeftOut;

/// The first frames of a file.
#[derive(Debug, Default)]
pub(super) struct FirstFrames {
    /// Their samples per channel.
    samples: u64,
    /// Their bytes, with everything between them.
    bytes: u64,
    /// The sampling rate and the channels of the first one.
    format: Option<(u32, u8)>,
    sbr: SbrDetector,
    /// Why the first frame is not of AAC-LC.
    profile: Option<LeftOut>,
    /// Why the first frame cannot be decoded.
    unsupported: Option<LeftOut>,
}

impl FirstFrames {
    /// Finds the frames in the first bytes of a file.
    pub fn new(codec: Codec, bytes: &[u8]) -> Self {
        let mut framer = Framer::with_codec(codec);
        framer.push(bytes);
        let mut found = Self::default();
        while let Some(frame) = framer.next_frame() {
            found.format.get_or_insert((frame.header.rate(), frame.header.channels()));
            found.samples += u64::from(frame.header.samples());
            found.bytes = frame.offset + frame.bytes.len() as u64;
            if codec == Codec::Aac {
                found.add_aac(&frame.header, frame.bytes);
            }
        }
        found
    }

    /// Returns why the file is not AAC-LC, if it is not.
    pub fn check_profile(&self) -> Result<(), LeftOut> {
        match &self.profile {
            Some(reason) => Err(reason.clone()),
            None if self.sbr.is_heaac() => Err(LeftOut::HeAac),
            None => Ok(()),
        }
    }

    /// Returns why the file is not decoded, if it is not.
    pub fn check(&self) -> Result<(), LeftOut> {
        self.check_profile()?;
        self.unsupported.clone().map_or(Ok(()), Err)
    }

    /// Returns whether there are any.
    pub fn has_frames(&self) -> bool {
        self.samples > 0
    }

    /// Returns the sampling rate in Hz and the number of channels of the first one.
    pub fn format(&self) -> Option<(u32, u8)> {
        self.format
    }

    /// Estimates the samples per channel of the whole file from its length in bytes, as if it went on like
    /// this.
    pub fn estimate(&self, file_len: u64) -> Option<u64> {
        let samples = u128::from(self.samples) * u128::from(file_len);
        samples.checked_div(self.bytes.into()).and_then(|samples| u64::try_from(samples).ok())
    }

    fn add_aac(&mut self, header: &Header, frame: &[u8]) {
        if self.sbr == SbrDetector::default() {
            // The profile in ADTS is the object type less one.
            self.profile = check_object_type(u32::from(frame[2] >> 6) + 1).err();
            self.unsupported = aac_left_out(header);
        }
        self.sbr.examine(super::frame_decoder::payload(header, frame));
    }
}

/// Returns why a frame of AAC is not decoded, if it is not.
pub(super) fn aac_left_out(header: &Header) -> Option<LeftOut> {
    if header.samples() != 1024 {
        return Some(LeftOut::Unsupported("AAC with several blocks in a frame".to_owned()));
    }
    aac_channels_left_out(header.channels())
}

/// Returns why AAC with this many channels is not decoded, if it is not: symphonia decodes one and two.
pub(super) fn aac_channels_left_out(channels: u8) -> Option<LeftOut> {
    (channels > 2).then(|| LeftOut::Unsupported(format!("AAC with {channels} channels")))
}
