//! Tests of the conversion of files: the seam between two files, skipped frames, and the volume.

use super::super::encoded_frames::FrameMark;
use super::super::test_audio::{channel, decode_mp3, difference_db, format, frames, lag, noise};
use super::*;

const STEREO: TargetFormat = format((44_100, 2, 128));

/// Decoded samples in blocks of different lengths.
struct Blocks {
    rate: u32,
    channels: usize,
    samples: std::vec::IntoIter<f32>,
    reads: usize,
}

impl Blocks {
    fn new(rate: u32, channels: usize, samples: impl Into<Vec<f32>>) -> Self {
        Self { rate, channels, samples: samples.into().into_iter(), reads: 0 }
    }
}

impl PcmSource for Blocks {
    fn read(&mut self, block: &mut PcmBlock) -> bool {
        self.reads += 1;
        let len = [1152, 0, 4608, 100][self.reads % 4] * self.channels;
        block.samples.clear();
        block.samples.extend(self.samples.by_ref().take(len));
        (block.rate, block.channels) = (self.rate, self.channels);
        len == 0 || !block.samples.is_empty()
    }

    fn skip(&mut self, samples: u64) {
        self.samples.by_ref().take(samples as usize * self.channels).for_each(drop);
    }
}

/// A source whose format changes.
struct Chained(std::collections::VecDeque<Blocks>);

impl PcmSource for Chained {
    fn read(&mut self, block: &mut PcmBlock) -> bool {
        while let Some(first) = self.0.front_mut() {
            if first.read(block) {
                return true;
            }
            self.0.pop_front();
        }
        false
    }

    fn skip(&mut self, samples: u64) {
        self.0.iter_mut().take(1).for_each(|first| first.skip(samples));
    }
}

fn file(source: impl PcmSource + Send + 'static, format: TargetFormat) -> FileToMp3 {
    FileToMp3::new(source, 44_100, format, None, 0).unwrap()
}

/// Adds all frames of a file to `all`, without those that stay in the encoder.
fn play(file: &mut FileToMp3, all: &mut EncodedFrames) {
    loop {
        let batch = file.next();
        let is_last = batch.is_last;
        assert!(batch.count <= 44_100 * 2 / 1152 || file.encoder.frame_len() == 576, "about a second");
        add(all, batch);
        if is_last {
            return;
        }
    }
}

fn add(all: &mut EncodedFrames, batch: EncodedFrames) {
    assert_eq!(batch.index, all.index + u64::from(all.count));
    assert_eq!(frames(&batch.bytes).len(), batch.count as usize);
    let before = all.count;
    all.marks.extend(batch.marks.iter().map(|mark| FrameMark { frame: mark.frame + before, ..*mark }));
    all.count += batch.count;
    all.bytes.extend(batch.bytes);
}

fn whole(mut file: FileToMp3, index: u64) -> EncodedFrames {
    let mut all = EncodedFrames { index, ..EncodedFrames::default() };
    play(&mut file, &mut all);
    add(&mut all, file.finish());
    all
}

#[test]
fn first_file_begins_at_frame_0_and_ends_with_its_last_sample() {
    let samples = noise(100_000, 2, 1);
    let mut first = file(Blocks::new(44_100, 2, samples.as_slice()), STEREO);
    first.set_token(42);
    let found = whole(first, 0);
    assert_eq!(found.count, (100_000_u32 + 1152).div_ceil(1152));
    assert_eq!(found.marks, [FrameMark { frame: 0, token: 42 }]);
    let output = channel(&decode_mp3(&found.bytes), 2, 1);
    assert_eq!(lag(&channel(&samples, 2, 1), &output, 50_000, 10_000), 1152);
}

#[test]
fn file_in_another_rate_and_channel_count_is_converted() {
    let samples = noise(96_000, 1, 1);
    let found = whole(
        FileToMp3::new(Blocks::new(48_000, 1, samples.as_slice()), 48_000, STEREO, None, 0).unwrap(),
        0,
    );
    assert_eq!(found.count, (88_200_u32 + 1152).div_ceil(1152));
    let decoded = decode_mp3(&found.bytes);
    assert!(
        difference_db(&channel(&decoded, 2, 0), &channel(&decoded, 2, 1)) < -30.0,
        "both sides are equal"
    );
}

#[test]
fn files_follow_each_other_without_a_gap_and_the_second_is_marked_at_its_first_sample() {
    for setting in [(44_100, 2, 128), (44_100, 1, 64), (22_050, 1, 32)] {
        let format = format(setting);
        let channels = usize::from(format.channels);
        for cut in [30_000, 34_560, 40_319] {
            let samples = noise(90_000, channels, 6);
            let (start, end) = samples.split_at(cut * channels);
            let blocks = |samples: &[f32]| Blocks::new(format.rate, channels, samples);
            let mut all = EncodedFrames::default();
            let mut first = file(blocks(start), format);
            play(&mut first, &mut all);
            let mut second = file(blocks(end), format);
            second.set_token(5);
            second.take_over(first.into_encoder());
            play(&mut second, &mut all);
            add(&mut all, second.finish());
            let alone = whole(file(blocks(&samples), format), 0);
            assert!(all.bytes == alone.bytes, "{setting:?}: not as if it were one file");
            let frame_len = if format.rate < 32_000 { 576 } else { 1152 };
            let expected = FrameMark { frame: (cut as u32 + 1152) / frame_len, token: 5 };
            assert_eq!(all.marks, [FrameMark { frame: 0, token: 0 }, expected]);
        }
    }
}

