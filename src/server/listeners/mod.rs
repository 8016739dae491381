//! Listeners: how they join, are served, are counted, and leave.

mod codec_change;
mod counting;
mod delivery;
mod eviction;
mod fallback;
mod format_change;
mod full;
mod join;
pub(super) mod leave;
mod moving;
mod overflow;
