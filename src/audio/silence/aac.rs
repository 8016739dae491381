//! Silence as AAC has it: the elements that the channel configuration asks for, in which nothing is said.

use super::super::adts::AdtsHeader;

/// A frame of one raw data block with the version, profile, sampling rate and channels of `like`, without CRC.
///
/// No band of the spectrum is sent, so every decoder makes 1024 samples of digital zero from it (tried: ffmpeg,
/// symphonia). Only a decoder that still holds the overlap of the sound before lets that ring out in the first one.
/// In HE-AAC it is a core without the extension, which lasts as long.
pub fn silent_frame(like: &AdtsHeader) -> Vec<u8> {
    let block = silent_block(elements(like.configuration()));
    let header = like.plain(AdtsHeader::LEN + block.len());
    [header.bytes().as_slice(), &block].concat()
}

/// A part of a raw data block; the numbers are its kind's (ISO/IEC 14496-3, table 4.85).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    /// One channel.
    Single = 0,
    /// Two channels.
    Pair = 1,
    /// The channel of low frequencies.
    LowFrequency = 3,
}

/// What ends a raw data block.
const END: u8 = 7;

/// The elements of each channel configuration, in their order (ISO/IEC 14496-3, table 1.19).
fn elements(configuration: u8) -> &'static [Element] {
    use Element::{LowFrequency, Pair, Single};
    match configuration {
        1 => &[Single],
        2 => &[Pair],
        3 => &[Single, Pair],
        4 => &[Single, Pair, Single],
        5 => &[Single, Pair, Pair],
        6 => &[Single, Pair, Pair, LowFrequency],
        _ => &[Single, Pair, Pair, Pair, LowFrequency],
    }
}

fn silent_block(elements: &[Element]) -> Vec<u8> {
    let mut bits = Bits::default();
    for (at, element) in elements.iter().enumerate() {
        let of_its_kind = elements[..at].iter().filter(|before| *before == element).count();
        bits.put(*element as u8, 3);
        bits.put(of_its_kind as u8, 4);
        bits.skip(element.silent_bits());
    }
    bits.put(END, 3);
    bits.bytes
}

impl Element {
    /// How many zeros say that there is nothing, behind the element's kind and number.
    fn silent_bits(self) -> usize {
        match self {
            Self::Single | Self::LowFrequency => CHANNEL_BITS,
            // The two have no window in common.
            Self::Pair => 1 + 2 * CHANNEL_BITS,
        }
    }
}

/// All zeros: global gain (8), reserved, one long window (2) of sine shape (1), no scale factor band (6), no
/// prediction; no pulses, no noise shaping, no gain control.
const CHANNEL_BITS: usize = 8 + 1 + 2 + 1 + 6 + 1 + 3;

/// Bits in a row, from the highest of the first byte on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// The lowest `width` bits of `value`.
    fn put(&mut self, value: u8, width: usize) {
        for bit in (0..width).rev() {
            let place = self.count;
            self.skip(1);
            self.bytes[place / 8] |= (value >> bit & 1) << (7 - place % 8);
        }
    }

    fn skip(&mut self, zeros: usize) {
        self.count += zeros;
        self.bytes.resize(self.count.div_ceil(8), 0);
    }
}
