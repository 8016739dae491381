//! The bytes of the ring buffer, addressed by their offset on the timeline; `timeline` decides how many are
//! kept.

/// A ring buffer that keeps the last bytes of an endless sequence.
///
/// Offsets count all bytes ever pushed and never wrap. So the distance to the end is a subtraction, and a
/// byte is no longer kept if `offset < ring.start()`. The replication backlog of Redis works in the same
/// manner.
#[derive(Debug)]
pub struct Ring {
    bytes: Box<[u8]>,
    start: u64,
    end: u64,
}

impl Ring {
    /// Returns an empty ring with room for `capacity` bytes.
    ///
    /// # Panics
    /// If `capacity` is zero.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "the capacity of a ring is not zero");
        Self { bytes: vec![0; capacity].into(), start: 0, end: 0 }
    }

    /// Returns the offset of the oldest byte kept.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Returns the offset that the next byte pushed will have.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns how many more bytes can be pushed before some must be dropped.
    pub fn free(&self) -> usize {
        self.bytes.len() - self.len()
    }

    /// Returns how many bytes the ring has room for.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Adds `bytes` at the end.
    ///
    /// # Panics
    /// If there is not enough room. The caller must drop bytes before.
    pub fn push(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.free(), "the ring has room for the bytes pushed");
        let at = self.index(self.end);
        let first = bytes.len().min(self.bytes.len() - at);
        self.bytes[at..at + first].copy_from_slice(&bytes[..first]);
        self.bytes[..bytes.len() - first].copy_from_slice(&bytes[first..]);
        self.end += bytes.len() as u64;
    }

    /// Drops all bytes before `offset`.
    ///
    /// # Panics
    /// If `offset` is outside the bytes kept.
    pub fn drop_before(&mut self, offset: u64) {
        assert!((self.start..=self.end).contains(&offset), "the offset is within the bytes kept");
        self.start = offset;
    }

    /// Grows the ring to `capacity` bytes. Every byte kept stays at its offset.
    pub fn grow(&mut self, capacity: usize) {
        if capacity <= self.bytes.len() {
            return;
        }
        let mut larger = Self { bytes: vec![0; capacity].into(), start: self.start, end: self.start };
        let (first, second) = self.slices(self.start, self.end);
        larger.push(first);
        larger.push(second);
        *self = larger;
    }

    /// Returns the bytes from `from` up to `to` in two slices. The second one is empty unless the range wraps
    /// around.
    ///
    /// # Panics
    /// If the ring does not hold all of them.
    pub fn slices(&self, from: u64, to: u64) -> (&[u8], &[u8]) {
        assert!(self.start <= from && from <= to && to <= self.end, "the ring holds all bytes of the range");
        let (at, len) = (self.index(from), (to - from) as usize);
        let first = len.min(self.bytes.len() - at);
        (&self.bytes[at..at + first], &self.bytes[..len - first])
    }

    fn index(&self, offset: u64) -> usize {
        (offset % self.bytes.len() as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum RingOp {
        Push(usize),
        Drop(usize),
        Grow(usize),
    }

    fn ring_op() -> impl Strategy<Value = RingOp> {
        prop_oneof![
            (0usize..40).prop_map(RingOp::Push),
            (0usize..40).prop_map(RingOp::Drop),
            (0usize..20).prop_map(RingOp::Grow)
        ]
    }

    proptest! {
        #[test]
        fn ring_holds_the_same_bytes_as_a_vec(ops in proptest::collection::vec(ring_op(), 0..200)) {
            let mut ring = Ring::new(16);
            let mut all: Vec<u8> = Vec::new();
            let mut start = 0usize;
            for op in ops {
                match op {
                    RingOp::Push(n) => {
                        let bytes: Vec<u8> = (all.len()..all.len() + n.min(ring.free())).map(|i| i as u8).collect();
                        ring.push(&bytes);
                        all.extend(bytes);
                    }
                    RingOp::Drop(n) => {
                        start = (start + n).min(all.len());
                        ring.drop_before(start as u64);
                    }
                    RingOp::Grow(n) => ring.grow(ring.capacity() + n),
                }
                let (first, second) = ring.slices(ring.start(), ring.end());
                prop_assert_eq!([first, second].concat(), &all[start..]);
            }
        }
    }
}
