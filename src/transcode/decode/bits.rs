//! Reads numbers of a few bits.

/// Bytes that are read bit by bit, the highest bit of a byte first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// Returns a reader that begins at this bit.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Returns the position of the next bit.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Returns how many bits are left.
    pub fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.at)
    }

    /// Reads a number of up to 25 bits. Returns `None` if there are fewer.
    pub fn read(&mut self, count: usize) -> Option<u32> {
        if count > self.left() {
            return None;
        }
        let from = self.at / 8;
        let word = (0..4)
            .fold(0, |word, index| word << 8 | u32::from(self.bytes.get(from + index).copied().unwrap_or(0)));
        let number = (word << (self.at % 8)).checked_shr(32 - count as u32).unwrap_or(0);
        self.at += count;
        Some(number)
    }

    /// Skips bits. Returns `None` if there are fewer.
    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.at = (count <= self.left()).then_some(self.at + count)?;
        Some(())
    }

    /// Skips the rest of the current byte.
    pub fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_across_bytes() {
        let mut bits = Bits::new(&[0b1010_0101, 0b1100_0011, 0xFF], 0);
        assert_eq!((bits.read(3), bits.read(7), bits.left()), (Some(0b101), Some(0b001_0111), 14));
        assert_eq!(bits.read(0), Some(0));
        bits.align();
        assert_eq!((bits.position(), bits.read(8), bits.read(1)), (16, Some(0xFF), None));
        assert_eq!(bits.skip(1), None);
        assert_eq!(Bits::new(&[0x01, 0x80, 0, 0, 0], 7).read(25), Some(1 << 24 | 1 << 23));
    }
}
