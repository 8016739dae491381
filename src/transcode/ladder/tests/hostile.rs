//! Frames that no encoder has made.

use super::*;
use crate::audio::Codec;

/// Frames with valid headers and random content, in all formats in turn.
fn hostile_programme(seed: u64, count: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut programme = Vec::new();
    let (mp3, aac) = ([44_100, 48_000, 32_000, 22_050, 8_000], [44_100, 48_000, 22_050, 96_000, 7_350]);
    while programme.len() < count * 300 {
        let channels = random.u8(1..=2);
        let header = match random.bool() {
            true => Header::new_mp3(random.choice(mp3).expect("a rate"), channels, 64),
            false => Header::new_aac(random.choice(aac).expect("a rate"), channels, random.usize(9..900)),
        };
        let header = header.expect("a format of the codec");
        for _ in 0..random.usize(1..12) {
            let start = programme.len();
            programme.extend_from_slice(header.bytes());
            programme.resize_with(start + header.frame_len(), || random.u8(..));
        }
    }
    programme
}

#[test]
fn random_frames_in_changing_formats_do_not_panic_and_keep_the_timeline() {
    let rungs = [RUNGS[1], RUNGS[3], RUNGS[5]];
    for seed in 0..6 {
        let programme = hostile_programme(seed, 150);
        let length = split(&programme).iter().fold(AudioTime::ZERO, |length, frame| {
            length + ProgrammeDecoder::split_frame(frame).expect("a frame").0.duration()
        });
        for output in push_all(&mut ladder(&rungs, AudioTime::ZERO), &rungs, &programme) {
            let expected = Rung::frame_at(length, output.rung.format);
            // At 7350 Hz, the resampler is behind by 0.3 s.
            let held_back = (expected - output.count) * Rung::samples_per_frame(output.rung.format);
            assert!(held_back < u64::from(output.rung.format.rate) / 2, "{:?}: {held_back}", output.rung);
            assert!(decode_mp3(&output.bytes).iter().all(|sample| sample.is_finite()));
        }
    }
}

#[test]
fn mutated_frames_do_not_panic() {
    let programmes = [noise_programme((44_100, 2, 128), 4), fixture("aac/lc-44100-stereo-96k.aac").repeat(6)];
    let mut random = fastrand::Rng::with_seed(3);
    let mut ladder = ladder(&[RUNGS[5]], AudioTime::ZERO);
    for programme in &programmes {
        for frame in split(programme) {
            let mut frame = frame.to_vec();
            let header_len = ProgrammeDecoder::split_frame(&frame).expect("a frame").0.codec().header_len();
            for _ in 0..random.usize(0..20) {
                let at = random.usize(header_len..frame.len());
                frame[at] = random.u8(..);
            }
            ladder.push(&frame).expect("frames with valid headers");
        }
    }
}

#[test]
fn bytes_that_are_no_frame_end_the_ladder() {
    let programme = noise_programme((44_100, 2, 128), 2);
    let error = Err(LeftOut::Unsupported("there is something else than frames in the stream".to_owned()));
    for bytes in [&programme[..300], &[&programme[..], &[0; 50]].concat(), &programme[1..]] {
        assert_eq!(ladder(&RUNGS[..1], AudioTime::ZERO).push(bytes), error);
    }
    assert_eq!(ladder(&RUNGS[..1], AudioTime::ZERO).push(&[]).map(|rungs| rungs.len()), Ok(1));
    let mut random = fastrand::Rng::with_seed(8);
    for _ in 0..2_000 {
        let bytes: Vec<u8> = (0..random.usize(..300)).map(|_| random.u8(..)).collect();
        let _ = ladder(&[], AudioTime::ZERO).push(&bytes);
    }
    assert_eq!(Codec::Mp3, header(&programme).codec());
}
