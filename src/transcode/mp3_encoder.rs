//! Encodes MP3: samples in, whole frames out, and every frame at its exact place.

use std::collections::VecDeque;

use super::encoded_frames::{EncodedFrames, FrameMark};
#[cfg(feature = "lame")]
use super::lame::{self, Lame};
use super::left_out::LeftOut;
#[cfg(not(feature = "lame"))]
use super::no_lame::{self as lame, Lame};
use super::target::TargetFormat;
use crate::audio::Header;

/// Zeros before the first sample. Encoder and decoder together delay the audio by 1105 samples (576 in LAME,
/// 529 in a decoder), at every rate; with these it is a whole number of frames.
const PADDING: u64 = 47;

/// The delay in samples: one frame of MPEG-1, two of MPEG-2 and MPEG-2.5.
const DELAY: u64 = 1152;

/// LAME encodes a frame when it has this many samples after it (1024 of its FFT, less 272 of its offset and
/// 528 with which it begins).
const LOOK_AHEAD: u64 = 224;

/// The samples per channel that LAME gets in a call. With more its buffer grows.
const SAMPLES_PER_CALL: usize = 576;

/// The frames to encode before a given frame in the middle of a signal, and to discard, so that LAME's
/// psychoacoustics and filters have settled.
const WARM_UP_FRAMES: u64 = 6;

/// Full scale of 32-bit samples.
const FULL_SCALE: f32 = 2_147_483_648.0;

/// An encoder for one format, with a constant bit rate.
///
/// A sample that is pushed first is heard [one frame later](Self::frame_at), at 1152 samples; below 32 kHz,
/// where frames have 576, two frames later. The bit reservoir holds frames back for a while; their places do
/// not change.
pub struct Mp3Encoder {
    lame: Lame,
    format: TargetFormat,
    /// The samples per channel in a frame.
    frame_len: u64,
    /// The output of LAME that is not returned yet.
    bytes: Vec<u8>,
    /// The samples of a call, as LAME takes them.
    call: Vec<i32>,
    /// The index of the first frame that LAME encodes.
    base: u64,
    /// The samples per channel that LAME has got, its padding included.
    fed: u64,
    /// The number of frames up to the last time that all of them were completed.
    completed: u64,
    /// The index of the frame with which `bytes` begins.
    next: u64,
    /// The index of the first frame to return. Earlier ones are discarded.
    first: u64,
    /// Points in the input that are not returned yet: the index of the frame, and the token.
    marks: VecDeque<(u64, u32)>,
}

impl Mp3Encoder {
    /// Whether this program was built with an encoder.
    pub const IS_AVAILABLE: bool = cfg!(feature = "lame");

    /// Returns an encoder whose first frame has the index 0.
    ///
    /// # Errors
    /// [`NoEncoder`](LeftOut::NoEncoder) if the program was built without an encoder;
    /// [`Unsupported`](LeftOut::Unsupported) if layer III or LAME do not have this rate, number of channels
    /// or bit rate. LAME lacks 56 and 144 kbit/s, and more than 64 kbit/s below 16 kHz.
    pub fn new(format: TargetFormat) -> Result<Self, LeftOut> {
        Self::resuming(format, 0)
    }