#[test]
fn mark_of_a_file_shorter_than_a_frame_comes_with_the_next_file() {
    let samples = noise(40_000, 2, 6);
    let mut all = EncodedFrames::default();
    let mut encoder: Option<Mp3Encoder> = None;
    for (token, part) in [(1, &samples[..30_000]), (2, &samples[30_000..30_020]), (3, &samples[30_020..])] {
        let mut next = file(Blocks::new(44_100, 2, part), STEREO);
        next.set_token(token);
        if let Some(encoder) = encoder.take() {
            next.take_over(encoder);
        }
        play(&mut next, &mut all);
        encoder = Some(next.into_encoder());
    }
    add(&mut all, encoder.unwrap().finish());
    let marks: Vec<_> = all.marks.iter().map(|mark| (mark.frame, mark.token)).collect();
    assert_eq!(marks, [(0, 1), ((15_000 + 1152) / 1152, 2), ((15_010 + 1152) / 1152, 3)]);
}

#[test]
fn encoder_of_another_format_is_not_taken_over() {
    let samples = noise(20_000, 2, 6);
    let mut first = file(Blocks::new(44_100, 2, samples.as_slice()), format((44_100, 2, 64)));
    first.next();
    let mut second = file(Blocks::new(44_100, 2, samples.as_slice()), STEREO);
    second.take_over(first.into_encoder());
    let found = whole(second, 0);
    assert!(found.bytes == whole(file(Blocks::new(44_100, 2, samples.as_slice()), STEREO), 0).bytes);
}

#[test]
fn skipped_frames_are_those_of_the_file_from_its_beginning() {
    for rate in [44_100, 48_000, 22_050] {
        let samples = noise(200_000, 2, 8);
        let open = |skip| {
            FileToMp3::new(Blocks::new(rate, 2, samples.as_slice()), rate, STEREO, None, skip).unwrap()
        };
        let complete = whole(open(0), 0);
        let expected = decode_mp3(&complete.bytes);
        for skip in [1, 50, 76] {
            let found = whole(open(skip), skip);
            assert_eq!(u64::from(found.count) + skip, u64::from(complete.count), "from {rate} Hz, {skip}");
            assert!(found.marks.is_empty());
            let before = frames(&complete.bytes)[..skip as usize].concat();
            let joined = decode_mp3(&[before, found.bytes].concat());
            let part = 2 * 1152 * (skip as usize + 4)..expected.len() - 10_000;
            let difference = difference_db(&expected[part.clone()], &joined[part]);
            assert!(difference < -12.0, "from {rate} Hz, {skip}: {difference} dB");
        }
    }
}

#[test]
fn skipping_beyond_the_end_returns_nothing() {
    let samples = noise(20_000, 2, 8);
    let mut beyond =
        FileToMp3::new(Blocks::new(44_100, 2, samples.as_slice()), 44_100, STEREO, None, 1_000).unwrap();
    let batch = beyond.next();
    assert_eq!((batch.index, batch.count, batch.is_last), (1_000, 0, true));
    assert_eq!(beyond.finish().count, 0);
}

#[test]
fn change_of_format_inside_a_file_does_not_interrupt_it() {
    let parts = [(48_000, 1, 48_000), (44_100, 2, 44_100), (8_000, 1, 8_000)];
    let parts = parts.map(|(rate, channels, len)| Blocks::new(rate, channels, noise(len, channels, 3)));
    let found = whole(file(Chained(parts.into()), STEREO), 0);
    assert_eq!(found.count, (3 * 44_100_u32 + 1152).div_ceil(1152));
    assert_eq!(decode_mp3(&found.bytes).len(), found.count as usize * 1152 * 2);
}

#[test]
fn louder_file_is_limited_and_keeps_its_length() {
    let samples = noise(100_000, 2, 1);
    let open =
        |gain| FileToMp3::new(Blocks::new(44_100, 2, samples.as_slice()), 44_100, STEREO, gain, 0).unwrap();
    let (plain, loud) = (whole(open(None), 0), whole(open(Some(12.0)), 0));
    assert_eq!(plain.count, loud.count);
    let power = |found: &EncodedFrames| decode_mp3(&found.bytes).iter().map(|s| s * s).sum::<f32>();
    let peak = decode_mp3(&loud.bytes).iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!(power(&loud) > 4.0 * power(&plain) && peak < 1.0, "{} {} {peak}", power(&loud), power(&plain));
    let output = channel(&decode_mp3(&loud.bytes), 2, 0);
    assert_eq!(lag(&channel(&samples, 2, 0), &output, 50_000, 10_000), 1152);
}

#[test]
fn finish_in_the_middle_ends_without_reading_on() {
    let samples = noise(400_000, 2, 1);
    let mut stopped = file(Blocks::new(44_100, 2, samples.as_slice()), STEREO);
    let first = stopped.next();
    let position = stopped.encoder.position();
    let last = stopped.finish();
    assert_eq!(last.index, u64::from(first.count));
    assert_eq!(last.index + u64::from(last.count), (position + 1152).div_ceil(1152));
}

#[test]
fn file_without_samples_has_no_frames() {
    let found = whole(file(Blocks::new(44_100, 2, []), STEREO), 0);
    assert_eq!((found.count, found.bytes.len()), (0, 0));
}
