//! Tests of the encoder: counts, places and lengths of frames, and input that LAME does not survive.

use super::super::test_audio::{
    SETTINGS, channel, decode_mp3, difference_db, format, frames, header, lag, main_data_begin, noise,
};
use super::*;

fn encoder(setting: (u32, u8, u16)) -> Mp3Encoder {
    Mp3Encoder::new(format(setting)).expect("LAME has this format")
}

/// Encodes samples in pieces of `piece` samples per channel, and joins the frames.
fn encoded(mut encoder: Mp3Encoder, samples: &[f32], piece: usize) -> EncodedFrames {
    let mut all = EncodedFrames { index: encoder.next_index(), ..EncodedFrames::default() };
    for piece in samples.chunks(piece * usize::from(encoder.format.channels)) {
        encoder.push(piece);
        join(&mut all, encoder.take_frames());
    }
    join(&mut all, encoder.finish());
    all
}

fn join(all: &mut EncodedFrames, more: EncodedFrames) {
    assert!(!all.is_last);
    assert_eq!(more.index, all.index + u64::from(all.count));
    assert_eq!(frames(&more.bytes).len(), more.count as usize);
    let before = all.count;
    all.marks.extend(more.marks.iter().map(|mark| FrameMark { frame: mark.frame + before, ..*mark }));
    all.count += more.count;
    all.bytes.extend(more.bytes);
    all.is_last = more.is_last;
}

/// Returns whether LAME has a format that layer III has.
fn lame_has((rate, _, kbps): (u32, u8, u16)) -> bool {
    kbps != 56 && kbps != 144 && (rate >= 16_000 || kbps <= 64)
}

/// Returns all settings of layer III.
fn all_settings() -> impl Iterator<Item = (u32, u8, u16)> {
    let rates = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
    let kbps = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320].into_iter();
    rates
        .into_iter()
        .flat_map(move |rate| kbps.clone().flat_map(move |kbps| [(rate, 1, kbps), (rate, 2, kbps)]))
        .filter(|(rate, channels, kbps)| Header::new_mp3(*rate, *channels, *kbps).is_some())
}

#[test]
fn every_format_of_layer_3_is_encoded_as_requested_or_refused() {
    for setting in all_settings() {
        let (rate, channels, kbps) = setting;
        let Ok(encoder) = Mp3Encoder::new(format(setting)) else {
            assert!(!lame_has(setting), "{setting:?}");
            continue;
        };
        let found = encoded(encoder, &noise(5_000, channels.into(), 1), 1152);
        for frame in frames(&found.bytes) {
            let header = header(frame);
            assert_eq!((header.rate(), header.channels(), header.kbps()), (rate, channels, kbps));
        }
        assert!(lame_has(setting), "{setting:?}");
    }
}

#[test]
fn formats_that_layer_3_does_not_have_are_refused() {
    for setting in
        [(44_100, 2, 8), (22_050, 2, 320), (44_000, 2, 128), (44_100, 3, 128), (44_100, 0, 128), (0, 2, 64)]
    {
        assert!(matches!(Mp3Encoder::new(format(setting)), Err(LeftOut::Unsupported(_))), "{setting:?}");
    }
}

#[test]
fn a_minute_of_every_setting_has_exact_count_rate_and_lag() {
    for setting in SETTINGS {
        let (rate, channels, kbps) = setting;
        let (spf, channels) = (u64::from(header_of(setting).samples()), usize::from(channels));
        let len = rate as usize * 60 / spf as usize * spf as usize;
        let samples = noise(len, channels, 5);
        let found = encoded(encoder(setting), &samples, 1152);
        assert_eq!(u64::from(found.count), len as u64 / spf + 1152 / spf, "{setting:?}");
        let nominal = u64::from(found.count) * spf * u64::from(kbps) * 125 / u64::from(rate);
        let frame = header_of(setting).frame_len() as u64 + 1;
        assert!(nominal.abs_diff(found.bytes.len() as u64) <= frame, "{setting:?}");
        let (input, output) =
            (channel(&samples, channels, 0), channel(&decode_mp3(&found.bytes), channels, 0));
        for start in [10 * rate as usize, len - 5_000] {
            let found = lag(&input, &output, start, 4_000);
            assert!(found.abs_diff(1152) <= 1, "{setting:?}: {found} at {start}");
        }
    }
}

fn header_of((rate, channels, kbps): (u32, u8, u16)) -> Header {
    Header::new_mp3(rate, channels, kbps).unwrap()
}

#[test]
fn last_frame_contains_the_last_sample() {
    for setting in [(44_100, 2, 128), (22_050, 1, 32), (8_000, 1, 16)] {
        for len in [1, 46, 47, 575, 576, 577, 1151, 1152, 1153, 5_000] {
            let found = encoded(encoder(setting), &noise(len, setting.1.into(), 2), 333);
            let spf = usize::from(header_of(setting).samples());
            assert_eq!(found.count as usize, (len + 1152).div_ceil(spf), "{setting:?}, {len}");
            decode_mp3(&found.bytes);
        }
    }
}

#[test]
fn no_samples_have_no_frames() {
    let found = encoder((44_100, 2, 128)).finish();
    assert_eq!((found.count, found.bytes.len(), found.is_last), (0, 0, true));
}

