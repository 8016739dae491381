//! MPEG audio as bytes and their meaning: whole frames, their headers, silence. No state of a station, no clock.

mod framer;
mod header;
mod junk;
mod silence;

pub use framer::{Frame, Framer};
pub use header::{Format, Header};
pub use silence::silent_frame;
