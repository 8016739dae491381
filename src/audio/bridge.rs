//! Silence between two frames of one stream, after which the stream decodes as if it were not there.

use std::collections::VecDeque;
use std::time::Duration;

use super::framer::Frame;
use super::header::Header;
use super::mp3::Mp3Header;
use super::silence::Silence;

/// Returns `length` of silence in whole frames, to be played after the frames `before` and before `next`, the
/// frame that follows them in their stream.
///
/// A frame of MP3 may use data in the frames before it: up to 511 bytes, the bit reservoir (11172-3,
/// 2.4.2.7). With silence in between, a decoder would take the bytes of the silence for that data, and play
/// or report garbage. So these frames carry the data that `next` uses, where a decoder looks for it, and no
/// audio of their own. A decoder returns digital zero, after the overlap of the sound before, and then the
/// samples of the stream. Frames of AAC use no data of others.
///
/// `before` should hold at least the last 511 bytes of payload. It may begin with frames of another stream.
pub fn silent_bridge(before: &[u8], next: &Frame<'_>, length: Duration) -> Vec<u8> {
    let silence = Silence::matching(&next.header);
    let Frame { bytes, header, .. } = silence.frame();
    let count = length.as_micros() / header.duration().duration().as_micros().max(1);
    let mut frames = bytes.repeat(count as usize);
    if let Header::Mp3(header) = &next.header {
        let used = header.main_data_begin(next.bytes);
        let mut data = reservoir(before, header);
        data.drain(..data.len().saturating_sub(used));
        carry_reservoir(&mut frames, &header.plain(), &data);
    }
    frames
}

/// Returns the data that the frame after these frames may use.
fn reservoir(frames: &[u8], like: &Mp3Header) -> VecDeque<u8> {
    let (mut rest, mut data) = (frames, VecDeque::new());
    while let Some(header) = rest.first_chunk().and_then(|bytes| Mp3Header::parse(*bytes)) {
        let Some((frame, behind)) = rest.split_at_checked(header.frame_len()) else { break };
        if !header.is_compatible_with(like) {
            data.clear();
        }
        data.extend(frame.get(header.payload_at()..).unwrap_or_default());
        data.drain(..data.len().saturating_sub(like.reservoir_max()));
        rest = behind;
    }
    data
}

/// Writes `data` to the end of the payload of these frames. If a frame is too short for all of it, each frame
/// refers to the payload of those before it, because decoders forget what a frame does not refer to.
fn carry_reservoir(frames: &mut [u8], header: &Mp3Header, data: &VecDeque<u8>) {
    let (frame_len, at) = (header.frame_len(), header.payload_at());
    let room = frame_len.saturating_sub(at);
    let all = room * (frames.len() / frame_len);
    let first = all.saturating_sub(data.len());
    let places = (first..all).map(|place| place / room * frame_len + at + place % room);
    let carried = data.iter().skip(data.len().saturating_sub(all));
    places.zip(carried).for_each(|(place, byte)| frames[place] = *byte);
    if room < data.len() {
        for (index, frame) in frames.chunks_exact_mut(frame_len).enumerate() {
            header.set_main_data_begin(frame, (room * index).min(header.reservoir_max()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::framer::Framer;
    use super::*;
    use crate::audio::silent_frame;
    use symphonia::core::audio::{Audio, GenericAudioBufferRef};
    use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
    use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
    use symphonia::core::packet::Packet;
    use symphonia::core::units::{Duration as Length, Timestamp};
    use symphonia::default::codecs::MpaDecoder;

    /// Files whose frames use the bit reservoir: MPEG-1, -2 and -2.5, with and without CRC, with short and
    /// long frames, with a constant and with a variable bit rate.
    const FILES: [&[u8]; 7] = [
        include_bytes!("../../fixtures/mp3/cbr.mp3"),
        include_bytes!("../../fixtures/mp3/crc-mpeg1-44100-joint-128k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg1-44100-stereo-320k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg1-48000-mono-32k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg2-16000-mono-8k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg25-8000-mono-8k.mp3"),
        include_bytes!("../../fixtures/mp3/vbr-no-header.mp3"),
    ];

    fn frames(file: &[u8]) -> Vec<(Header, Vec<u8>)> {
        let (mut framer, mut frames) = (Framer::new(), Vec::new());
        framer.push(file);
        framer.finish();
        while let Some(frame) = framer.next_frame() {
            frames.push((frame.header, frame.bytes.to_vec()));
        }
        frames
    }

    /// Decodes frames, and returns the samples of each; `None` if the decoder complains.
    fn decode(frames: &[(Header, Vec<u8>)]) -> Vec<Option<Vec<f32>>> {
        let mut params = AudioCodecParameters::new();
        params.for_codec(CODEC_ID_MP3);
        let mut decoder = MpaDecoder::try_new(&params, &Default::default()).expect("symphonia decodes MP3");
        let samples = |(header, bytes): &(Header, Vec<u8>)| {
            let length = Length::from(header.samples());
            let decoded = decoder.decode(&Packet::new(0, Timestamp::ZERO, length, bytes.clone())).ok()?;
            let GenericAudioBufferRef::F32(samples) = decoded else { return None };
            let planes = (0..samples.num_planes()).map(|channel| samples.plane(channel).expect("a plane"));
            Some(planes.flatten().copied().collect())
        };
        frames.iter().map(samples).collect()
    }

    fn with_gap(all: &[(Header, Vec<u8>)], at: usize, gap: &[u8]) -> (Vec<(Header, Vec<u8>)>, usize) {
        let gap = frames(gap);
        let count = gap.len();
        (all[..at].iter().cloned().chain(gap).chain(all[at..].iter().cloned()).collect(), count)
    }

    #[test]
    fn stream_after_a_bridge_decodes_as_without_it() {
        for (number, file) in FILES.into_iter().enumerate() {
            let all = frames(file);
            let expected = decode(&all);
            for at in 6..all.len() - 3 {
                let before: Vec<u8> = all[..at].iter().flat_map(|(_, bytes)| bytes.clone()).collect();
                let (header, bytes) = &all[at];
                let next = Frame { bytes, header: *header, offset: 0 };
                let gap = silent_bridge(&before, &next, Duration::from_secs(2));
                let (with_gap, count) = with_gap(&all, at, &gap);
                let seconds = header.duration().duration().as_secs_f64() * count as f64;
                assert!((1.85..=2.0).contains(&seconds), "file {number}: {seconds} s");
                let decoded = decode(&with_gap);
                // The first frame after the gap lacks the overlap with the one before it.
                assert!(decoded[at..at + count + 1].iter().all(Option::is_some), "file {number} at {at}");
                // The synthesis filter needs half a granule of the same sound before.
                let settled = if header.samples() == 576 { 2 } else { 1 };
                let is_same = decoded[at + count + settled..] == expected[at + settled..];
                assert!(is_same, "file {number} at {at}");
                let quiet = &decoded[at + 2..at + count];
                assert!(quiet.iter().flatten().flatten().all(|sample| sample.abs() < 1e-3), "file {number}");
            }
        }
    }

    #[test]
    fn stream_after_plain_silence_does_not() {
        let all = frames(FILES[0]);
        let expected = decode(&all);
        let differs = |at: usize| {
            let (with_gap, count) = with_gap(&all, at, &silent_frame(&all[at].0).repeat(76));
            decode(&with_gap)[at + count + 1..] != expected[at + 1..]
        };
        assert!((6..all.len() - 2).any(differs), "which is why a bridge is needed");
    }
}
