//! The key of a station in a running server.

/// Identifies a station for as long as it exists.
///
/// After a station is removed, its index in the server's table is reused with another generation. So the key
/// of a removed station never refers to another station. The default is the key of the first station of a
/// server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationKey {
    index: u16,
    generation: u16,
}

impl StationKey {
    /// Returns the key of the `generation`th station (from 0) at this index of the table.
    pub fn new(index: u16, generation: u16) -> Self {
        Self { index, generation }
    }

    /// Returns the index in the table.
    pub fn index(self) -> usize {
        self.index.into()
    }

    /// Returns the generation: the number of stations that had this index before.
    pub fn generation(self) -> u16 {
        self.generation
    }
}
