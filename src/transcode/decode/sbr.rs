//! Detects spectral band replication, the difference between HE-AAC and AAC-LC, in frames that do not
//! announce it.
//!
//! A decoder of AAC-LC plays such frames without an error, but only the lower half of their frequencies. The
//! data is in a fill element behind the audio elements of a frame (ISO/IEC 14496-3, 4.4.2.7 and 4.6.18). To
//! find it without decoding the audio, every bit of a frame is tried as the beginning of that element: its
//! type, its length and the end of the frame must agree. In a frame of random bits they do once in about 60;
//! they must in nearly all frames.

use std::collections::VecDeque;

use symphonia::core::packet::Packet;

use super::bits::Bits;
use super::demuxer::{Demuxed, Demuxer};
use crate::transcode::LeftOut;

/// Counts frames with spectral band replication.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct SbrDetector {
    frames: u32,
    with_sbr: u32,
}

/// How many frames are examined. They last at least a third of a second.
const EXAMINED: u32 = 32;

/// The identifiers of elements (ISO/IEC 14496-3, table 4.85).
const DATA_STREAM: u32 = 4;
const FILL: u32 = 6;
const END: u32 = 7;

/// Types of the content of fill elements: spectral band replication without and with a checksum.
const SBR_TYPES: [u32; 2] = [13, 14];

/// The shortest content of a fill element with spectral band replication in bytes. That of a mono frame of
/// fdk-aac at the lowest rate has more.
const MIN_CONTENT: usize = 2;

impl SbrDetector {
    /// Examines a raw data block: a frame without its ADTS header.
    pub fn examine(&mut self, block: &[u8]) {
        if self.frames < EXAMINED {
            self.frames += 1;
            self.with_sbr += u32::from(has_sbr(block));
        }
    }

    /// Returns whether the frames so far are of HE-AAC: at least three of four. Encoders write the data in
    /// every frame; a frame can be damaged.
    pub fn is_heaac(&self) -> bool {
        self.frames > 0 && self.with_sbr * 4 >= self.frames * 3
    }
}

/// The first packets of AAC in a container, which were read to examine them, and then the others.
#[derive(Debug, Default)]
pub(super) struct SbrCheckedPackets(VecDeque<Packet>);

impl SbrCheckedPackets {
    /// Reads the first packets.
    ///
    /// # Errors
    /// If they are of HE-AAC.
    pub fn read(demuxer: &mut Demuxer) -> Result<Self, LeftOut> {
        let mut packets = VecDeque::new();
        let mut detector = SbrDetector::default();
        while packets.len() < EXAMINED as usize {
            let Demuxed::Packet(packet) = demuxer.next() else { break };
            detector.examine(&packet.data);
            packets.push_back(packet);
        }
        if detector.is_heaac() { Err(LeftOut::HeAac) } else { Ok(Self(packets)) }
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the next packet.
    pub fn next(&mut self, demuxer: &mut Demuxer) -> Demuxed {
        self.0.pop_front().map_or_else(|| demuxer.next(), Demuxed::Packet)
    }
}

/// Returns whether a raw data block seems to have spectral band replication.
pub(super) fn has_sbr(block: &[u8]) -> bool {
    (0..block.len() * 8).any(|at| is_sbr_at(block, at))
}

/// Returns whether a fill element with spectral band replication begins at this bit, and only fill elements
/// and data streams follow until the end of the frame.
fn is_sbr_at(block: &[u8], at: usize) -> bool {
    let mut bits = Bits::new(block, at);
    if bits.read(3) != Some(FILL) {
        return false;
    }
    let Some(content) = skip_fill(&mut bits) else { return false };
    let content_type = Bits::new(block, content.start).read(4);
    content.len() >= MIN_CONTENT * 8
        && content_type.is_some_and(|kind| SBR_TYPES.contains(&kind))
        && ends_here(bits).is_some()
}

/// Skips fill elements and data streams. Returns `None` if something else follows than the end of the frame.
fn ends_here(mut bits: Bits<'_>) -> Option<()> {
    loop {
        match bits.read(3)? {
            FILL => {
                skip_fill(&mut bits)?;
            }
            DATA_STREAM => skip_data_stream(&mut bits)?,
            END => return (bits.left() < 8).then_some(()),
            _ => return None,
        }
    }
}

/// Skips a fill element. Returns the positions of the bits of its content.
fn skip_fill(bits: &mut Bits<'_>) -> Option<std::ops::Range<usize>> {
    let mut count = bits.read(4)? as usize;
    if count == 15 {
        count = count + bits.read(8)? as usize - 1;
    }
    let start = bits.position();
    bits.skip(count * 8)?;
    Some(start..bits.position())
}

fn skip_data_stream(bits: &mut Bits<'_>) -> Option<()> {
    bits.read(4)?;
    let is_aligned = bits.read(1)? == 1;
    let mut count = bits.read(8)? as usize;
    if count == 255 {
        count += bits.read(8)? as usize;
    }
    if is_aligned {
        bits.align();
    }
    bits.skip(count * 8)
}
