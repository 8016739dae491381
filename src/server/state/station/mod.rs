//! The components of a station in the server: channel, wheel, audience, live slot, upstream.

pub mod audience;
mod backoff;
pub mod channel;
pub mod expected_codec;
pub mod fallback_input;
pub mod frame_producer;
pub mod intro;
pub mod ladder;
mod last_source;
pub mod lent_listeners;
mod listener_history;
pub mod live_slot;
pub mod stations;
pub mod unlisted;
pub mod upstream;
pub mod wheel;
