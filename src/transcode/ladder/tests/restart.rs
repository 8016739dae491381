//! Ladders that begin in mid-programme, for example after the death of a worker.

use super::*;

/// Returns the frames of a programme from 1.5 s before the frame that begins with sample `at` of a rung, and
/// where they begin.
fn lead_in(programme: &[u8], rung: &Rung) -> (AudioTime, Vec<u8>) {
    let samples = (rung.first * Rung::samples_per_frame(rung.format)).saturating_sub(1152);
    let wanted = AudioTime::from_samples(samples, rung.format.rate)
        .saturating_sub(AudioTime::from(Duration::from_millis(1500)));
    let mut frames = split(programme);
    let duration = header_of(frames[0]).duration();
    let mut start = AudioTime::ZERO;
    while start < wanted {
        start += duration;
        frames.remove(0);
    }
    (start, frames.concat())
}

fn header_of(frame: &[u8]) -> Header {
    ProgrammeDecoder::split_frame(frame).expect("a frame").0
}

/// Restarts each rung at several frames. The frames before and after sound as if nothing had happened.
fn check(programme: &[u8], rungs: &[Rung]) {
    for whole in encoded(rungs, programme) {
        let (format, rate) = (whole.rung.format, whole.rung.format.rate);
        let frame_len = Rung::samples_per_frame(format) as usize;
        let reference = reference(programme, rate);
        let unbroken = mono(&whole.bytes);
        for seconds in [2.2, 3.15, 4.71] {
            let first = (seconds * f64::from(rate)) as u64 / frame_len as u64;
            let rung = Rung { first, ..whole.rung };
            let (start, frames_left) = lead_in(programme, &rung);
            let after = push_all(&mut ladder(&[rung], start), &[rung], &frames_left).remove(0);
            // The bit reservoir can hold back one more.
            assert!((first + after.count).abs_diff(whole.count) <= 1, "{rung:?}");
            let before = frames(&whole.bytes)[..first as usize].concat();
            let joined = mono(&[before, after.bytes].concat());
            let seam = first as usize * frame_len - 1152;
            for window in [seam - 1152..seam + 2304, seam + 2304..seam + 10_000] {
                let expected = residual(&reference, &unbroken, window.clone());
                let found = residual(&reference, &joined, window);
                assert_continuous(found, &[expected], &format!("{rung:?}"));
            }
        }
    }
}

#[test]
fn restarted_rung_continues_its_audio_at_the_same_place() {
    for parent in [(44_100, 2, 192), (48_000, 2, 128)] {
        check(&tone_programme(parent, 7), &RUNGS);
        check(&noise_programme(parent, 7), &RUNGS[1..5]);
    }
}

#[test]
fn restart_at_the_lowest_rate_has_enough_audio_before_it() {
    let rungs = [rung(1, (8_000, 1, 16)), rung(2, (11_025, 1, 24)), rung(3, (16_000, 2, 48))];
    check(&tone_programme((44_100, 2, 192), 7), &rungs);
}

#[test]
fn restart_of_an_aac_programme_continues_its_audio() {
    check(&fixture("aac/lc-44100-stereo-96k.aac").repeat(11), &RUNGS[1..5]);
}

/// The time of a frame is between two samples of the rung if the programme had another rate before.
#[test]
fn programme_may_begin_between_two_samples() {
    let programme = tone_programme((44_100, 2, 192), 4);
    for setting in [(44_100, 2, 128), (22_050, 1, 32), (48_000, 2, 128)] {
        let start = AudioTime::from_samples(1152 * 1_001, 48_000);
        let at = AudioTime::from_samples(1152 * 70, 44_100);
        let rung = Rung { first: Rung::frame_at(start + at, format(setting)), ..rung(1, setting) };
        let output = push_all(&mut ladder(&[rung], start), &[rung], &programme).remove(0);
        // The first sample of the output, counted from the start of the programme.
        let begin = rung.first as usize * Rung::samples_per_frame(rung.format) as usize
            - 1152
            - start.samples(setting.0) as usize;
        let found = mono(&output.bytes);
        let reference = reference(&programme, setting.0);
        let best = (begin - 2..=begin + 2).min_by_key(|begin| {
            let part = &reference[begin + 4_000..begin + 14_000];
            (difference_db(part, &found[4_000..14_000]) * 1_000.0) as i64
        });
        assert!(best.expect("five of them").abs_diff(begin) <= 1, "{setting:?}: {best:?} for {begin}");
    }
}

#[test]
fn silence_comes_first_if_the_programme_begins_later_than_the_rung() {
    let programme = noise_programme((44_100, 2, 128), 6);
    let start = AudioTime::from_samples(44_100, 44_100);
    for output in push_all(&mut ladder(&RUNGS, start), &RUNGS, &programme) {
        let rate = output.rung.format.rate as usize;
        let (samples, reference) = (mono(&output.bytes), reference(&programme, output.rung.format.rate));
        assert!(samples[..rate].iter().all(|sample| sample.abs() < 1e-3), "{:?}", output.rung);
        let lag = lag(&reference, &samples[rate..], 2 * rate, 20_000);
        assert!(lag.abs_diff(1152) <= 1, "{:?}: {lag}", output.rung);
    }
}

#[test]
fn rung_that_begins_later_than_the_programme_begins_with_its_first_frame() {
    let programme = noise_programme((44_100, 2, 128), 6);
    let rungs = RUNGS.map(|rung| Rung { first: Rung::samples_per_frame(rung.format) / 8, ..rung });
    for (late, whole) in push_all(&mut ladder(&rungs, AudioTime::ZERO), &rungs, &programme)
        .iter()
        .zip(encoded(&RUNGS, &programme))
    {
        assert_eq!(late.rung.first + late.count, whole.count, "{:?}", late.rung);
    }
}

#[test]
fn rung_that_begins_long_before_the_programme_is_refused() {
    let start = AudioTime::from_samples(60, 1);
    assert!(matches!(Ladder::new(&RUNGS[..1], start, no_clock), Err(LeftOut::Unsupported(_))));
    let near = Rung { first: 60 * 44_100 / 1152 - 300, ..RUNGS[0] };
    assert!(Ladder::new(&[near], start, no_clock).is_ok());
}
