//! Tests of the conversion of streams: places of frames and titles, lost input and changes of its format.

use super::super::test_audio::{channel, decode_mp3, format, frames, header, lag, noise};
use super::*;

const STEREO: TargetFormat = format((44_100, 2, 128));

/// Encodes noise, and returns it with its frames. Sample `i` of it is heard at sample `i + 1152` of the
/// frames.
fn stream(setting: (u32, u8, u16), len: usize) -> (Vec<f32>, Vec<u8>) {
    let samples = noise(len, setting.1.into(), 11);
    let mut encoder = Mp3Encoder::new(format(setting)).unwrap();
    encoder.push(&samples);
    let mut bytes = encoder.take_frames().bytes;
    bytes.extend(encoder.finish().bytes);
    (channel(&samples, setting.1.into(), 0), bytes)
}

/// Converts frames in pieces of `piece` frames, each of which is marked with its number.
fn converted(transcoder: &mut StreamTranscoder, bytes: &[u8], piece: usize) -> EncodedFrames {
    let mut all = EncodedFrames::default();
    let mut number = 0;
    for piece in frames(bytes).chunks(piece) {
        let marks: Vec<_> =
            (0..piece.len() as u32).map(|at| FrameMark { frame: at, token: number + at }).collect();
        number += piece.len() as u32;
        add(&mut all, transcoder.push(&piece.concat(), &marks));
    }
    add(&mut all, transcoder.finish());
    all
}

fn add(all: &mut EncodedFrames, more: EncodedFrames) {
    if more.count > 0 {
        assert_eq!(more.index, all.index + u64::from(all.count));
    }
    let before = all.count;
    all.marks.extend(more.marks.iter().map(|mark| FrameMark { frame: mark.frame + before, ..*mark }));
    all.count += more.count;
    all.bytes.extend(more.bytes);
}

#[test]
fn each_input_frame_is_heard_in_the_computed_output_frame() {
    let inputs = [
        (44_100, 2, 128),
        (22_050, 1, 32),
        (48_000, 1, 64),
        (32_000, 2, 96),
        (24_000, 2, 64),
        (8_000, 1, 16),
    ];
    let outputs = [(44_100, 2, 128), (48_000, 2, 128), (22_050, 1, 32), (16_000, 1, 32)];
    for input in inputs {
        let (_, bytes) = stream(input, input.0 as usize * 4);
        let input_frame = u64::from(header(&bytes).samples());
        for output in outputs {
            let mut transcoder = StreamTranscoder::new(Codec::Mp3, format(output)).unwrap();
            let found = converted(&mut transcoder, &bytes, 7);
            let output_frame = u64::from(header(&found.bytes).samples());
            assert_eq!(found.marks.len(), frames(&bytes).len());
            for (number, mark) in found.marks.iter().enumerate() {
                let exact = number as u64 * input_frame * u64::from(output.0) / u64::from(input.0) + 1152;
                let expected = FrameMark { frame: (exact / output_frame) as u32, token: number as u32 };
                assert_eq!(*mark, expected, "{input:?} to {output:?}");
            }
        }
    }
}

#[test]
fn audio_is_two_encodings_late_to_the_sample_at_the_start_and_at_the_end() {
    for input in [(44_100, 2, 192), (44_100, 1, 128)] {
        let (samples, bytes) = stream(input, 44_100 * 20);
        let mut transcoder = StreamTranscoder::new(Codec::Mp3, STEREO).unwrap();
        let output = channel(&decode_mp3(&converted(&mut transcoder, &bytes, 38).bytes), 2, 0);
        for start in [44_100, 44_100 * 19] {
            assert_eq!(lag(&samples, &output, start, 20_000), 2 * 1152, "{input:?}");
        }
    }
}

#[test]
fn number_of_frames_in_a_request_does_not_matter() {
    let (_, bytes) = stream((48_000, 1, 64), 48_000 * 3);
    let convert = |piece| converted(&mut StreamTranscoder::new(Codec::Mp3, STEREO).unwrap(), &bytes, piece);
    let expected = convert(1);
    assert!(convert(2) == expected);
    assert!(convert(1_000) == expected);
}

#[test]
fn damaged_frames_cost_only_themselves() {
    let (samples, bytes) = stream((44_100, 2, 128), 44_100 * 6);
    let mut damaged = bytes.clone();
    let mut random = fastrand::Rng::with_seed(2);
    let mut at = 0;
    for (number, frame) in frames(&bytes).into_iter().enumerate() {
        if (50..60).contains(&number) {
            damaged[at + 4..at + frame.len()].fill_with(|| random.u8(..));
        }
        at += frame.len();
    }
    let convert = |bytes| converted(&mut StreamTranscoder::new(Codec::Mp3, STEREO).unwrap(), bytes, 10);
    let (found, expected) = (convert(&damaged), convert(&bytes));
    assert_eq!((found.count, &found.marks), (expected.count, &expected.marks));
    let output = channel(&decode_mp3(&found.bytes), 2, 0);
    assert_eq!(lag(&samples, &output, 44_100 * 4, 20_000), 2 * 1152);
}

#[test]
fn change_of_the_input_format_keeps_encoder_and_timeline() {
    let parts = [(48_000, 1, 64), (44_100, 2, 128), (24_000, 2, 64), (48_000, 1, 64)];
    let parts = parts.map(|setting| (setting.0, stream(setting, setting.0 as usize * 2).1));
    let bytes = parts.iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<u8>>();
    let found = converted(&mut StreamTranscoder::new(Codec::Mp3, STEREO).unwrap(), &bytes, 5);
    let (mut seconds, mut number) = (0.0, 0);
    for (rate, bytes) in &parts {
        let mark = found.marks[number].frame;
        let expected = ((seconds * 44_100.0 + 1152.0) / 1152.0) as u32;
        assert!(mark.abs_diff(expected) <= 1, "{rate}: {mark}, not {expected}");
        let frames = frames(bytes);
        number += frames.len();
        seconds += frames.len() as f64 * f64::from(header(frames[0]).samples()) / f64::from(*rate);
    }
    assert_eq!(found.marks.len(), number);
    assert_eq!(found.count, ((seconds * 44_100.0).round() as u32 + 1152).div_ceil(1152));
    decode_mp3(&found.bytes);
}

#[test]
fn mark_behind_the_last_frame_is_where_the_next_request_begins() {
    let (_, bytes) = stream((44_100, 2, 128), 44_100);
    let mut transcoder = StreamTranscoder::new(Codec::Mp3, STEREO).unwrap();
    let mut all = transcoder.push(&frames(&bytes)[..3].concat(), &[FrameMark { frame: 3, token: 1 }]);
    add(&mut all, transcoder.push(&frames(&bytes)[3..].concat(), &[FrameMark { frame: 0, token: 2 }]));
    let marks: Vec<_> = all.marks.iter().map(|mark| (mark.frame, mark.token)).collect();
    assert_eq!(marks, [(4, 1), (4, 2)]);
}

#[test]
fn bytes_that_are_no_frame_end_the_request_without_harm() {
    let (_, bytes) = stream((44_100, 2, 128), 44_100);
    let mut transcoder = StreamTranscoder::new(Codec::Mp3, STEREO).unwrap();
    let mut broken = frames(&bytes)[..20].concat();
    broken.extend([0; 100]);
    let mut all = transcoder.push(&broken, &[]);
    add(&mut all, transcoder.push(&bytes[..300], &[]));
    add(&mut all, transcoder.finish());
    assert_eq!(all.count, 21);
    let after = transcoder.push(&bytes, &[]);
    assert_eq!((after.count, transcoder.finish().is_last), (0, true));
}
