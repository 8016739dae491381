//! The true peaks of an hour of audio after the limiter.

use coldwave::transcode::{Limiter, TargetFormat};
use ebur128::{EbuR128, Mode};

use crate::cost::timed;
use crate::failure::Failure;
use crate::signal::Signal;

/// The gain in dB.
const GAIN: f32 = 12.0;

/// The highest true peak that is allowed, in dBTP, for the ceiling of -1 dBTP.
const PEAK_MAX: f64 = -0.85;

/// Limits this many hours. Returns a line for the report, and whether the peak is low enough.
pub fn run(hours: f64) -> Result<(String, bool), Failure> {
    let format = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };
    let mut signal = Signal::new(format.rate, 2);
    let mut limiter = Limiter::new(&format, GAIN);
    let mut meter = EbuR128::new(2, format.rate, Mode::TRUE_PEAK)?;
    let (mut input, mut output) = (Vec::new(), Vec::new());
    let mut cpu = std::time::Duration::ZERO;
    for _ in 0..(hours * 3600.0) as u64 {
        signal.next(format.rate as usize, &mut input);
        output.clear();
        cpu += timed(|| limiter.push(&input, &mut output)).1;
        meter.add_frames_f32(&output)?;
    }
    let peak = 20.0 * meter.true_peak(0)?.max(meter.true_peak(1)?).log10();
    let speed = hours * 3600.0 / cpu.as_secs_f64();
    let line = format!(
        "limiter, +{GAIN} dB, {hours} h: {peak:.2} dBTP (at most {PEAK_MAX}), {speed:.0} times real time"
    );
    Ok((line, peak <= PEAK_MAX))
}
