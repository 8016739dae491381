//! The public pages: status, API, events, pictures and metrics.

mod aliases;
mod api;
mod artwork;
mod challenges;
mod clients;
mod events;
mod hidden;
mod links;
mod metrics;
mod not_found;
mod public_names;
mod renditions;
mod status;
mod webroot;
