//! A measured track: its loudness, and the version of its file.

use crate::file_version::FileVersion;

/// A measured track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub version: FileVersion,
    /// `None` if it is silent.
    pub lufs: Option<f32>,
}
