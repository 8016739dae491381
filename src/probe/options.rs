//! What the user of the probe can choose.

use std::time::Duration;

use super::finding::FindingKind;

/// The `User-Agent` of the probe.
const USER_AGENT: &str = concat!("coldwave-probe/", env!("CARGO_PKG_VERSION"));

/// How a stream is examined.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeOptions {
    /// How long to listen, from the first byte of the stream on.
    pub seconds: Duration,
    /// How long everything before the first byte of the stream may take: looking up the name, connecting,
    /// redirects, playlists, the head.
    pub timeout: Duration,
    /// The `User-Agent`, without control characters.
    pub agent: String,
    /// The name that the station must have.
    pub name: Option<String>,
    /// From when on something is a fault.
    pub thresholds: Thresholds,
    /// Findings of these kinds are only notes.
    pub ignored: Vec<FindingKind>,
}

/// From when on something is a fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// The longest time from the start to the first byte of the stream.
    pub start: Duration,
    /// The longest pause between two arrivals.
    pub stall: Duration,
    /// The longest silence.
    pub silence: Duration,
    /// The level below which audio is silence, in dB relative to a full-scale square wave.
    pub silence_level: f64,
    /// How much faster or slower than time the audio may arrive after the burst, as a fraction.
    pub drift: f64,
    /// How far the measured bit rate may be from the announced one, as a fraction. With a variable bit rate,
    /// twice that.
    pub bit_rate: f64,
    /// The fewest days for which a certificate should still be valid.
    pub certificate_days: i64,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self {
            seconds: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            agent: USER_AGENT.to_owned(),
            name: None,
            thresholds: Thresholds::default(),
            ignored: Vec::new(),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(3),
            stall: Duration::from_secs(3),
            silence: Duration::from_secs(5),
            silence_level: -60.0,
            drift: 0.03,
            bit_rate: 0.1,
            certificate_days: 7,
        }
    }
}
