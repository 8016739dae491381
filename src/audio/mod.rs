//! MPEG audio as bytes and their meaning: whole frames, their headers, silence. No state of a station, no
//! clock.
//!
//! [`Framer`] is what others call: bytes in at any cut, whole frames out. Below it, from the top: `sync`
//! decides what the next bytes are, `tags` knows what is not audio, `parser` lets symphonia read a frame
//! of layer III, `header` is its first bytes: `mp3` or `adts`.

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
