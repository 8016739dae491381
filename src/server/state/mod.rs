//! The state of the server: the components of a `Server`, and what each does by itself.
//!
//! No component here knows the whole server. The modules beside this one implement what needs several
//! components at once.

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
