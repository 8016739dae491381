//! Atoms, of which MP4 files consist (ISO/IEC 14496-12, 4.2).

use std::ops::Range;

use super::file_view::FileView;

/// An atom, also called box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// Its type.
    pub kind: [u8; 4],
    /// The offset of its first byte, which is that of its length.
    at: u64,
    /// The offsets of its content.
    pub content: Range<u64>,
}

impl Atom {
    /// Returns the offset of its type.
    pub fn type_offset(&self) -> u64 {
        self.at + 4
    }
}

/// Reads atoms, a bounded number of them.
pub(super) struct AtomWalk<'a> {
    view: &'a FileView,
    /// How many more atoms are read.
    left: u32,
}

/// The most atoms of a file that are read. Music has a few hundred, most of them tags.
const MAX_ATOMS: u32 = 20_000;

impl<'a> AtomWalk<'a> {
    pub fn new(view: &'a FileView) -> Self {
        Self { view, left: MAX_ATOMS }
    }

    /// Returns the offsets of the whole file.
    pub fn whole(&self) -> Range<u64> {
        0..self.view.len()
    }

    /// Returns the atoms in this range.
    pub fn children(&mut self, range: Range<u64>) -> Vec<Atom> {
        let mut atoms = Vec::new();
        let mut at = range.start;
        while let Some(atom) = self.atom(at, range.end) {
            at = atom.content.end;
            atoms.push(atom);
        }
        atoms
    }

    /// Returns the first atom of this type in this range.
    pub fn find(&mut self, range: Range<u64>, kind: &[u8; 4]) -> Option<Atom> {
        let mut at = range.start;
        loop {
            let atom = self.atom(at, range.end)?;
            if &atom.kind == kind {
                return Some(atom);
            }
            at = atom.content.end;
        }
    }

    /// Returns the atom at the end of this path of types, which begins in this range.
    pub fn find_path(&mut self, range: Range<u64>, path: &[&[u8; 4]]) -> Option<Atom> {
        let (first, rest) = path.split_first()?;
        let atom = self.find(range, first)?;
        if rest.is_empty() { Some(atom) } else { self.find_path(atom.content, rest) }
    }

    /// Returns the bytes at `offset`, fewer than `count` at the end of the file.
    pub fn bytes(&self, offset: u64, count: usize) -> Vec<u8> {
        self.view.peek(offset, count)
    }

    /// Returns the number of 32 bits at `offset`, 0 if it is missing.
    pub fn number(&self, offset: u64) -> u32 {
        self.view.peek_array(offset).map_or(0, u32::from_be_bytes)
    }

    /// Returns the number of 64 bits at `offset`, 0 if it is missing.
    pub fn long_number(&self, offset: u64) -> u64 {
        self.view.peek_array(offset).map_or(0, u64::from_be_bytes)
    }

    /// Returns the version of an atom, which determines the size of its fields.
    pub fn version(&self, atom: &Atom) -> u8 {
        self.view.peek_array::<1>(atom.content.start).map_or(0, |[version]| version)
    }

    /// Returns the units per second in `mvhd` and `mdhd`, after two times of creation.
    pub fn timescale(&self, atom: &Atom) -> Option<u32> {
        let times = if self.version(atom) == 1 { 16 } else { 8 };
        Some(self.number(atom.content.start + 4 + times)).filter(|timescale| *timescale > 0)
    }

    fn atom(&mut self, at: u64, end: u64) -> Option<Atom> {
        self.left = self.left.checked_sub(1)?;
        let [len @ .., k0, k1, k2, k3] = self.view.peek_array::<8>(at).filter(|_| at + 8 <= end)?;
        let (header, len) = match u32::from_be_bytes(len) {
            0 => (8, end - at),
            1 => (16, self.long_number(at + 8)),
            len => (8, len.into()),
        };
        let atom_end = at.checked_add(len)?.min(end);
        (len >= header && at + header <= atom_end).then(|| Atom {
            kind: [k0, k1, k2, k3],
            at,
            content: at + header..atom_end,
        })
    }
}
