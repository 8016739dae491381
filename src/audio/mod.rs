//! MPEG audio as bytes and their meaning: whole frames, their headers, silence. No state of a station, no
//! clock.
//!
//! [`Framer`] is what others call: bytes in at any cut, whole frames out. Below it, from the top: `sync`
//! decides what the next bytes are, `tags` knows what is not audio, `parser` lets symphonia read a frame,
//! `header` is its four bytes.

mod framer;
mod header;
mod parser;
mod silence;
mod sync;
mod tags;

#[cfg(test)]
mod samples;

pub use framer::{Frame, Framer};
pub use header::{Codec, Format, Header};
pub use silence::silent_frame;
