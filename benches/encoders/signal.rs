//! Endless audio that resembles music: tones, noise and clicks of changing volume.

use std::f32::consts::TAU;

/// The length of the table in samples per channel, a prime number: with the changing volume, the signal does
/// not repeat in practice.
const TABLE_LEN: usize = 300_007;

/// The time in seconds after which the volume repeats.
const VOLUME_PERIOD: f32 = 7.3;

/// A signal that is generated as it is needed.
pub struct Signal {
    rate: u32,
    channels: usize,
    table: Vec<f32>,
    at: u64,
}

impl Signal {
    pub fn new(rate: u32, channels: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(15);
        let mut low = [0.0_f32; 2];
        let mut table = Vec::with_capacity(TABLE_LEN * channels);
        for at in 0..TABLE_LEN {
            for (channel, low) in low.iter_mut().enumerate().take(channels) {
                *low += 0.3 * (random.f32() - 0.5 - *low);
                let click = if at % 11_003 < 3 { 0.3 } else { 0.0 };
                table.push(tones(at, rate, channel) + *low + 0.05 * (random.f32() - 0.5) + click);
            }
        }
        Self { rate, channels, table, at: 0 }
    }

    /// Replaces `samples` by the next samples, interleaved.
    pub fn next(&mut self, frames: usize, samples: &mut Vec<f32>) {
        samples.clear();
        for at in self.at..self.at + frames as u64 {
            let volume = self.volume(at);
            let start = (at % TABLE_LEN as u64) as usize * self.channels;
            samples.extend(self.table[start..start + self.channels].iter().map(|sample| sample * volume));
        }
        self.at += frames as u64;
    }

    /// Returns `frames` samples per channel as integers of 16 bits.
    pub fn integers(&mut self, frames: usize) -> Vec<i16> {
        let mut samples = Vec::new();
        self.next(frames, &mut samples);
        samples.iter().map(|sample| (sample * 32_768.0) as i16).collect()
    }

    fn volume(&self, at: u64) -> f32 {
        let period = VOLUME_PERIOD * self.rate as f32;
        0.15 + 0.6 * (TAU * (at as f64 % f64::from(period)) as f32 / period).sin().abs()
    }
}

fn tones(at: usize, rate: u32, channel: usize) -> f32 {
    let time = at as f32 / rate as f32;
    let tone = |frequency: f32, level: f32| level * (TAU * frequency * time).sin();
    let vibrato = (TAU * 5.0 * time).sin() * 0.01;
    tone(220.0, 0.2) + tone(441.0 + channel as f32, 0.12) + tone(1_330.0 * (1.0 + vibrato / 50.0), 0.08)
}
