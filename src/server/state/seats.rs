//! How many listeners and connections there may be, and how many there are.

use super::addresses::Addresses;
use super::half_closed::HalfClosed;

/// Seats for listeners, and connections by address.
#[derive(Debug)]
pub struct Seats {
    /// The most listeners, all stations together.
    pub max: usize,
    /// How many listeners there are, all stations together, whether they count or not.
    pub taken: usize,
    pub addresses: Addresses,
    /// Listeners whose seats may be given to others.
    pub half_closed: HalfClosed,
}

impl Default for Seats {
    fn default() -> Self {
        Self { max: usize::MAX, taken: 0, addresses: Addresses::new(0), half_closed: HalfClosed::default() }
    }
}

impl Seats {
    /// Whether no listener more may come, to any station.
    pub fn is_full(&self) -> bool {
        self.taken >= self.max
    }
}
