//! The encoders of the simulated world: they count as those of the encode worker do.

use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::station::{ConverterError, LadderEncoder, LadderEncoders, StationKey};
use coldwave::time::{AudioTime, Time};
use coldwave::transcode::{Rung, RungFrames, TargetFormat};

use crate::world::World;
use crate::world::encoder::Encoder;
use crate::world::ladders::{FakeLadders, rung_index};
use crate::world::tone::number_of;

const RUNGS: [(u32, u8, u16); 4] = [(44_100, 2, 128), (22_050, 2, 48), (24_000, 2, 64), (48_000, 2, 96)];

fn rungs(first: impl Fn(TargetFormat) -> u64) -> Vec<Rung> {
    let rung = |(id, (rate, channels, kbps))| {
        let format = TargetFormat { rate, channels, kbps };
        Rung { id, format, first: first(format) }
    };
    (0..).zip(RUNGS).map(rung).collect()
}

/// Encodes frames as one request.
fn encode(ladders: &FakeLadders, ladder: &mut dyn LadderEncoder, frames: &[u8]) -> Vec<RungFrames> {
    ladder.push(frames.split_at(1000));
    ladders.advance(ladders.deadline().expect("a request is sent"));
    ladder.poll().expect("a response").expect("frames")
}

/// Returns the index and the number of every frame.
fn contents(frames: &RungFrames) -> Vec<(u64, Option<u64>)> {
    let mut contents = Vec::new();
    let mut rest = &frames.frames.bytes[..];
    while let Some(header) = rest.first_chunk().and_then(|first| Header::parse_mp3(*first)) {
        contents.push((rung_index(rest).expect("an index"), number_of(rest)));
        rest = &rest[header.frame_len()..];
    }
    assert_eq!(contents.len(), frames.frames.count as usize);
    contents
}

fn key() -> StationKey {
    World::new(1).keys[0]
}

#[test]
fn encoder_that_starts_later_returns_the_same_frames() {
    let (mut ladders, log) = (FakeLadders::default(), Rc::default());
    let frames = Encoder::new(&log, 1, Header::DEFAULT).frames(400);
    let frame = AudioTime::from_samples(1152, 44_100);
    let mut whole = ladders.start(key(), "/live", AudioTime::ZERO, &rungs(|_| 0));
    let all = encode(&ladders, whole.as_mut(), &frames);
    let at = (0..100).map(|_| frame).sum();
    let later = rungs(|format| Rung::frame_at((0..160).map(|_| frame).sum(), format));
    let mut part = ladders.start(key(), "/live", at, &later);
    let bytes = frames.len() / 400 * 100;
    let rest = encode(&ladders, part.as_mut(), &frames[bytes..]);
    for ((all, rest), rung) in all.iter().zip(&rest).zip(later) {
        assert_eq!(rest.frames.index, rung.first);
        assert_eq!(contents(rest), contents(all)[rung.first as usize..], "{:?}", rung.format);
        assert!(rest.frames.count > 150, "{:?}", rest.frames.count);
    }
}

/// Station frame f is heard in rendition frame f + 1 at 44.1 kHz, f + 2 at 22.05 kHz.
#[test]
fn frames_are_heard_where_the_real_encoder_has_them() {
    let (mut ladders, log) = (FakeLadders::default(), Rc::default());
    let frames = Encoder::new(&log, 1, Header::DEFAULT).frames(100);
    let mut ladder = ladders.start(key(), "/live", AudioTime::ZERO, &rungs(|_| 0));
    let encoded = encode(&ladders, ladder.as_mut(), &frames);
    for (rung, delay) in [(0, 1), (1, 2)] {
        let first = number_of(&frames).expect("a number");
        let silence = (0..delay).map(|index| (index, None));
        let expected: Vec<_> = silence.chain((delay..).zip((first..).map(Some))).take(90).collect();
        assert_eq!(contents(&encoded[rung])[..90], expected);
    }
}

#[test]
fn rung_with_another_bit_rate_continues_its_index() {
    let (mut ladders, log) = (FakeLadders::default(), Rc::default());
    let mut encoder = Encoder::new(&log, 1, Header::DEFAULT);
    let mut ladder = ladders.start(key(), "/live", AudioTime::ZERO, &rungs(|_| 0));
    let before = encode(&ladders, ladder.as_mut(), &encoder.frames(50));
    let mut changed = rungs(|_| 200);
    changed[0].format.kbps = 192;
    changed[1].format.rate = 24_000;
    ladder.set_rungs(&changed[..3]);
    let after = encode(&ladders, ladder.as_mut(), &encoder.frames(250));
    assert_eq!(after.len(), 3, "one has gone");
    assert_eq!(after[0].frames.index, before[0].frames.index + u64::from(before[0].frames.count));
    assert_eq!(after[1].frames.index, 200);
    assert_eq!(ladders.rungs()[0].len(), 3);
}

#[test]
fn encoder_fails_as_the_test_says() {
    let (mut ladders, log) = (FakeLadders::default(), Rc::default());
    let frames = Encoder::new(&log, 1, Header::DEFAULT).frames(50);
    let start = |ladders: &mut FakeLadders| ladders.start(key(), "/live", AudioTime::ZERO, &rungs(|_| 0));
    ladders.set(|knobs| knobs.unavailable = Some("none".into()));
    let mut ladder = start(&mut ladders);
    assert_eq!(ladder.poll(), Some(Err(ConverterError::Unavailable("none".into()))));
    assert_eq!(ladders.next_ready(), Some(key()));
    ladders.set(|knobs| (knobs.unavailable, knobs.unsupported) = (None, Some("HE-AAC".into())));
    let mut ladder = start(&mut ladders);
    ladder.push((&frames, &[]));
    ladders.advance(Time::after_start(Duration::from_millis(20)));
    assert_eq!(ladder.poll(), Some(Err(ConverterError::Unsupported("HE-AAC".into()))));
    ladders.set(|knobs| (knobs.unsupported, knobs.hangs) = (None, true));
    let mut ladder = start(&mut ladders);
    ladder.push((&frames, &[]));
    ladders.advance(Time::after_start(Duration::from_millis(10_019)));
    assert!(ladder.is_busy() && ladder.poll().is_none());
    ladders.advance(Time::after_start(Duration::from_millis(10_020)));
    assert!(matches!(ladder.poll(), Some(Err(ConverterError::Died(_)))));
    let mut ladder = start(&mut ladders);
    assert_eq!(ladders.running(), 1);
    ladders.kill();
    assert_eq!(ladders.running(), 0);
    assert!(matches!(ladder.poll(), Some(Err(ConverterError::Died(_)))) && !ladder.is_busy());
    assert_eq!(ladders.starts().len(), 4);
}
