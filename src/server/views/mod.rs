//! What the server shows: snapshots, and the pages, events, artwork and metrics rendered from them.

mod admin_snapshot;
mod artwork;
mod counters;
mod events;
mod metrics;
mod pages;
mod report;
mod snapshot;

pub use events::EVENTS_WRITE_TIMEOUT;
