//! How many listeners and connections there may be, and how many there are.

use super::addresses::AddressConnections;
use super::half_closed::HalfClosed;

/// Seats for listeners, and connections by address.
#[derive(Debug)]
pub struct Capacity {
    /// The most listeners, all stations together.
    pub max_listeners: usize,
    /// How many listeners there are, all stations together, whether they count or not.
    pub listeners: usize,
    pub addresses: AddressConnections,
    /// Listeners whose seats may be given to others.
    pub half_closed: HalfClosed,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            max_listeners: usize::MAX,
            listeners: 0,
            addresses: AddressConnections::new(0),
            half_closed: HalfClosed::default(),
        }
    }
}

impl Capacity {
    /// Whether no listener more may come, to any station.
    pub fn is_full(&self) -> bool {
        self.listeners >= self.max_listeners
    }
}
