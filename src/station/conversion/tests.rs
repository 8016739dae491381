//! Conversion with a converter that returns what the test says.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::super::feed::Feed;
use super::super::input::Readiness;
use super::*;
use crate::audio::{Frame, silent_frame};
use crate::transcode::FrameMark;

const TARGET: TargetFormat = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };

/// What a converter received, and what it returns.
#[derive(Debug, Default)]
struct Script {
    tokens: Vec<u32>,
    is_finished: bool,
    is_full: bool,
    results: VecDeque<Result<EncodedFrames, ConverterError>>,
}

#[derive(Debug)]
struct ScriptedConverter(Rc<RefCell<Script>>);

impl FrameConverter for ScriptedConverter {
    fn push(&mut self, _: &[u8], token: u32) {
        self.0.borrow_mut().tokens.push(token);
    }

    fn is_full(&self) -> bool {
        self.0.borrow().is_full
    }

    fn finish(&mut self) {
        self.0.borrow_mut().is_finished = true;
    }

    fn poll(&mut self) -> Option<Result<EncodedFrames, ConverterError>> {
        self.0.borrow_mut().results.pop_front()
    }
}

/// A feed with its converters.
struct Converted {
    feed: Feed,
    script: Rc<RefCell<Script>>,
    starts: usize,
}

fn foreign() -> Header {
    Header::new_mp3(48_000, 1, 64).expect("a format of MP3")
}

impl Converted {
    fn new() -> Self {
        let mut feed = Feed::default();
        feed.open();
        feed.set_target(Some(ConversionTarget { format: TARGET, is_always: false }));
        Self { feed, script: Rc::default(), starts: 0 }
    }

    fn push(&mut self, count: usize) {
        for _ in 0..count {
            let (bytes, header) = (silent_frame(&foreign()), foreign());
            self.feed.push(&Frame { bytes: &bytes, header, offset: 0 });
        }
        self.convert();
    }

    fn convert(&mut self) -> Vec<ConversionChange> {
        let Self { feed, script, starts } = self;
        let mut start = |_, _| {
            *starts += 1;
            Box::new(ScriptedConverter(script.clone())) as Box<dyn FrameConverter>
        };
        feed.convert(&mut start, Time::START)
    }

    /// Returns these bytes from the converter, with marks: the index of a frame, and a token.
    fn receive(&mut self, bytes: Vec<u8>, marks: &[(u32, u32)]) {
        let marks: Vec<_> = marks.iter().map(|&(frame, token)| FrameMark { frame, token }).collect();
        let frames = EncodedFrames { count: 1, bytes, marks, ..EncodedFrames::default() };
        self.script.borrow_mut().results.push_back(Ok(frames));
        self.convert();
    }

    fn fail(&mut self, error: ConverterError) -> Vec<ConversionChange> {
        self.script.borrow_mut().results.push_back(Err(error));
        self.convert()
    }

    fn next_title(&mut self) -> Option<String> {
        self.feed.next_frame().1.map(|title| title.text)
    }
}

fn output(count: usize) -> Vec<u8> {
    silent_frame(&Header::DEFAULT).repeat(count)
}

#[test]
fn frames_that_are_not_whole_or_in_another_format_are_never_played() {
    let whole = output(3);
    for bytes in [&whole[..whole.len() - 1], &whole[1..], &silent_frame(&foreign()), b"ID3", &[0; 417]] {
        let mut converted = Converted::new();
        converted.push(5);
        converted.receive(bytes.to_vec(), &[]);
        assert_eq!(converted.feed.next_header(), None);
        converted.push(1);
        assert_eq!(converted.starts, 2, "another converter is started");
    }
}

#[test]
fn title_can_be_set_for_frames_that_are_converted_or_being_converted() {
    for (count, titled) in [(6, 0), (5, 1), (4, 2), (2, 4), (0, 9)] {
        let mut converted = Converted::new();
        converted.push(4);
        converted.receive(output(2), &[(1, 0)]);
        converted.receive(output(1), &[(0, 1)]);
        // The frames 2 and 3 are in the converter, and the frames 4 and 5 wait.
        converted.script.borrow_mut().is_full = true;
        converted.push(2);
        let _ = converted.feed.set_title_of_last(count, &Title::new("A"));
        converted.script.borrow_mut().is_full = false;
        converted.convert();
        for token in 2..6 {
            converted.receive(output(1), &[(0, token)]);
        }
        let titles: Vec<_> = (0..7).map(|_| converted.next_title()).collect();
        // The first of the seven converted frames is the delay of the encoder. It belongs to frame 0.
        let expected = match titled {
            0 => Some(0),
            9 => None,
            number => Some(number + 1),
        };
        assert_eq!(titles.iter().position(|title| title.as_deref() == Some("A")), expected, "last {count}");
    }
}

#[test]
fn tokens_may_wrap_around() {
    let mut converted = Converted::new();
    converted.feed.start_numbers_at(u64::from(u32::MAX) - 1);
    converted.push(2);
    converted.feed.set_title(Title::new("A"));
    converted.push(2);
    assert_eq!(converted.script.borrow().tokens, [u32::MAX - 1, u32::MAX, 0, 1]);
    converted.receive(output(3), &[(1, u32::MAX - 1), (2, u32::MAX)]);
    converted.receive(output(1), &[(0, 0)]);
    let titles: Vec<_> = (0..4).map(|_| converted.next_title()).collect();
    assert_eq!(titles, [Some(String::new()), None, None, Some("A".into())]);
}

#[test]
fn feed_that_waits_for_a_converter_does_not_count_as_fast() {
    let mut converted = Converted::new();
    converted.push(1);
    converted.script.borrow_mut().is_full = true;
    converted.push(500);
    assert!(converted.feed.is_full() && !converted.feed.has_been_full());
    // What the converter returns faster than it is played does.
    converted.script.borrow_mut().is_full = false;
    converted.receive(output(400), &[(0, 500)]);
    assert!(converted.feed.has_been_full());
}

#[test]
fn ended_feed_is_pending_until_its_last_frame_was_converted() {
    let mut converted = Converted::new();
    converted.push(3);
    converted.feed.finish();
    converted.convert();
    assert!(converted.script.borrow().is_finished);
    assert_eq!(converted.feed.poll(), Readiness::Pending);
    let last = EncodedFrames { count: 1, bytes: output(1), is_last: true, ..EncodedFrames::default() };
    converted.script.borrow_mut().results.push_back(Ok(last));
    converted.convert();
    assert_eq!(converted.feed.poll(), Readiness::Ready);
    converted.feed.next_frame();
    assert_eq!(converted.feed.poll(), Readiness::Idle);
}

#[test]
fn frames_pass_when_no_converter_is_available() {
    let mut converted = Converted::new();
    converted.feed.set_title(Title::new("A"));
    converted.push(3);
    let changes = converted.fail(ConverterError::Unavailable("none".into()));
    let (from, to) = (foreign().format(), TARGET);
    assert_eq!(changes, [ConversionChange::Unconverted { from, to, reason: "none".into() }]);
    converted.push(1);
    let titles: Vec<_> = (0..4).map(|_| converted.next_title()).collect();
    assert_eq!((titles, converted.starts), (vec![Some("A".into()), None, None, None], 1));
}
