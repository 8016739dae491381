//! Snapshots of the server, and the pages, events, artwork and metrics made from them.

mod admin_snapshot;
mod artwork;
mod challenges;
mod counters;
mod events;
mod large_pages;
mod metrics;
mod pages;
mod report;
mod site_files;
mod snapshot;
mod status_line;

pub use events::EVENTS_WRITE_TIMEOUT;
pub use pages::PAGE_TIME_PER_TURN;
