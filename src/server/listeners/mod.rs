//! Listeners: how they join, are served, are counted, and leave.

mod counting;
mod delivery;
mod eviction;
mod join;
pub(super) mod leave;
