//! The timeline: the last half minute of a station, in its ring buffer.

use std::hint::black_box;
use std::time::Duration;

use coldwave::audio::{Header, silent_frame};
use coldwave::settings::StationSettings;
use coldwave::station::{Timeline, min_retention};
use coldwave::time::AudioTime;
use divan::Bencher;

use crate::meter::Meter;
use crate::test_station::test_station;

/// The number of frames of about a second.
const FRAMES_PER_SECOND: usize = 38;

/// Pushes a second of frames, each of which replaces the oldest one.
pub fn push(meter: impl Meter) {
    let frame = silent_frame(&Header::DEFAULT);
    let length = Header::DEFAULT.duration();
    let mut timeline = Timeline::new((AudioTime::from(min_retention(&StationSettings::default())), 0));
    while timeline.buffered() < timeline.retention() {
        timeline.push_frame(&frame, length);
    }
    meter.measure(
        || (),
        |()| {
            for _ in 0..FRAMES_PER_SECOND {
                timeline.push_frame(black_box(&frame), length);
            }
        },
    );
}

/// Finds the offset of a second ago, and borrows the bytes since then.
fn lend(meter: impl Meter) {
    let second = Duration::from_secs(1);
    let station = test_station(second);
    let timeline = station.timeline();
    meter.measure(
        || (),
        |()| {
            let from = timeline.offset_behind(black_box(second.into()));
            timeline.bytes(from, timeline.end()).0.len()
        },
    );
}

#[divan::bench(name = "push_a_second")]
fn timed_push(bencher: Bencher) {
    push(bencher);
}

#[divan::bench(name = "lend_a_second")]
fn timed_lend(bencher: Bencher) {
    lend(bencher);
}
