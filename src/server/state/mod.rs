//! The components of a `Server`: its state, and the behaviour that needs only one component.
//!
//! Components do not depend on `Server`. The modules beside this one implement the behaviour that needs
//! several components.

pub mod access;
pub mod addresses;
pub mod ban_replies;
mod capacity;
pub mod config;
pub mod deadlines;
pub mod event_rate;
pub mod half_closed;
pub mod hooks;
pub mod log_limits;
pub mod master;
mod memory;
pub mod options;
pub mod peer;
pub mod refusals;
pub mod relays;
pub mod reloads;
pub mod removed_fallbacks;
pub mod server;
pub mod sessions;
pub mod station;
pub mod statistics_round;
pub mod stats;
pub mod timers;
pub mod tls_starts;
pub mod unlisted;
pub mod views;
pub mod waiting_takeover;
