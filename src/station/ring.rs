//! The bytes that a station played last, under the offsets they have in all that it ever played.

/// A buffer over the last bytes of an endless sequence.
///
/// Offsets count all bytes ever pushed, so outside this file nothing wraps: "how far behind" is a subtraction, "fell
/// off" is `offset < ring.start()`. Redis' replication backlog does the same.
#[derive(Debug)]
pub struct Ring {
    bytes: Box<[u8]>,
    start: u64,
    end: u64,
}

impl Ring {
    /// An empty ring with room for `capacity` bytes.
    ///
    /// # Panics
    /// When `capacity` is zero.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a ring has room for something");
        Self { bytes: vec![0; capacity].into(), start: 0, end: 0 }
    }

    /// The offset of the oldest byte still held.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset that the next byte pushed will have.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many more bytes can be pushed before something must be dropped.
    pub fn free(&self) -> usize {
        self.bytes.len() - self.len()
    }

    /// How many bytes there is room for.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Adds `bytes` at the end.
    ///
    /// # Panics
    /// When there is not that much room: what may be dropped is for the caller to say.
    pub fn push(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.free(), "room was made before pushing");
        let at = self.index(self.end);
        let first = bytes.len().min(self.bytes.len() - at);
        self.bytes[at..at + first].copy_from_slice(&bytes[..first]);
        self.bytes[..bytes.len() - first].copy_from_slice(&bytes[first..]);
        self.end += bytes.len() as u64;
    }

    /// Forgets all before `offset`.
    ///
    /// # Panics
    /// When `offset` is beyond what the ring holds.
    pub fn drop_before(&mut self, offset: u64) {
        assert!((self.start..=self.end).contains(&offset), "only what is held can be dropped");
        self.start = offset;
    }

    /// Makes room for `capacity` bytes in all, keeping every byte held and its offset.
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

    /// The bytes from `from` up to `to`, in two pieces of which the second is mostly empty.
    ///
    /// # Panics
    /// When the ring does not hold all of them.
    pub fn slices(&self, from: u64, to: u64) -> (&[u8], &[u8]) {
        assert!(self.start <= from && from <= to && to <= self.end, "the ring holds what is asked of it");
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
        fn it_holds_what_a_plain_list_holds(deeds in proptest::collection::vec(ring_op(), 0..200)) {
            let mut ring = Ring::new(16);
            let mut all: Vec<u8> = Vec::new();
            let mut start = 0usize;
            for deed in deeds {
                match deed {
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
