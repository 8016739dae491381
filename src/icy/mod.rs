//! ICY metadata: blocks of text between stretches of audio. See `protocol-notes/metadata.md`.

mod block;
mod deinterleave;

pub use block::{Block, TITLE_MAX};
pub use deinterleave::{Deinterleaver, Part};