#[test]
fn pieces_of_the_input_do_not_change_the_frames() {
    let samples = noise(30_000, 2, 3);
    let expected = encoded(encoder((44_100, 2, 128)), &samples, 1152);
    for piece in [1, 100, 576, 1153, 30_000] {
        assert!(encoded(encoder((44_100, 2, 128)), &samples, piece) == expected, "pieces of {piece}");
    }
}

#[test]
fn marked_sample_is_heard_in_the_marked_frame() {
    for setting in [(44_100, 1, 128), (22_050, 1, 64)] {
        for at in [0, 1_000, 1_151, 1_152, 5_000, 9_216, 20_000] {
            let mut encoder = encoder(setting);
            let mut click = vec![0.0; 30_000];
            click[at..at + 3].fill(0.9);
            encoder.mark(at as u64, 7);
            let found = encoded(encoder, &click, 1152);
            let output = decode_mp3(&found.bytes);
            let loudest =
                (0..output.len()).max_by(|a, b| output[*a].abs().total_cmp(&output[*b].abs())).unwrap();
            assert!(loudest.abs_diff(at + 1153) <= 3, "{setting:?}: {loudest} for {at}");
            let frame = (at + 1152) / usize::from(header_of(setting).samples());
            assert_eq!(found.marks, [FrameMark { frame: frame as u32, token: 7 }]);
        }
    }
}

#[test]
fn marks_come_with_their_frames_in_order_and_the_last_one_is_within_the_last_frame() {
    let mut encoder = encoder((44_100, 2, 128));
    encoder.mark_next_frame(1);
    for (position, token) in [(0, 2), (50_000, 3), (50_001, 4), (99_999, 5), (100_000, 6)] {
        encoder.mark(position, token);
    }
    let found = encoded(encoder, &noise(100_000, 2, 1), 4_000);
    let marks: Vec<_> = found.marks.iter().map(|mark| (mark.frame, mark.token)).collect();
    assert_eq!(marks, [(0, 1), (1, 2), (44, 3), (44, 4), (87, 5), (87, 6)]);
    assert_eq!(found.count, 88);
}

#[test]
fn input_that_lame_does_not_survive_is_made_safe() {
    let hostile =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e9, -1e9, f32::MAX, f32::MIN_POSITIVE / 8.0, -0.0];
    let mut random = fastrand::Rng::with_seed(1);
    let signals: Vec<Vec<f32>> = hostile
        .iter()
        .map(|value| vec![*value; 20_000])
        .chain([
            (0..40_000).map(|at| hostile[at % hostile.len()]).collect(),
            (0..40_000).map(|_| if random.bool() { 1.0 } else { -1.0 }).collect(),
            (0..40_000).map(|_| f32::from_bits(random.u32(..))).collect(),
            (0..40_000).map(|at| if at % 5_000 == 0 { 1.0 } else { 1e-20 }).collect(),
        ])
        .collect();
    for setting in [(44_100, 2, 128), (44_100, 2, 320), (22_050, 1, 32), (8_000, 1, 8)] {
        for signal in &signals {
            let found = encoded(encoder(setting), signal, 1152);
            assert!(decode_mp3(&found.bytes).iter().all(|sample| sample.is_finite()));
        }
    }
}

#[test]
fn not_finite_values_become_silence_and_loud_ones_full_scale() {
    let samples = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0, 1e9, -1.0, -2.0, 1e-30, 0.5];
    let expected = [0, 0, 0, i32::MAX, i32::MAX, i32::MIN, i32::MIN, 0, 1 << 30];
    assert_eq!(samples.map(to_integer), expected);
}

#[test]
fn resumed_encoder_continues_at_the_same_place_with_a_frame_that_stands_alone() {
    for setting in [(44_100, 2, 128), (44_100, 1, 64), (22_050, 2, 64), (8_000, 1, 16)] {
        let channels = usize::from(setting.1);
        let samples = noise(80_000, channels, 4);
        let whole = encoded(encoder(setting), &samples, 1152);
        let expected = decode_mp3(&whole.bytes);
        for first in [1, 2, 3, 7, 13, 40] {
            let resumed = Mp3Encoder::resuming(format(setting), first).unwrap();
            let start = resumed.position() as usize * channels;
            let found = encoded(resumed, &samples[start..], 1000);
            assert_eq!((found.index, found.count), (first, whole.count - first as u32), "{setting:?}");
            assert_eq!(main_data_begin(&found.bytes), 0);
            let before = frames(&whole.bytes)[..first as usize].concat();
            let joined = decode_mp3(&[before, found.bytes].concat());
            let window = expected.len() / 10;
            let difference = difference_db(&expected[window..], &joined[window..]);
            assert!(difference < -12.0, "{setting:?} at {first}: {difference} dB");
        }
    }
}

#[test]
fn resumed_encoder_beyond_the_end_returns_nothing() {
    let resumed = Mp3Encoder::resuming(format((44_100, 2, 128)), 500).unwrap();
    let found = encoded(resumed, &noise(2_000, 2, 4), 1000);
    assert_eq!((found.index, found.count, found.is_last), (500, 0, true));
    let untouched = Mp3Encoder::resuming(format((44_100, 2, 128)), 500).unwrap().finish();
    assert_eq!((untouched.index, untouched.count), (500, 0));
}
