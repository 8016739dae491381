//! What must hold for any input. Every module is the body of the fuzz target of its name, `framer` that of `adts` too:
//! `check` panics where it does not hold.

pub mod chunked;
pub mod config;
pub mod framer;
pub mod icy;
pub mod pages;
pub mod playlist;
pub mod request;
pub mod server;
pub mod source;
pub mod tags;
pub mod title;
pub mod upstream;

/// How an input is cut, from a seed that is itself a part of the input: into pieces of a random length of up to
/// `1 << scale` bytes, where the scale is from the seed.
pub(crate) struct Cuts(u8);

impl Cuts {
    /// As much work is done for every piece as there are bytes before it, so long inputs have few.
    const PIECES: usize = 128;

    /// `bytes` piece by piece. Some pieces are empty.
    pub fn of(self, mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let mut rng = fastrand::Rng::with_seed(self.0.into());
        let longest = (1 << (self.0 % 13)).max(bytes.len() / Self::PIECES);
        std::iter::from_fn(move || {
            let len = if longest == 1 { 1 } else { rng.usize(..=longest) };
            let piece = bytes.split_off(..len.min(bytes.len()))?;
            (!piece.is_empty() || !bytes.is_empty()).then_some(piece)
        })
    }
}

/// The first byte of an input, which says how the rest is to be taken; 0 if there is none.
pub(crate) fn split(input: &[u8]) -> (u8, &[u8]) {
    input.split_first().map_or((0, input), |(first, rest)| (*first, rest))
}
