//! Where the audio of a programme is heard in the frames of its rungs.

use super::*;

#[test]
fn every_rung_is_1152_samples_late() {
    for parent in [(44_100, 2, 192), (48_000, 2, 192)] {
        let bytes = programme(parent, 12);
        let decoded = decode_mp3(&bytes);
        for (rung, found) in encoded(&RUNGS, AudioTime::ZERO, &bytes) {
            let rate = rung.format.rate;
            let (input, output) = (mono_at(&decoded, parent, rate), mono(&found, rung.format));
            for seconds in [1, 10] {
                let lag = lag(&input, &output, seconds * rate as usize, 20_000);
                assert!(lag.abs_diff(1152) <= 1, "{parent:?} to {rung:?} at {seconds} s: {lag}");
            }
        }
    }
}
