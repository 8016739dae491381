//! Finds out which part of a live stream of AAC is HE-AAC.

use super::aac_config::check_object_type;
use super::first_frames::aac_left_out;
use super::frame_decoder::payload;
use super::sbr::has_sbr;
use crate::audio::{Format, Header};
use crate::transcode::LeftOut;

/// Examines the frames of a stream that can change between MP3, AAC-LC and HE-AAC at any frame.
#[derive(Debug, Default)]
pub struct SbrMonitor {
    /// The format of the last frame of AAC.
    format: Option<Format>,
    /// The raw data block of the last frame.
    last: Vec<u8>,
    /// How much the last frames resemble HE-AAC.
    score: u8,
}

/// The score from which on frames are taken for HE-AAC. Each frame with spectral band replication adds 1, and
/// each without takes away 3, so eight frames in a row are enough: 0.4 s. In a frame of AAC-LC, chance sees
/// it once in 60, so it takes thousands of years until it sees eight.
const HEAAC_SCORE: u8 = 8;

/// The highest score. Two frames of AAC-LC after HE-AAC are enough to recognise it.
const SCORE_MAX: u8 = 12;

const WITHOUT_SBR: u8 = 3;

impl SbrMonitor {
    /// Examines a frame of AAC.
    ///
    /// # Errors
    /// Returns why the frame cannot be decoded, apart from HE-AAC.
    pub fn examine(&mut self, header: &Header, frame: &[u8]) -> Result<(), LeftOut> {
        // The profile in ADTS is the object type less one.
        check_object_type(u32::from(frame[2] >> 6) + 1)?;
        aac_left_out(header).map_or(Ok(()), Err)?;
        if self.format.replace(header.format()) != Some(header.format()) {
            *self = Self { format: self.format, ..Self::default() };
        }
        let block = payload(header, frame);
        // Encoders repeat one frame for silence. If chance sees something in it, it sees it every time.
        if self.last != block {
            self.score = match has_sbr(block) {
                true => SCORE_MAX.min(self.score + 1),
                false => self.score.saturating_sub(WITHOUT_SBR),
            };
            self.last.clear();
            self.last.extend_from_slice(block);
        }
        Ok(())
    }

    /// Forgets the stream, after a frame of another codec.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Returns whether the last frames are of HE-AAC.
    pub fn is_heaac(&self) -> bool {
        self.score >= HEAAC_SCORE
    }
}
