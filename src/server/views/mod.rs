//! What the server shows: snapshots, and the pages, events, pictures and metrics made of them.

mod admin_snapshot;
mod artwork;
mod counters;
mod events;
mod metrics;
mod pages;
mod report;
mod snapshot;

pub use events::EVENTS_WRITE_TIMEOUT;
