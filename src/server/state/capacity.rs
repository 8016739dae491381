//! The limits of listeners and connections, and the current numbers.

use super::addresses::AddressConnections;
use super::half_closed::HalfClosed;
use super::refusals::Refusals;

/// Limits of listeners and of connections.
#[derive(Debug)]
pub struct Capacity {
    /// The most connections of any kind.
    pub max_connections: usize,
    /// The most listeners of all stations together.
    pub max_listeners: usize,
    /// The most live sources of all stations together; `None` for no limit.
    pub max_sources: Option<usize>,
    /// The number of listeners of all stations together, counted in statistics or not.
    pub listeners: usize,
    /// Listeners that are refused because the server is full.
    pub refusals: Refusals,
    pub addresses: AddressConnections,
    /// Listeners that may be evicted.
    pub half_closed: HalfClosed,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            max_connections: usize::MAX,
            max_listeners: usize::MAX,
            max_sources: None,
            listeners: 0,
            refusals: Refusals::default(),
            addresses: AddressConnections::new(0),
            half_closed: HalfClosed::default(),
        }
    }
}

impl Capacity {
    /// Returns whether the listener limit of the server is reached.
    pub fn is_full(&self) -> bool {
        self.listeners >= self.max_listeners
    }
}
