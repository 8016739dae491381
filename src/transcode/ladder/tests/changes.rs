//! Rungs that are changed, added and removed while a programme is encoded.

use super::*;

/// Encodes a programme whose rungs change after `at` frames. Returns the frames before and after the change.
fn with_change(programme: &[u8], before: &[Rung], after: &[Rung], at: usize) -> [Vec<Output>; 2] {
    let frames = split(programme);
    let mut ladder = ladder(before, AudioTime::ZERO);
    let mut outputs = push_all(&mut ladder, before, &frames[..at].concat());
    for last in ladder.set_rungs(after).expect("LAME has these formats") {
        add(&mut outputs, last);
    }
    let next = |rung: &Rung| {
        let before = outputs.iter().find(|output| output.rung.id == rung.id);
        let goes_on = before.filter(|before| before.rung.format.rate == rung.format.rate);
        Rung { first: goes_on.map_or(rung.first, |before| before.rung.first + before.count), ..*rung }
    };
    let after: Vec<_> = after.iter().map(next).collect();
    let rest = push_all(&mut ladder, &after, &frames[at..].concat());
    [outputs, rest]
}

#[test]
fn rungs_that_stay_are_identical_to_the_last_bit() {
    let programme = noise_programme((44_100, 2, 128), 6);
    let expected = encoded(&RUNGS, &programme);
    let changed = [
        // Nothing changes, also if another first frame is named.
        RUNGS.map(|rung| Rung { first: 7, ..rung }).to_vec(),
        // Others are removed, added and changed.
        vec![RUNGS[5], rung(9, (32_000, 2, 96)), RUNGS[1], rung(3, (44_100, 1, 64))],
    ];
    for after in changed {
        let [before, rest] = with_change(&programme, &RUNGS, &after, 100);
        let stays = |rest: &&Output| {
            RUNGS.iter().any(|rung| (rung.id, rung.format) == (rest.rung.id, rest.rung.format))
        };
        for rest in rest.iter().filter(stays) {
            let find = |all: &[Output]| {
                all.iter().find(|output| output.rung.id == rest.rung.id).expect("it").clone()
            };
            let (before, expected) = (find(&before), find(&expected));
            assert!([before.bytes, rest.bytes.clone()].concat() == expected.bytes, "{:?}", rest.rung);
        }
    }
}

#[test]
fn changed_bit_rate_costs_no_frame_and_is_not_heard() {
    let changes = [
        ((44_100, 2, 128), (44_100, 2, 64)),
        ((44_100, 2, 64), (44_100, 2, 192)),
        ((24_000, 2, 64), (24_000, 2, 96)),
        ((22_050, 1, 32), (22_050, 1, 64)),
        ((8_000, 1, 16), (8_000, 1, 24)),
    ];
    for parent in [(44_100, 2, 192), (48_000, 2, 192)] {
        for programme in [tone_programme(parent, 6), noise_programme(parent, 6)] {
            for (before, after) in changes {
                check_change(&programme, rung(1, before), rung(1, after));
            }
        }
    }
}

#[test]
fn changed_number_of_channels_costs_no_frame() {
    let programme = tone_programme((44_100, 2, 192), 6);
    for (before, after) in [
        ((44_100, 2, 128), (44_100, 1, 128)),
        ((44_100, 1, 64), (44_100, 2, 96)),
        ((22_050, 2, 64), (22_050, 1, 48)),
    ] {
        let [outputs, rest] = with_change(&programme, &[rung(1, before)], &[rung(1, after)], 120);
        let whole = &encoded(&[rung(1, before)], &programme)[0];
        assert!((outputs[0].count + rest[0].count).abs_diff(whole.count) <= 6);
        assert_eq!(header(&rest[0].bytes).channels(), after.1);
        let format = rest[0].rung.format;
        let reference = reference(&programme, format.rate);
        let unchanged = mono(&encoded(&[rung(1, after)], &programme)[0].bytes);
        let frame_len = Rung::samples_per_frame(format) as usize;
        let first = rest[0].rung.first as usize * frame_len;
        // The first samples lack what a decoder would have kept of the frames before.
        let window = first..first + 8_000;
        let found = residual(&reference[first..], &mono(&rest[0].bytes), 0..8_000);
        let expected = residual(&reference, &unchanged, window);
        assert_continuous(found, &[expected], &format!("{before:?} to {after:?}"));
    }
}

