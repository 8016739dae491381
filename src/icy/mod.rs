//! ICY metadata: blocks of text between runs of audio. See `protocol-notes/metadata.md`.

mod block;
mod character_references;
mod deinterleave;
mod parse;
mod title;

pub use block::{Block, TITLE_MAX};
pub use deinterleave::{Deinterleaver, StreamPart};
pub use title::Title;
