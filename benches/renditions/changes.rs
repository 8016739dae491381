//! What changes of bit rates and restarts in mid-programme add to the audio of a rendition.

use std::fmt;
use std::time::Duration;

use coldwave::audio::{Codec, Header};
use coldwave::time::AudioTime;
use coldwave::transcode::{Ladder, RUNG_DELAY, Rung, RungFrames, TargetFormat};

use crate::cost::thread_time;
use crate::decoder::Decoder;
use crate::failure::Failure;
use crate::programme::{Content, Programme};
use crate::reference::Reference;
use crate::setting::{format, name};

/// The seconds of a programme.
const SECONDS: usize = 8;

/// The frames of the programme after which something happens: in the middle of it, at different places in the
/// frames of the renditions.
const CHANGES: [u64; 4] = [120, 133, 147, 160];

/// How much of the programme is encoded before a restart, which is what the server does.
const LEAD_IN: Duration = Duration::from_millis(1500);

/// The most frames at the end that one encoder holds back and another does not, because of its bit reservoir.
const HELD_BACK: u64 = 8;

/// The level in dB of what may be added to tones.
const NOT_HEARD: f32 = -35.0;

/// The samples around a seam that are compared: before it, and after it.
const AROUND: [u64; 2] = [2_304, 4_608];

/// The formats of renditions before a change.
const BEFORE: [TargetFormat; 8] = [
    format((44_100, 2, 128)),
    format((44_100, 2, 64)),
    format((44_100, 2, 128)),
    format((24_000, 2, 64)),
    format((22_050, 1, 32)),
    format((44_100, 2, 128)),
    format((24_000, 2, 64)),
    format((22_050, 1, 32)),
];

/// The formats after it. If it is the same, the encoder is restarted.
const AFTER: [TargetFormat; 8] = [
    format((44_100, 2, 64)),
    format((44_100, 2, 128)),
    format((44_100, 2, 192)),
    format((24_000, 2, 48)),
    format((22_050, 1, 48)),
    format((44_100, 2, 128)),
    format((24_000, 2, 64)),
    format((22_050, 1, 32)),
];

/// What was found about one change.
pub struct Seam {
    content: Content,
    before: TargetFormat,
    after: TargetFormat,
    /// The level of what encoders add without a change, the higher one of both formats, in dB.
    unchanged: f32,
    /// The same with a change.
    changed: f32,
    /// The most frames that were lost or doubled.
    lost: u64,
}

impl Seam {
    /// The head of the table.
    pub const HEAD: &str = "| change | programme | frames lost | added without a change | with the change | more |\n\
        | --- | --- | ---: | ---: | ---: | ---: |";

    /// Returns whether no frame was lost, and the audio is not worse by more than 2 dB, or not heard: the
    /// first frames of an encoder cannot use bits that earlier ones have saved, which shows where it usually
    /// adds nearly nothing. A click is -5 dB.
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.changed <= (self.unchanged + 2.0).max(NOT_HEARD)
    }
}

/// A line of the table.
impl fmt::Display for Seam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content, before, after, unchanged, changed, lost } = self;
        let what = if before == after {
            format!("{}, restarted", name(*before))
        } else {
            format!("{} to {}", name(*before), name(*after))
        };
        let (content, more) = (content.name(), changed - unchanged);
        write!(f, "| {what} | {content} | {lost} | {unchanged:.1} dB | {changed:.1} dB | {more:+.1} dB |")
    }
}

/// Measures all changes. The mean of the places in the programme counts.
pub fn run() -> Result<Vec<Seam>, Failure> {
    let mut seams = Vec::new();
    for content in [Content::Music, Content::Tones] {
        let stereo = Programme::encode("44100-2-192", content, SECONDS)?;
        let mono = Programme::encode("44100-1-128", content, SECONDS)?;
        for (before, after) in BEFORE.into_iter().zip(AFTER) {
            let programme = if before.channels == 1 { &mono } else { &stereo };
            seams.push(measure(programme, content, before, after)?);
        }
    }
    Ok(seams)
}

fn measure(
    programme: &Programme,
    content: Content,
    before: TargetFormat,
    after: TargetFormat,
) -> Result<Seam, Failure> {
    let comparison = Comparison::new(programme, before.rate)?;
    let alone = [encode(programme, before, None)?.0, encode(programme, after, None)?.0];
    let (mut unchanged, mut changed, mut lost) = (0.0, 0.0, 0);
    for at in CHANGES {
        let (frames, seam) = match before == after {
            false => encode(programme, before, Some((at, after)))?,
            true => encode_with_restart(programme, &alone[0], before, at)?,
        };
        let power = |frames: &Frames| comparison.added_power(&frames.bytes, seam);
        unchanged += power(&alone[0])?.max(power(&alone[1])?);
        changed += power(&frames)?;
        lost = lost.max(frames.count.abs_diff(alone[1].count).saturating_sub(HELD_BACK));
    }
    let level = |power: f64| (10.0 * (power / CHANGES.len() as f64).log10()) as f32;
    Ok(Seam { content, before, after, unchanged: level(unchanged), changed: level(changed), lost })
}

