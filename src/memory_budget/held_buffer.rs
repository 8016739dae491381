//! A buffer for bytes that the server holds for a client.
//!
//! A long buffer has memory pages of its own, which the system gets back when the buffer is dropped. On the
//! heap, one small allocation behind such buffers would keep all of their memory in the process: after a
//! flood of incomplete requests, 64 MB stayed occupied until the restart.

use std::fmt;
use std::ops::Deref;

use memmap2::MmapMut;

/// A buffer up to this length is on the heap, because a memory page would be larger.
const HEAP_MAX: usize = 1024;

/// The usual size of a memory page in bytes.
const PAGE: usize = 4096;

/// A buffer for bytes that the server holds for a client.
#[derive(Default)]
pub struct HeldBuffer {
    storage: Storage,
    len: usize,
}

enum Storage {
    Heap(Vec<u8>),
    /// The bytes after `len` are zero.
    Mapped(MmapMut),
}

impl Default for Storage {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl HeldBuffer {
    /// Copies `bytes` into a buffer.
    pub fn from_slice(bytes: &[u8]) -> Self {
        let mut buffer = Self::default();
        buffer.extend_from_slice(bytes);
        buffer
    }

    /// Appends `bytes`.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        let len = self.len + bytes.len();
        self.reserve(len);
        match &mut self.storage {
            Storage::Heap(heap) => heap.extend_from_slice(bytes),
            Storage::Mapped(map) => map[self.len..len].copy_from_slice(bytes),
        }
        self.len = len;
    }

    /// Makes room for a length of `len`. If the system gives no pages, the buffer stays on the heap.
    fn reserve(&mut self, len: usize) {
        let capacity = match &self.storage {
            Storage::Heap(_) => HEAP_MAX,
            Storage::Mapped(map) => map.len(),
        };
        if len <= capacity {
            return;
        }
        match MmapMut::map_anon(len.next_power_of_two().max(PAGE)) {
            Ok(mut map) => {
                map[..self.len].copy_from_slice(self);
                self.storage = Storage::Mapped(map);
            }
            Err(_) => self.storage = Storage::Heap(self.to_vec()),
        }
    }

    /// Returns the memory that it takes, in bytes.
    pub fn memory(&self) -> usize {
        match &self.storage {
            Storage::Heap(heap) => heap.capacity(),
            // Pages that were never written take none.
            Storage::Mapped(_) => self.len.next_multiple_of(PAGE),
        }
    }
}

impl Deref for HeldBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.storage {
            Storage::Heap(heap) => heap,
            Storage::Mapped(map) => &map[..self.len],
        }
    }
}

impl fmt::Debug for HeldBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeldBuffer({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn memory_is_that_of_whole_pages_above_a_kilobyte() {
        for (len, memory) in [(0, 0), (1025, 4096), (4096, 4096), (4097, 8192), (40_000, 40_960)] {
            assert_eq!(HeldBuffer::from_slice(&vec![b'x'; len]).memory(), memory, "{len}");
        }
        assert!((1000..=2048).contains(&HeldBuffer::from_slice(&[0; 1000]).memory()));
    }

    proptest! {
        #[test]
        fn content_is_that_of_a_vector(pieces in prop::collection::vec((any::<u8>(), 0..3000_usize), 0..30)) {
            let (mut buffer, mut expected) = (HeldBuffer::default(), Vec::new());
            for (byte, len) in pieces {
                buffer.extend_from_slice(&vec![byte; len]);
                expected.extend(vec![byte; len]);
                prop_assert_eq!(&*buffer, &*expected);
            }
        }
    }
}
