//! Where the audio of a programme is heard in the frames of its rungs.

use super::*;

#[track_caller]
fn assert_lag(reference: &[f32], output: &[f32], at: usize, what: &str) {
    let lag = lag(reference, output, at, 15_000);
    assert!(lag.abs_diff(1152) <= 1, "{what}, sample {at}: {lag}");
}

/// Checks that all rungs of a programme have the same lag at the start and at the end, and that no frames are
/// missing.
fn check(name: &str, programme: &[u8]) {
    let length = split(programme).iter().fold(AudioTime::ZERO, |length, frame| {
        length + ProgrammeDecoder::split_frame(frame).expect("a frame").0.duration()
    });
    for output in encoded(&RUNGS, programme) {
        let rate = output.rung.format.rate;
        let reference = reference(programme, rate);
        let samples = mono(&output.bytes);
        for at in [rate as usize, reference.len() - 30_000] {
            assert_lag(&reference, &samples, at, &format!("{name} to {:?}", output.rung.format));
        }
        // The bit reservoir and the resampler hold some back.
        let held_back = Rung::frame_at(length, output.rung.format) - output.count;
        assert!(held_back <= 10, "{name} to {:?}: {held_back} frames", output.rung.format);
    }
}

#[test]
fn every_rung_of_an_mp3_programme_is_1152_samples_late() {
    for parent in [(44_100, 2, 192), (48_000, 2, 192), (44_100, 1, 128), (22_050, 2, 64)] {
        check(&format!("{parent:?}"), &noise_programme(parent, 9));
    }
}

#[test]
fn every_rung_of_an_aac_programme_is_1152_samples_late() {
    let programme = fixture("aac/lc-44100-stereo-96k.aac").repeat(12);
    check("AAC-LC", &programme);
}

/// At 44.1 kHz to 44.1 and 22.05 kHz exactly, elsewhere by rounding: what [`Rung::frame_at`] says.
#[test]
fn click_is_heard_in_the_computed_frame() {
    let frame = 40;
    for parent in [(44_100, 1, 320), (48_000, 1, 320)] {
        let mut click = vec![0.0; parent.0 as usize * 4];
        click[frame * 1152..][..3].fill(0.9);
        let programme = mp3(parent, &click);
        // The parent is an encoder late.
        let time = AudioTime::from_samples((frame as u64 + 1) * 1152, parent.0);
        for output in encoded(&RUNGS, &programme) {
            let samples = mono(&output.bytes);
            let loudest = (0..samples.len()).max_by(|a, b| samples[*a].abs().total_cmp(&samples[*b].abs()));
            let exact = time.samples(output.rung.format.rate) as usize + 1152;
            let loudest = loudest.expect("samples");
            assert!(loudest.abs_diff(exact) <= 4, "{:?}: {loudest} for {exact}", output.rung);
            let found = loudest as u64 / Rung::samples_per_frame(output.rung.format);
            let computed = Rung::frame_at(time, output.rung.format);
            assert!(found.abs_diff(computed) <= u64::from(exact % 576 < 4 || exact % 576 > 572));
        }
    }
}

#[test]
fn changes_of_rate_channels_and_codec_do_not_shift_the_programme() {
    let aac = fixture("aac/lc-44100-stereo-96k.aac");
    let parts = [
        noise_programme((44_100, 2, 128), 2),
        noise_programme((48_000, 2, 128), 2),
        aac.repeat(3),
        noise_programme((24_000, 1, 48), 2),
        noise_programme((48_000, 1, 64), 2),
        noise_programme((44_100, 2, 192), 4),
    ];
    let length = |part: &Vec<u8>| {
        split(part).iter().fold(AudioTime::ZERO, |length, frame| {
            length + ProgrammeDecoder::split_frame(frame).expect("a frame").0.duration()
        })
    };
    for output in encoded(&RUNGS, &parts.concat()) {
        let samples = mono(&output.bytes);
        let mut time = AudioTime::ZERO;
        for (number, part) in parts.iter().enumerate() {
            let start = time.samples(output.rung.format.rate) as usize;
            let reference = reference(part, output.rung.format.rate);
            assert_lag(&reference, &samples[start..], 14_000, &format!("part {number}, {:?}", output.rung));
            time += length(part);
        }
    }
}

#[test]
fn fifty_changes_between_two_rates_do_not_add_up() {
    let parts = [noise_programme((44_100, 2, 128), 4), noise_programme((48_000, 2, 128), 4)];
    let frames = parts.each_ref().map(|part| split(part));
    for rungs in [[rung(1, (44_100, 2, 128))], [rung(1, (24_000, 1, 32))]] {
        let format = rungs[0].format;
        let mut ladder = ladder(&rungs, AudioTime::ZERO);
        let mut all = [Output { rung: rungs[0], count: 0, bytes: Vec::new() }];
        let mut time = AudioTime::ZERO;
        for change in 0..50 {
            let count = 5 + change % 4;
            time += AudioTime::from_samples(1152 * count as u64, [44_100, 48_000][change % 2]);
            let pushed = ladder.push(&frames[change % 2][..count].concat()).expect("MP3");
            pushed.into_iter().for_each(|found| add(&mut all, found));
        }
        let last = ladder.push(&parts[0]).expect("MP3");
        last.into_iter().for_each(|found| add(&mut all, found));
        let samples = mono(&all[0].bytes);
        let start = time.samples(format.rate) as usize;
        assert_lag(&reference(&parts[0], format.rate), &samples[start..], 20_000, &format!("{format}"));
    }
}

#[test]
fn frames_that_cannot_be_decoded_become_silence_of_their_length() {
    let mut programme = noise_programme((44_100, 2, 128), 8);
    let expected = encoded(&RUNGS, &programme);
    let mut random = fastrand::Rng::with_seed(5);
    let damaged: Vec<Range<usize>> = split(&programme)
        .iter()
        .scan(0, |at, frame| {
            let start = *at;
            *at += frame.len();
            Some(start + 4..*at)
        })
        .skip(60)
        .take(30)
        .collect();
    damaged.into_iter().for_each(|frame| programme[frame].fill_with(|| random.u8(..)));
    for (found, expected) in encoded(&RUNGS, &programme).into_iter().zip(expected) {
        assert!(found.count.abs_diff(expected.count) <= 4, "{:?}", found.rung);
        let rate = found.rung.format.rate;
        assert_lag(&reference(&programme, rate), &mono(&found.bytes), rate as usize * 5, "after the damage");
    }
}

#[test]
fn number_of_frames_in_a_request_does_not_matter() {
    let programme = noise_programme((48_000, 1, 64), 3);
    let expected = encoded(&RUNGS, &programme);
    for piece in [1, 3, 1_000] {
        let mut ladder = ladder(&RUNGS, AudioTime::ZERO);
        let mut all: Vec<_> =
            RUNGS.iter().map(|rung| Output { rung: *rung, count: 0, bytes: Vec::new() }).collect();
        for piece in split(&programme).chunks(piece) {
            let pushed = ladder.push(&piece.concat()).expect("MP3");
            pushed.into_iter().for_each(|found| add(&mut all, found));
        }
        assert!(all == expected, "requests of {piece} frames");
    }
}
