//! MPEG audio: frames, their headers, and silence. No station state and no clock.
//!
//! [`Framer`] is the entry point: it takes bytes in pieces of any size and returns whole frames. Below it,
//! from the top: `sync` decides what the next bytes are, `tags` finds what is not audio, `parser` has
//! symphonia check a frame of layer III, and `header` parses the first bytes of a frame, with `mp3` or
//! `adts`.

mod adts;
mod codec;
mod framer;
mod header;
mod mp3;
mod parser;
mod silence;
mod sync;
mod tags;

#[cfg(test)]
mod test_data;

pub use adts::AdtsHeader;
pub use codec::{Codec, Format};
pub use framer::{Frame, Framer};
pub use header::Header;
pub use mp3::Mp3Header;
pub use silence::silent_frame;
