//! The public pages: status, API, events, pictures and metrics.

mod api;
mod artwork;
mod events;
mod metrics;
mod renditions;
mod status;
