//! Checks that must hold for any input. Each module is the body of the fuzz target with its name; `framer` is
//! also the body of `adts`. `check` panics where a check fails.

use std::path::PathBuf;

pub mod chunked;
pub mod config;
#[cfg(test)]
mod corpora;
pub mod foreign;
pub mod framer;
pub mod icy;
pub mod pages;
pub mod playlist;
pub mod probe;
pub mod request;
pub mod server;
pub mod source;
pub mod tags;
pub mod title;
pub mod tls;
pub mod upstream;

/// Splits bytes into pieces of random length, at most `1 << scale` bytes long. The seed is a part of the
/// input; the scale follows from it.
pub(crate) struct Splitter(u8);

impl Splitter {
    /// The number of pieces of a long input, about. The work for a piece grows with the bytes before it, so a
    /// long input has few pieces.
    const PIECES: usize = 128;

    /// Returns `bytes` piece by piece. Some pieces are empty.
    pub fn pieces(self, mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let mut rng = fastrand::Rng::with_seed(self.0.into());
        let longest = (1 << (self.0 % 13)).max(bytes.len() / Self::PIECES);
        std::iter::from_fn(move || {
            let len = if longest == 1 { 1 } else { rng.usize(..=longest) };
            let piece = bytes.split_off(..len.min(bytes.len()))?;
            (!piece.is_empty() || !bytes.is_empty()).then_some(piece)
        })
    }
}

/// Returns this folder, also in coldwave's own tests.
pub(crate) fn folder() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if package.ends_with("fuzz") { package } else { package.join("fuzz") }
}

/// Returns the first byte of an input, which decides how the rest is used, and the rest. The byte is 0 if the
/// input is empty.
pub(crate) fn split_seed(input: &[u8]) -> (u8, &[u8]) {
    input.split_first().map_or((0, input), |(first, rest)| (*first, rest))
}