/// The frames of a rendition.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    count: u64,
}

impl Frames {
    /// Adds frames, which must continue the others.
    fn add(&mut self, found: &[RungFrames]) -> Result<(), Failure> {
        for frames in found.iter().map(|found| &found.frames) {
            if frames.index != self.count {
                return Err(format!("frame {} instead of {}", frames.index, self.count).into());
            }
            self.count += u64::from(frames.count);
            self.bytes.extend(&frames.bytes);
        }
        Ok(())
    }
}

fn rung(format: TargetFormat, first: u64) -> Rung {
    Rung { id: 1, format, first }
}

/// Encodes a programme, with another format after some frames. Returns also the index of the first frame in
/// that format.
fn encode(
    programme: &Programme,
    format: TargetFormat,
    change: Option<(u64, TargetFormat)>,
) -> Result<(Frames, u64), Failure> {
    let mut ladder = Ladder::new(&[rung(format, 0)], AudioTime::ZERO, thread_time)?;
    let (mut frames, mut seam) = (Frames::default(), 0);
    for index in 0..programme.len() {
        if let Some((_, after)) = change.filter(|(at, _)| *at == index) {
            frames.add(&ladder.set_rungs(&[rung(after, 0)])?)?;
            seam = frames.count;
        }
        frames.add(&ladder.push(programme.frame(index).1)?)?;
    }
    Ok((frames, seam))
}

/// Encodes a programme to its end, from a frame in the middle on. Returns the frames with those of `whole`
/// before them, and the index of the first one of the other encoder.
fn encode_with_restart(
    programme: &Programme,
    whole: &Frames,
    format: TargetFormat,
    at: u64,
) -> Result<(Frames, u64), Failure> {
    let time = |index: u64| AudioTime::from_samples(index * programme.frame_len(), programme.rate());
    let seam = Rung::frame_at(time(at), format);
    let wanted = time(at).saturating_sub(AudioTime::from(LEAD_IN));
    let from = (0..at).rev().find(|from| time(*from) <= wanted).unwrap_or(0);
    let mut ladder = Ladder::new(&[rung(format, seam)], time(from), thread_time)?;
    let bytes = whole.bytes[..byte_len(&whole.bytes, seam)].to_vec();
    let mut frames = Frames { bytes, count: seam };
    for index in from..programme.len() {
        frames.add(&ladder.push(programme.frame(index).1)?)?;
    }
    Ok((frames, seam))
}

/// Returns the length of the first `count` frames in bytes.
fn byte_len(frames: &[u8], count: u64) -> usize {
    let mut at = 0;
    for _ in 0..count {
        let header = Header::parse(Codec::Mp3, &frames[at..]);
        at += header.map_or(0, |header| header.frame_len());
    }
    at
}

/// Compares renditions with the programme.
struct Comparison {
    rate: u32,
    reference: Reference,
}

impl Comparison {
    fn new(programme: &Programme, rate: u32) -> Result<Self, Failure> {
        let all = 0..programme.len() * programme.frame_len();
        let mut reference = Reference::new(std::iter::once(all));
        for index in 0..programme.len() {
            let (header, frame) = programme.frame(index);
            reference.push(header, frame)?;
        }
        Ok(Self { rate, reference })
    }

    /// Returns the power of what is not the programme, relative to it, around the frame `seam` of a
    /// rendition. A different volume does not count: LAME lowers it by 5 %.
    fn added_power(&self, frames: &[u8], seam: u64) -> Result<f64, Failure> {
        let header = Header::parse(Codec::Mp3, frames).ok_or("no frames")?;
        let start = seam * u64::from(header.samples()) - RUNG_DELAY;
        let range = start - AROUND[0]..start + AROUND[1];
        let delayed = range.start + RUNG_DELAY..range.end + RUNG_DELAY;
        let mut decoder = Decoder::new(std::iter::once(delayed).collect())?;
        decode(&mut decoder, frames)?;
        let (input, output) = (self.reference.samples(0, self.rate, range), &decoder.collected[0]);
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        // The part of the output that is not the input.
        let common = product(&input, output).powi(2) / product(&input, &input);
        Ok((product(output, output) - common) / common)
    }
}

/// Decodes frames whose bit rate changes.
fn decode(decoder: &mut Decoder, frames: &[u8]) -> Result<(), Failure> {
    let mut rest = frames;
    while let Some(header) = Header::parse(Codec::Mp3, rest) {
        let (frame, after) = rest.split_at(header.frame_len());
        decoder.decode(frame, &header)?;
        rest = after;
    }
    if decoder.errors == 0 { Ok(()) } else { Err("frames that cannot be decoded".into()) }
}
