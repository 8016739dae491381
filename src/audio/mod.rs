//! MPEG audio as bytes and their meaning: frame headers, silence. No state of a station, no clock.

mod header;
mod silence;

#[cfg(test)]
mod samples;

pub use header::{Codec, Format, Header};
pub use silence::silent_frame;