    /// Returns an encoder that continues where another was lost: its first frame has the index `first`. The
    /// first sample to push is [`position`](Self::position).
    ///
    /// It encodes some earlier frames, too, and discards them. The first one that it returns needs no bytes
    /// of earlier frames.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn resuming(format: TargetFormat, first: u64) -> Result<Self, LeftOut> {
        let frame_len = samples_per_frame(&format)?;
        let base = first.saturating_sub(WARM_UP_FRAMES * DELAY / frame_len);
        let lame = lame::start(&format)?;
        let (bytes, call, marks) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut encoder = Self {
            lame,
            format,
            frame_len,
            bytes,
            call,
            base,
            fed: 0,
            completed: 0,
            next: base,
            first,
            marks,
        };
        encoder.feed_silence(PADDING);
        Ok(encoder)
    }

    /// Returns the format of the frames.
    pub fn format(&self) -> TargetFormat {
        self.format
    }

    /// Returns the number of samples per channel in a frame: 1152, or 576 below 32 kHz.
    pub fn frame_len(&self) -> u64 {
        self.frame_len
    }

    /// Returns the index, in the whole signal, of the sample that is pushed next. It counts per channel.
    pub fn position(&self) -> u64 {
        self.base * self.frame_len + self.fed - PADDING
    }

    /// Returns the index of the frame in which the sample at this position is heard.
    pub fn frame_at(&self, position: u64) -> u64 {
        (position + DELAY) / self.frame_len
    }

    /// Marks a point in the input, which is the sample at this position. The frame in which it is heard is
    /// returned with a [mark](EncodedFrames::marks). Positions must not fall.
    pub fn mark(&mut self, position: u64, token: u32) {
        self.mark_frame(self.frame_at(position), token);
    }

    /// Marks the next frame to be returned.
    pub fn mark_next_frame(&mut self, token: u32) {
        self.mark_frame(self.next_index(), token);
    }

    /// Encodes interleaved samples. Values that are not finite become 0; values above full scale are clipped.
    pub fn push(&mut self, samples: &[f32]) {
        let channels = usize::from(self.format.channels);
        for call in samples.chunks(SAMPLES_PER_CALL * channels) {
            self.call.clear();
            self.call.extend(call.iter().map(|sample| to_integer(*sample)));
            self.feed((call.len() / channels) as u64);
        }
    }

    /// Returns the frames that are complete, and the marks in them.
    pub fn take_frames(&mut self) -> EncodedFrames {
        self.discard_warm_up();
        let index = self.next_index();
        let mut end = 0;
        while let Some(len) = frame_len_at(&self.bytes, end) {
            end += len;
            self.next += 1;
        }
        let rest = self.bytes.split_off(end);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let count = self.next.saturating_sub(index) as u32;
        EncodedFrames { index, count, bytes, marks: self.take_marks(index), is_last: false }
    }

    /// Ends the signal and returns the rest of the frames: after `n` samples per channel there are (`n` +
    /// 1152) / [`frame_len`](Self::frame_len) in all, rounded up. The last one contains the last sample. No
    /// samples have no frames.
    pub fn finish(mut self) -> EncodedFrames {
        if self.fed == PADDING {
            return EncodedFrames { index: self.next_index(), is_last: true, ..EncodedFrames::default() };
        }
        let end = (self.position() + DELAY).div_ceil(self.frame_len);
        let needed = (end - self.base) * self.frame_len + LOOK_AHEAD;
        self.feed_silence(needed.saturating_sub(self.fed));
        self.complete_frames();
        self.marks.iter_mut().for_each(|(frame, _)| *frame = end.saturating_sub(1).min(*frame));
        EncodedFrames { is_last: true, ..self.take_frames() }
    }

    /// Ends with the frames that LAME has begun, and returns those that were not returned yet. Another
    /// encoder can [go on](Self::resuming) with the frame behind them, if it gets the samples from its
    /// [`position`](Self::position) on.
    pub fn break_off(mut self) -> EncodedFrames {
        self.complete_frames();
        self.take_frames()
    }

    fn mark_frame(&mut self, frame: u64, token: u32) {
        self.marks.push_back((frame, token));
    }

    fn feed_silence(&mut self, samples: u64) {
        let channels = u64::from(self.format.channels);
        let mut left = samples;
        while left > 0 {
            let now = left.min(SAMPLES_PER_CALL as u64);
            self.call.clear();
            self.call.resize((now * channels) as usize, 0);
            self.feed(now);
            left -= now;
        }
    }

    /// Passes a call to LAME, which encodes at most one frame of it.
    fn feed(&mut self, samples: u64) {
        lame::encode(&mut self.lame, &self.call, &mut self.bytes);
        let before = self.encoded();
        self.fed += samples;
        let is_warm = self.base < self.first && self.base + self.encoded() == self.first;
        if is_warm && self.encoded() > before {
            self.complete_frames();
        }
    }

    /// Writes the frames that LAME holds back. The next frame needs no bytes of them.
    fn complete_frames(&mut self) {
        // Without a frame since the last time, LAME has nothing to write, and complains.
        if self.completed < self.encoded() {
            self.completed = self.encoded();
            lame::complete_frames(&mut self.lame, &mut self.bytes);
        }
    }

    /// Returns the number of frames that LAME has encoded, including those that it holds back.
    fn encoded(&self) -> u64 {
        self.fed.saturating_sub(LOOK_AHEAD) / self.frame_len
    }

    /// Returns the index of the frame that is returned next.
    fn next_index(&self) -> u64 {
        self.next.max(self.first)
    }

    fn discard_warm_up(&mut self) {
        while self.next < self.first
            && let Some(len) = frame_len_at(&self.bytes, 0)
        {
            self.bytes.drain(..len);
            self.next += 1;
        }
    }

    fn take_marks(&mut self, index: u64) -> Vec<FrameMark> {
        let ready = self.marks.iter().take_while(|(frame, _)| *frame < self.next).count();
        let ready = self.marks.drain(..ready);
        ready.map(|(frame, token)| FrameMark { frame: frame.saturating_sub(index) as u32, token }).collect()
    }
}

/// Returns the samples per channel in a frame of this format.
fn samples_per_frame(format: &TargetFormat) -> Result<u64, LeftOut> {
    let TargetFormat { rate, channels, kbps } = *format;
    let header = Header::new_mp3(rate, channels, kbps);
    let none = || LeftOut::Unsupported(format!("MP3 has no {kbps} kbit/s at {rate} Hz, {channels} channels"));
    header.map(|header| header.samples().into()).ok_or_else(none)
}

/// Returns the length of the frame at this offset in LAME's output, if it is complete.
fn frame_len_at(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = &bytes[at..];
    let header = Header::parse_mp3(*bytes.first_chunk()?).expect("LAME returns frames");
    Some(header.frame_len()).filter(|len| *len <= bytes.len())
}

/// Converts a sample to an integer of 32 bits, as LAME takes it.
fn to_integer(sample: f32) -> i32 {
    if sample.is_finite() { (sample * FULL_SCALE) as i32 } else { 0 }
}

#[cfg(all(test, feature = "lame"))]
mod tests;
