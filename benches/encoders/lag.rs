//! Finds out by how many samples one signal is later than another.

/// The highest lag that is found, in samples.
pub const LAG_MAX: usize = 4_000;

/// Returns the lag of `output` behind `input`, by cross-correlation. `output` is [`LAG_MAX`] samples longer.
pub fn lag(input: &[f32], output: &[f32]) -> usize {
    let likeness = |lag: usize| -> f64 {
        input.iter().zip(&output[lag.min(output.len())..]).map(|(a, b)| f64::from(a * b)).sum()
    };
    (0..LAG_MAX).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(0)
}
