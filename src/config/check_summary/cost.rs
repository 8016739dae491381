//! Estimates of the processor time of conversions, as shares of a core.

use crate::transcode::TargetFormat;

/// The processor time for encoding a second at 44.1 kHz stereo, in seconds: measured with LAME at quality 5.
pub const ENCODE_COST: f64 = 0.016;

/// The same for decoding and resampling.
pub const DECODE_COST: f64 = 0.004;

/// The same for the limiter, which runs with a loudness.
pub const LIMITER_COST: f64 = 0.003;

/// Returns the share of a core that encoding in this format takes.
pub fn encode_cost(format: TargetFormat) -> f64 {
    samples(format) * ENCODE_COST
}

/// Returns the share of a core that the limiter takes in this format.
pub fn limiter_cost(format: TargetFormat) -> f64 {
    samples(format) * LIMITER_COST
}

/// Returns the number of samples, of all channels, relative to 44.1 kHz stereo.
fn samples(format: TargetFormat) -> f64 {
    f64::from(format.rate) * f64::from(format.channels) / (44_100.0 * 2.0)
}