fn check_change(programme: &[u8], before: Rung, after: Rung) {
    let rate = before.format.rate;
    let reference = reference(programme, rate);
    let unchanged = [before, after].map(|rung| mono(&encoded(&[rung], programme)[0].bytes));
    for at in [80, 101, 130] {
        let [outputs, rest] = with_change(programme, &[before], &[after], at);
        let joined = [&outputs[0].bytes[..], &rest[0].bytes].concat();
        let kbps: Vec<_> = frames(&joined).iter().map(|frame| header(frame).kbps()).collect();
        let change = kbps.iter().position(|kbps| *kbps == after.format.kbps).expect("a change");
        assert_eq!(change as u64, outputs[0].count);
        assert!(kbps[change..].iter().all(|kbps| *kbps == after.format.kbps));
        let samples = mono(&joined);
        let seam = change * Rung::samples_per_frame(before.format) as usize - 1152;
        for window in [seam - 1152..seam + 2304, seam + 2304..seam + 10_000] {
            let [a, b] = unchanged.each_ref().map(|samples| residual(&reference, samples, window.clone()));
            let found = residual(&reference, &samples, window);
            assert_continuous(found, &[a, b], &format!("{before:?} to {after:?} at {at}"));
        }
    }
}

#[test]
fn rung_in_another_rate_and_a_new_one_begin_with_their_first_frame() {
    let programme = tone_programme((44_100, 2, 192), 6);
    let time = AudioTime::from_samples(1152 * 120, 44_100);
    let first = |rung: Rung| Rung { first: Rung::frame_at(time, rung.format) + 1, ..rung };
    let after = [
        RUNGS[0],
        first(rung(2, (22_050, 2, 64))),
        first(rung(7, (44_100, 2, 128))),
        first(rung(8, (8_000, 1, 16))),
        first(rung(9, (48_000, 2, 128))),
    ];
    let [_, rest] = with_change(&programme, &RUNGS[..3], &after, 120);
    assert_eq!(rest.len(), after.len());
    for output in &rest[1..] {
        let format = output.rung.format;
        let reference = reference(&programme, format.rate);
        let whole = encoded(&[Rung { first: 0, ..output.rung }], &programme).remove(0);
        assert!((output.rung.first + output.count).abs_diff(whole.count) <= 6, "{:?}", output.rung);
        // As good as an encoder that has encoded everything, from the second frame on.
        let before = frames(&whole.bytes)[..output.rung.first as usize].concat();
        let joined = mono(&[before, output.bytes.clone()].concat());
        let seam = (output.rung.first * Rung::samples_per_frame(format)) as usize - 1152;
        let window = seam..seam + 8_000;
        let expected = residual(&reference, &mono(&whole.bytes), window.clone());
        let found = residual(&reference, &joined, window);
        assert_continuous(found, &[expected], &format!("{:?}", output.rung));
    }
}

#[test]
fn removed_rung_has_no_more_frames() {
    let programme = noise_programme((44_100, 2, 128), 4);
    let [_, rest] = with_change(&programme, &RUNGS, &RUNGS[3..4], 60);
    assert_eq!(rest.iter().map(|output| output.rung.id).collect::<Vec<_>>(), [4]);
    let mut ladder = ladder(&RUNGS, AudioTime::ZERO);
    assert_eq!(ladder.set_rungs(&[]), Ok(Vec::new()));
    assert_eq!(ladder.push(&programme), Ok(Vec::new()));
    assert_eq!(ladder.set_rungs(&[rung(1, (44_100, 2, 56))]), ladder_error());
}

fn ladder_error() -> Result<Vec<RungFrames>, LeftOut> {
    Err(LeftOut::Unsupported("LAME has no 56 kbit/s at 44100 Hz".to_owned()))
}

#[test]
fn changes_before_the_first_frame_and_in_quick_succession_cost_no_frame() {
    let programme = tone_programme((44_100, 2, 192), 4);
    let pieces: Vec<_> = split(&programme).chunks(3).map(|piece| piece.concat()).collect();
    let mut ladder = ladder(&[rung(1, (44_100, 2, 128))], AudioTime::ZERO);
    let mut all = [Output { rung: rung(1, (44_100, 2, 128)), count: 0, bytes: Vec::new() }];
    for (number, piece) in pieces.iter().enumerate() {
        let kbps = [64, 96, 128, 192][number % 4];
        let last = ladder.set_rungs(&[rung(1, (44_100, 2, kbps))]).expect("LAME has this format");
        last.into_iter().for_each(|found| add(&mut all, found));
        let pushed = ladder.push(piece).expect("MP3");
        pushed.into_iter().for_each(|found| add(&mut all, found));
    }
    let samples = mono(&all[0].bytes);
    let found = residual(&reference(&programme, 44_100), &samples, 20_000..120_000);
    assert!(found < -15.0, "{found} dB");
}
