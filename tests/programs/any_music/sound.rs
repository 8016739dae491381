//! Decoded audio, and how much two pieces agree.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::finish;

/// The rate at which all sounds are compared.
const RATE: usize = 44_100;

/// Samples of both channels, decoded by ffmpeg.
pub struct Sound(Vec<[f32; 2]>);

/// How much a file agrees with what was heard.
pub struct Agreement {
    /// The correlation at the best lag: 1 if the sound is the same at any volume.
    pub correlation: f64,
    /// By how many samples the file is heard later than its title, in which the delay of the decoder of 529
    /// samples is included.
    pub lag: isize,
}

impl Agreement {
    /// The samples of a frame, and the delay of the decoder.
    pub const LAG_MAX: isize = 1152 + 529;
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "correlation {:.4} at {:+} samples", self.correlation, self.lag)
    }
}

/// The lags that are searched, in samples.
const LAGS: std::ops::RangeInclusive<isize> = -2400..=4700;

/// Warnings about files that do not say how long they are or which channels they have, and about ADPCM.
const NO_FAULTS: [&str; 3] =
    ["Estimating duration from bitrate", "Guessed Channel Layout", "Multiple frames in a packet"];

/// The part of a file by which the lag is found.
const PROBE: std::ops::Range<usize> = RATE..RATE + RATE / 2;

/// The samples at both ends of a file that are not compared, because there the neighbour is heard too.
const EDGE: usize = RATE / 20;

impl Sound {
    /// Decodes a file. ffmpeg must have no complaint.
    #[track_caller]
    pub fn decode(path: &Path) -> Self {
        let raw = path.with_added_extension("raw.tmp");
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostdin", "-loglevel", "warning", "-y", "-i"]).arg(path);
        command.args(["-map", "a", "-f", "f32le", "-ac", "2", "-ar", &RATE.to_string()]).arg(&raw);
        let finished = finish(command);
        let is_fault = |line: &&str| !NO_FAULTS.iter().any(|warning| line.contains(warning));
        let complaints: Vec<&str> = finished.stderr.lines().filter(is_fault).collect();
        assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
        let bytes = std::fs::read(&raw).expect("ffmpeg wrote it");
        std::fs::remove_file(raw).expect("the folder is writable");
        let sample = |four: &[u8]| f32::from_le_bytes(*four.first_chunk().expect("four bytes"));
        Self(bytes.chunks_exact(8).map(|eight| [sample(&eight[..4]), sample(&eight[4..])]).collect())
    }

    /// Returns the samples of a channel.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Finds the best lag of this sound in another, where it should begin at sample `start`.
    pub fn agreement(&self, heard: &Self, start: usize) -> Agreement {
        let at = |lag: isize, range: std::ops::Range<usize>| self.correlation(heard, start, lag, range);
        let best = LAGS.map(|lag| (lag, at(lag, PROBE))).max_by(|(_, a), (_, b)| a.total_cmp(b));
        let (lag, _) = best.expect("there are lags");
        Agreement { correlation: at(lag, EDGE..self.len().saturating_sub(EDGE)), lag }
    }

    /// Checks that the loudest tone between these seconds has this frequency in Hz, in both channels, without
    /// a gap.
    #[track_caller]
    pub fn check_tone(&self, frequency: u32, seconds: std::ops::Range<f64>) {
        let range = [seconds.start, seconds.end].map(|at| (at * RATE as f64) as usize);
        for tenth in self.0[range[0]..range[1]].chunks_exact(RATE / 10) {
            for channel in 0..2 {
                let rises =
                    tenth.windows(2).filter(|two| two[0][channel] < 0.0 && two[1][channel] >= 0.0).count();
                assert!(
                    (rises * 10).abs_diff(frequency as usize) <= 10,
                    "{rises} periods in a tenth of a second"
                );
            }
        }
    }

    /// Returns where the louder of two tones changes, in seconds, in the left channel. The frequencies in Hz
    /// must differ much. That a tone begins or ends beside silence is no change.
    pub fn tone_changes(&self, tones: [u32; 2]) -> Vec<f64> {
        let window = RATE / 125;
        let louder = |at: usize| {
            let levels = tones.map(|tone| self.level(tone, at..at + window));
            (!self.is_silent(at..at + window)).then_some(levels[1] > levels[0])
        };
        let steps: Vec<usize> = (0..self.len().saturating_sub(window)).step_by(RATE / 1000).collect();
        let states: Vec<Option<bool>> = steps.iter().map(|at| louder(*at)).collect();
        let middle = |at: usize| (steps[at] + window / 2) as f64 / RATE as f64;
        // A change is one before and after which nothing changes for a while.
        let steady = 400;
        let is_change = |at: &usize| {
            let (before, after) = (&states[at - steady..*at], &states[*at..at + steady]);
            before.iter().all(|state| state.is_some() && *state == before[0])
                && after.iter().all(|state| state.is_some() && *state == after[0])
                && before[0] != after[0]
        };
        (steady..states.len().saturating_sub(steady)).filter(is_change).map(middle).collect()
    }

    /// Returns in which hundredths of a second the left channel is silent.
    pub fn silences(&self) -> Vec<usize> {
        let hundredth = RATE / 100;
        let is_silent = |at: &usize| self.is_silent(at * hundredth..(at + 1) * hundredth);
        (0..self.len() / hundredth).filter(is_silent).collect()
    }

    fn is_silent(&self, range: std::ops::Range<usize>) -> bool {
        self.0[range].iter().all(|[left, _]| left.abs() < 0.001)
    }

    /// Returns the power of a tone in a range of samples of the left channel.
    fn level(&self, tone: u32, range: std::ops::Range<usize>) -> f64 {
        let turn = std::f64::consts::TAU * f64::from(tone) / RATE as f64;
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (at, sample) in self.0[range].iter().enumerate() {
            let (s, c) = (turn * at as f64).sin_cos();
            cosine += f64::from(sample[0]) * c;
            sine += f64::from(sample[0]) * s;
        }
        cosine * cosine + sine * sine
    }

    fn correlation(&self, heard: &Self, start: usize, lag: isize, range: std::ops::Range<usize>) -> f64 {
        let Some(from) = (start + range.start).checked_add_signed(lag) else { return -1.0 };
        let pairs = self.0.get(range).unwrap_or_default().iter().zip(heard.0.get(from..).unwrap_or_default());
        let (mut product, mut own, mut other) = (0.0, 0.0, 0.0);
        for (a, b) in pairs {
            let ([a, c], [b, d]) = (a.map(f64::from), b.map(f64::from));
            product += a * b + c * d;
            own += a * a + c * c;
            other += b * b + d * d;
        }
        product / (own * other).sqrt().max(f64::MIN_POSITIVE)
    }
}
