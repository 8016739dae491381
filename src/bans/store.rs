//! The interface to the storage of bans, which reports when a change is on disk.

use std::fmt;

use super::Bans;

/// Stores the bans, so that they survive a restart. Neither function blocks.
pub trait BanStore: fmt::Debug {
    /// Starts to store the current bans. Returns the number of this version, which is larger than the numbers
    /// before.
    fn store(&mut self, bans: &Bans) -> u64;

    /// Returns the next result. Versions that were replaced by a later one before they were written have no
    /// result of their own.
    fn poll(&mut self) -> Option<StoreResult>;
}

/// The result of an attempt to store bans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreResult {
    /// The version that was to be stored. It contains all changes of the versions before.
    pub version: u64,
    /// Whether it is on disk. If not, it is tried again.
    pub is_saved: bool,
}
