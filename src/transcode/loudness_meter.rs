//! Measures the integrated loudness of a file (ITU-R BS.1770, EBU R 128).

use std::path::Path;

use ebur128::{Channel, EbuR128, Mode};

use super::{AudioFile, LeftOut, PLAUSIBLE_LUFS, PcmBlock};

/// Seconds of audio that are measured in one call: about 15 ms of processor time, so that other jobs of the
/// worker are not delayed.
const SECONDS_PER_CALL: f64 = 5.0;

/// Seconds of audio after which a measurement is complete. The loudness of a longer file is that of its
/// beginning; the average hardly changes any more.
const SECONDS_MAX: f64 = 4.0 * 3600.0;

/// The greatest sample that is measured. A damaged file can contain anything.
const SAMPLE_MAX: f32 = 16.0;

/// Measures a file, some seconds of audio at a time.
pub struct LoudnessMeter {
    file: AudioFile,
    /// `None` before the first block, or if the format cannot be measured.
    meter: Option<EbuR128>,
    block: PcmBlock,
    /// Seconds that were measured.
    measured: f64,
}

impl LoudnessMeter {
    /// Opens a file.
    ///
    /// # Errors
    /// The reason for which it is not played.
    pub fn open(path: &Path) -> Result<Self, LeftOut> {
        let file = AudioFile::open(path)?;
        Ok(Self { file, meter: None, block: PcmBlock::default(), measured: 0.0 })
    }

    /// Measures some more seconds. Returns the loudness so far in LUFS, `None` if it is silent so far, and
    /// whether the measurement is complete.
    pub fn measure(&mut self) -> (Option<f32>, bool) {
        let until = self.measured + SECONDS_PER_CALL;
        while self.measured < until {
            if self.measured >= SECONDS_MAX || !self.file.read(&mut self.block) {
                return (self.loudness(), true);
            }
            self.add_block();
        }
        (self.loudness(), false)
    }

    fn add_block(&mut self) {
        let PcmBlock { rate, channels, samples } = &mut self.block;
        self.measured += samples.len() as f64 / (*channels).max(1) as f64 / f64::from((*rate).max(1));
        samples.iter_mut().for_each(|sample| *sample = sanitized(*sample));
        if !has_format(self.meter.as_ref(), *channels as u32, *rate) {
            self.meter = with_format(self.meter.take(), *channels as u32, *rate);
        }
        if let Some(meter) = &mut self.meter {
            // It fails only if the number of samples does not fit the channels; then they are not measured.
            let _ = meter.add_frames_f32(samples);
        }
    }

    fn loudness(&self) -> Option<f32> {
        let lufs = self.meter.as_ref()?.loudness_global().ok()? as f32;
        Some(lufs.min(*PLAUSIBLE_LUFS.end())).filter(|lufs| PLAUSIBLE_LUFS.contains(lufs))
    }
}

fn sanitized(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-SAMPLE_MAX, SAMPLE_MAX) } else { 0.0 }
}

fn has_format(meter: Option<&EbuR128>, channels: u32, rate: u32) -> bool {
    meter.is_some_and(|meter| meter.channels() == channels && meter.rate() == rate)
}

/// Returns a meter for this format that continues the measurement of `meter`.
///
/// One channel counts twice, because players play it on both sides. So a mono file and its stereo copy get
/// the same gain. BS.1770 leaves the choice; ffmpeg calls this `dualmono`.
///
/// A histogram bounds the memory: 10 bins a LU, instead of every 100 ms of the file.
fn with_format(meter: Option<EbuR128>, channels: u32, rate: u32) -> Option<EbuR128> {
    let mut meter = match meter {
        Some(mut meter) => {
            meter.change_parameters(channels, rate).ok()?;
            meter
        }
        None => EbuR128::new(channels, rate, Mode::I | Mode::HISTOGRAM).ok()?,
    };
    if channels == 1 {
        meter.set_channel(0, Channel::DualMono).ok()?;
    }
    Some(meter)
}

#[cfg(test)]
mod tests;
