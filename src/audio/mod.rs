//! MPEG audio: frames, their headers, and silence. Independent of stations and of the clock.
//!
//! [`Framer`] is the entry point: it takes bytes in pieces of any size and returns complete frames. It uses,
//! from the highest layer to the lowest: `sync`, which decides whether a frame, a tag or junk comes next;
//! `tags`, which recognises tags; `parser`, which checks layer III frames with symphonia; and `header`, which
//! parses frame headers with `mp3` or `adts`.

mod adts;
mod bridge;
mod codec;
mod frame_check;
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
pub use bridge::silent_bridge;
pub use codec::{Codec, Format};
pub use frame_check::{FrameChecker, FrameFault};
pub use framer::{Frame, Framer};
pub use header::Header;
pub use mp3::Mp3Header;
pub use silence::{Silence, silent_frame};
