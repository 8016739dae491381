//! What each new listener of a station hears first.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::conversion::StationCodec;

/// The most bytes of an intro: two minutes at 128 kbit/s. It is in memory once.
pub const INTRO_MAX: usize = 2 * 1024 * 1024;

/// What each new listener hears first: frames that are sent as they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Intro {
    /// The title of its tags; empty if it has none.
    pub title: String,
    /// The codec of its frames.
    pub codec: StationCodec,
    /// The sampling rate in Hz.
    pub rate: u32,
    /// The number of channels.
    pub channels: u8,
    /// The frames, whole and without anything between them.
    pub frames: Arc<[u8]>,
}

/// For reports of changes: the size, and a hash that differs for different files.
impl fmt::Display for Intro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hasher = DefaultHasher::new();
        (&self.frames, &self.title).hash(&mut hasher);
        write!(f, "{} bytes of frames, {:016x}", self.frames.len(), hasher.finish())
    }
}

impl fmt::Debug for Intro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Intro({self})")
    }
}
