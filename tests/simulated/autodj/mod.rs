//! The AutoDJ against real files, with a simulated clock.

mod changes;
mod conversion;
mod harness;
mod off_air;
mod order;
mod requests;
mod short_tracks;
mod special_files;
mod up_next;
mod uploads;
