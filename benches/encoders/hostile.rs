//! Values that would make LAME abort, and signals that are expensive to encode.

use std::time::Duration;

use coldwave::transcode::Mp3Encoder;

use crate::cost::timed;
use crate::decoder::Decoder;
use crate::failure::Failure;
use crate::setting::Setting;

/// The samples per channel in a call.
const BLOCK: usize = 1152;

/// A signal: the sample at an index.
type Samples = fn(usize, &mut fastrand::Rng) -> f32;

/// The signals and their names.
const SIGNALS: [(&str, Samples); 9] = [
    ("NaN", |_, _| f32::NAN),
    ("infinite", |at, _| if at % 2 == 0 { f32::INFINITY } else { f32::NEG_INFINITY }),
    ("a billion", |at, _| if at % 50 < 25 { 1e9 } else { -1e9 }),
    ("denormal", |at, _| if at % 2 == 0 { 1e-40 } else { -1e-40 }),
    ("1e-12", |at, _| if at % 2 == 0 { 1e-12 } else { -1e-12 }),
    ("noise of ±1", |_, random| if random.bool() { 1.0 } else { -1.0 }),
    ("any bits", |_, random| f32::from_bits(random.u32(..))),
    ("impulses", |at, _| if at % 1_777 == 0 { 1.0 } else { 0.0 }),
    ("fading to nothing", |at, _| (at as f32 * 0.05).sin() * (-(at as f32) / 4_000.0).exp()),
];

/// Encodes every signal. Returns a line for each, and whether all frames can be decoded.
pub fn run(setting: &Setting, seconds: f64) -> Result<(Vec<String>, bool), Failure> {
    let mut lines = Vec::new();
    let mut is_good = true;
    for (name, samples) in SIGNALS {
        let (cpu, worst, decoder) = encode(setting, samples, seconds)?;
        is_good &= decoder.errors == 0;
        lines.push(format!(
            "| {} | {name} | {:.0} | {:.1} ms | {} frames, {} errors |",
            setting.name(),
            seconds / cpu.as_secs_f64(),
            worst.as_secs_f64() * 1000.0,
            decoder.frames,
            decoder.errors,
        ));
    }
    Ok((lines, is_good))
}

/// The head of the table.
pub const HEAD: &str =
    "| setting | signal | times real time | worst call | decoded |\n| --- | --- | ---: | ---: | --- |";

fn encode(
    setting: &Setting,
    sample: Samples,
    seconds: f64,
) -> Result<(Duration, Duration, Decoder), Failure> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut encoder = Mp3Encoder::new(setting.format)?;
    let mut decoder = Decoder::new(Vec::new())?;
    let (mut cpu, mut worst) = (Duration::ZERO, Duration::ZERO);
    for block in 0..setting.whole_frames(seconds) as usize / BLOCK {
        let start = block * BLOCK * setting.channels();
        let samples: Vec<f32> =
            (start..start + BLOCK * setting.channels()).map(|at| sample(at, &mut random)).collect();
        let (frames, time) = timed(|| {
            encoder.push(&samples);
            encoder.take_frames()
        });
        cpu += time;
        worst = worst.max(time);
        decoder.decode(&frames.bytes, &setting.header)?;
    }
    decoder.decode(&encoder.finish().bytes, &setting.header)?;
    Ok((cpu, worst, decoder))
}
