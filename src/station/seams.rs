//! Where the format of a programme has changed, so that listeners join behind such a place.

use std::collections::VecDeque;

use crate::audio::Format;

/// The most seams that are kept. A burst contains more only if tracks are shorter than a second.
const SEAMS_MAX: usize = 16;

/// The places on a timeline where the codec, the sampling rate or the number of channels has changed.
#[derive(Debug, Default)]
pub struct Seams {
    last: Option<Format>,
    /// The offsets of the first frames in another format, the latest last.
    offsets: VecDeque<u64>,
}

impl Seams {
    /// Notes the format of the frame that begins at `offset`, the live edge. Returns the format of the frame
    /// before, if it is another one.
    pub fn note(&mut self, format: Format, offset: u64) -> Option<Format> {
        let before = self.last.replace(format).filter(|last| *last != format)?;
        self.add(offset);
        Some(before)
    }

    fn add(&mut self, offset: u64) {
        if self.offsets.len() == SEAMS_MAX {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
    }

    /// Returns the latest seam at `offset` or before it; 0 if none is known.
    pub fn latest_until(&self, offset: u64) -> u64 {
        self.offsets.iter().rev().find(|seam| **seam <= offset).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Codec;

    fn format(rate: u32, channels: u8) -> Format {
        Format { codec: Codec::Mp3, rate, channels }
    }

    #[test]
    fn seams_are_where_rate_or_channels_change() {
        let mut seams = Seams::default();
        for (offset, rate, channels) in
            [(0, 44_100, 2), (10, 44_100, 2), (20, 48_000, 2), (30, 48_000, 1), (40, 48_000, 1)]
        {
            let before = seams.note(format(rate, channels), offset);
            assert_eq!(before.is_some(), [20, 30].contains(&offset), "{offset}");
        }
        let latest = [0, 19, 20, 29, 30, 1000].map(|offset| seams.latest_until(offset));
        assert_eq!(latest, [0, 0, 20, 20, 30, 30]);
    }

    #[test]
    fn only_the_last_seams_are_kept() {
        let mut seams = Seams::default();
        (0..1000).for_each(|offset| _ = seams.note(format(44_100, 1 + (offset % 2) as u8), offset));
        assert_eq!((seams.offsets.len(), seams.latest_until(2000)), (SEAMS_MAX, 999));
    }
}
