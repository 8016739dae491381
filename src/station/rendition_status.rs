//! What is known about a rendition, for pages and metrics.

use std::time::Duration;

use crate::transcode::TargetFormat;

/// A rendition at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct RenditionStatus {
    /// The format of its frames.
    pub format: TargetFormat,
    /// What happens to it.
    pub state: RenditionState,
    /// How far its live edge is behind that of its station.
    pub delay: Duration,
    /// How often silence was played because the encoder had nothing in time.
    pub gaps: u64,
    /// How much silence that was.
    pub gap_length: Duration,
    /// How often its encoder was started again after an error.
    pub restarts: u64,
    /// The processor time of resampling and encoding it so far.
    pub cpu: Duration,
}

/// What happens to a rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenditionState {
    /// The station's programme is encoded.
    Encoding,
    /// The encoder has nothing, and silence is played until it has; with the reason.
    Gap(String),
    /// The station's programme cannot be encoded, and new listeners are refused; with the reason.
    Unsupported(String),
}

impl RenditionState {
    /// The names of all states.
    pub const ALL: [&str; 3] = ["encoding", "gap", "unsupported"];

    /// Returns the name for pages and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Gap(_) => "gap",
            Self::Unsupported(_) => "unsupported",
        }
    }
}
