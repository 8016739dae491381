//! What a player has played, as raw samples in a file that grows while it plays.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

/// The format of the files: 44.1 kHz, 16 bits, stereo.
const RATE: usize = 44_100;
const FRAME_BYTES: usize = 4;

/// How many windows a second has in which sound is looked for.
const WINDOWS_PER_SECOND: usize = 20;

/// A window is silent if no sample is above this.
const SILENT_MAX: i16 = 100;

/// Part of a file, as the left channel.
pub struct Pcm(Vec<i16>);

impl Pcm {
    /// Reads a file from this second on. It has nothing while it does not exist.
    pub fn read(path: &Path, from: f64) -> Self {
        let bytes = fs::read(path).unwrap_or_default();
        let from = (from * RATE as f64) as usize * FRAME_BYTES;
        let samples = bytes.get(from..).unwrap_or_default().chunks_exact(FRAME_BYTES);
        Self(samples.map(|frame| i16::from_le_bytes([frame[0], frame[1]])).collect())
    }

    /// Returns how many seconds a file has.
    pub fn seconds_in(path: &Path) -> f64 {
        let len = fs::metadata(path).map_or(0, |file| file.len());
        len as f64 / (RATE * FRAME_BYTES) as f64
    }

    fn windows(&self) -> impl Iterator<Item = &[i16]> {
        self.0.chunks_exact(RATE / WINDOWS_PER_SECOND)
    }

    /// Returns how many seconds have this tone, of a frequency in Hz, above all other sound.
    pub fn seconds_of(&self, tone: u32) -> f64 {
        let count = self.windows().filter(|window| has_tone(window, tone)).count();
        count as f64 / WINDOWS_PER_SECOND as f64
    }

    /// Returns the longest silence between the first and the last sound, in seconds.
    pub fn longest_silence(&self) -> f64 {
        let is_silent =
            |window: &[i16]| window.iter().all(|sample| sample.unsigned_abs() <= SILENT_MAX as u16);
        let silent: Vec<bool> = self.windows().map(is_silent).collect();
        let sound = silent.split(|is_silent| !is_silent).map(<[bool]>::len);
        let inner: Vec<usize> = sound.collect();
        // The first and the last are before the first sound and after the last one.
        let inner = inner.get(1..inner.len().saturating_sub(1)).unwrap_or_default();
        inner.iter().max().copied().unwrap_or_default() as f64 / WINDOWS_PER_SECOND as f64
    }
}

fn has_tone(window: &[i16], tone: u32) -> bool {
    let turn = TAU * f64::from(tone) / RATE as f64;
    let (mut cosine, mut sine, mut energy) = (0.0, 0.0, 0.0);
    for (at, sample) in window.iter().enumerate() {
        let ((s, c), sample) = ((turn * at as f64).sin_cos(), f64::from(*sample));
        cosine += sample * c;
        sine += sample * s;
        energy += sample * sample;
    }
    // A sine of this frequency alone reaches one half.
    let share = (cosine * cosine + sine * sine) / (energy * window.len() as f64).max(1.0);
    energy / window.len() as f64 > f64::from(SILENT_MAX).powi(2) && share > 0.4
}

#[test]
fn tones_and_silences_are_found() {
    let tone = |hz: u32, seconds: f64| {
        let count = (seconds * RATE as f64) as usize;
        (0..count).map(move |at| (9000.0 * (TAU * f64::from(hz) * at as f64 / RATE as f64).sin()) as i16)
    };
    let silence = |seconds: usize| std::iter::repeat_n(0, seconds * RATE);
    let samples = silence(3).chain(tone(500, 2.0)).chain(silence(1)).chain(tone(880, 4.0)).chain(silence(2));
    let pcm = Pcm(samples.collect());
    assert_eq!([500, 880, 700].map(|hz| pcm.seconds_of(hz)), [2.0, 4.0, 0.0]);
    assert_eq!(pcm.longest_silence(), 1.0);
}
