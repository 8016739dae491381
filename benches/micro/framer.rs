//! Finding frames in a file.

use coldwave::audio::Framer;
use divan::Bencher;
use divan::counter::BytesCount;

use crate::meter::Meter;

/// A track of the bundled station: 38 s at 128 kbit/s, with tags at the beginning and the end.
const TRACK: &[u8] = include_bytes!("../../fixtures/station/01-foehn-over-the-skerries.mp3");

/// The bytes that the AutoDJ reads at once.
const PIECE: usize = 8 * 1024;

/// Frames the whole track, as the AutoDJ does.
pub fn track(meter: impl Meter) {
    meter.measure(Framer::new, |framer| {
        let mut frames = 0;
        for piece in TRACK.chunks(PIECE) {
            framer.push(piece);
            while framer.next_frame().is_some() {
                frames += 1;
            }
        }
        frames
    });
}

#[divan::bench(name = "track")]
fn timed_track(bencher: Bencher) {
    track(bencher.counter(BytesCount::new(TRACK.len())));
}
