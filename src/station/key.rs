//! How one station is named inside the server while it runs.

/// Addresses a station for as long as it exists.
///
/// A place in the server's table is used again when its station is removed, with another generation: a key that outlives
/// its station finds nothing, and never another station. The default is the key of the first station of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationKey {
    index: u16,
    generation: u16,
}

impl StationKey {
    /// The key of the station that is the `generation`th (from 0) in this place of the table.
    pub fn new(place: u16, generation: u16) -> Self {
        Self { index: place, generation }
    }

    /// The place in the table.
    pub fn index(self) -> usize {
        self.index.into()
    }

    /// How many stations had this place before.
    pub fn generation(self) -> u16 {
        self.generation
    }
}
