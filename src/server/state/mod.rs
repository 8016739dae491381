//! What the server knows: the things of which a [`Server`](server::Server) consists, and what each can do by itself.
//!
//! Nothing here knows of the whole server. What is done with several of these things at once is in the rooms beside this one.

pub mod access;
pub mod addresses;
mod capacity;
pub mod config;
mod deadlines;
pub mod half_closed;
pub mod hooks;
pub mod log_limits;
pub mod options;
pub mod peer;
pub mod relays;
pub mod server;
pub mod sessions;
pub mod station;
pub mod stats;
pub mod timers;
pub mod views;
