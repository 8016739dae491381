//! Listeners: how they join, are served, counted, and give up their seats.

mod counting;
mod delivery;
mod eviction;
mod join;
pub(super) mod leave;
