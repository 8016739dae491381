//! The components of a station in the server: channel, wheel, audience, live slot, upstream.

pub mod audience;
mod backoff;
pub mod channel;
pub mod frame_producer;
pub mod ladder;
mod listener_history;
pub mod live_slot;
pub mod stations;
pub mod upstream;
pub mod wheel;
