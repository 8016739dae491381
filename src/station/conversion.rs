//! Converts the frames of a feed that are not in the format of the station.
//!
//! Frames wait, then they are in the converter, and converted frames go to the feed's queue. Frames that need
//! no conversion take the same way without the converter, so the order is always that of the sender. A frame
//! stays here until the converted frame in which it begins has come back. So its title starts with that
//! frame, and nothing is lost with the converter except what it had begun.

use std::time::Duration;

use super::converter::{ConverterError, FrameConverter};
use super::frame_queue::{FeedQueue, QueuedFrame};
use crate::audio::{Codec, Format, Header};
use crate::icy::Title;
use crate::time::{AudioTime, Time};
use crate::transcode::{EncodedFrames, TargetFormat};

/// How long frames pass unconverted after a conversion was impossible. Listeners meet a seam when they begin
/// to pass and another when they are converted again, so at most one such pair in this time.
pub const UNCONVERTED_MIN: Duration = Duration::from_secs(60);

/// If this much audio was waiting for a converter when it failed, and none was ready to be played, it had not
/// responded for so long that another input is on air.
const LATE_MIN: Duration = Duration::from_secs(4);

/// How much of that audio remains, so that the source is not late from then on.
const LATE_KEPT: Duration = Duration::from_secs(2);

/// To what the frames of a feed are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionTarget {
    /// The format of the station.
    pub format: TargetFormat,
    /// Whether frames that are in this format are encoded too.
    pub is_always: bool,
}

/// What happens to the frames of a feed, when it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversionChange {
    /// They are converted.
    Converted {
        /// The format in which they are sent.
        from: Format,
        /// The format in which they are played.
        to: TargetFormat,
    },
    /// They should be converted, but pass unconverted.
    Unconverted {
        /// Their format.
        from: Format,
        /// The format in which they should be played.
        to: TargetFormat,
        /// Why this is impossible.
        reason: String,
    },
}

/// A conversion in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionStatus {
    /// The format in which the frames are sent.
    pub from: Format,
    /// The format in which they are played.
    pub to: TargetFormat,
    /// How much audio was in the converter when it last returned frames: the delay that it causes, if the
    /// sender sends in real time.
    pub delay: Duration,
}

/// Starts a converter for frames of this codec.
pub type StartConverter<'a> = &'a mut dyn FnMut(Codec, TargetFormat) -> Box<dyn FrameConverter>;

/// The conversion of a feed's frames.
#[derive(Debug, Default)]
pub struct Conversion {
    target: Option<ConversionTarget>,
    /// Frames that were sent, but neither converted nor passed on yet.
    waiting: FeedQueue,
    /// Frames in the converter of which no beginning has come back yet.
    in_converter: FeedQueue,
    running: Option<RunningConverter>,
    /// A title of frames that were lost. It starts with the next frame.
    carried_title: Option<Title>,
    /// The number of the first frame that may not share a converter with those before it.
    next_stream: u64,
    /// Until when all frames pass unconverted.
    passes_until: Option<Time>,
    delay: Duration,
    last_change: Option<ConversionChange>,
}

#[derive(Debug)]
struct RunningConverter {
    converter: Box<dyn FrameConverter>,
    /// The format of the last frame that went into it.
    from: Format,
    to: TargetFormat,
    /// The number of its first frame.
    first: u64,
    /// The number of the last frame that begins in what it has returned, or of the first one.
    begun: u64,
    has_output: bool,
    is_finishing: bool,
}

impl ConversionTarget {
    fn converts(&self, header: &Header) -> bool {
        header.codec() == Codec::Mp3 && (self.is_always || header.format() != self.format.format())
    }
}

impl Conversion {
    /// Sets to what frames are converted from now on; `None` to pass all on.
    pub fn set_target(&mut self, target: Option<ConversionTarget>) {
        self.target = target;
    }

    /// Returns to what frames are converted.
    pub fn target(&self) -> Option<ConversionTarget> {
        self.target
    }

    /// Returns whether a frame that is sent now has to be [added](Self::push) here.
    pub fn wants(&self, header: &Header) -> bool {
        self.is_busy() || self.target.is_some_and(|target| target.converts(header))
    }

    /// Returns whether frames wait or are being converted.
    pub fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || self.running.is_some()
    }

    /// Adds a frame. [`advance`](Self::advance) has to be called soon.
    pub fn push(&mut self, bytes: &[u8], frame: QueuedFrame) {
        self.waiting.push(bytes, frame);
    }

    /// Returns the title that a frame gets that is queued now and has `title`.
    pub fn title_for(&mut self, title: Option<Title>) -> Option<Title> {
        let carried = self.carried_title.take();
        title.or(carried)
    }

    /// Keeps the title of frames that were dropped from the feed's queue for the next frame that is added
    /// there, unless there is a later one.
    pub fn carry_title(&mut self, title: Option<Title>) {
        self.carried_title = self.carried_title.take().or(title);
    }

    /// Returns the first frame not yet in the feed's queue that begins with the sender's frame `number` or a
    /// later one.
    pub fn find(&mut self, number: u64) -> Option<&mut QueuedFrame> {
        let Self { in_converter, waiting, .. } = self;
        in_converter.find(number).or_else(|| waiting.find(number))
    }

    /// Ends the stream of which the frame before `next` is the last one: the converter returns all frames,
    /// even if no other stream follows.
    pub fn end_stream(&mut self, next: u64) {
        self.next_stream = next;
    }

    /// Drops all frames.
    pub fn discard(&mut self) {
        *self = Self { target: self.target, ..Self::default() };
    }

    /// Returns how much audio waits or is being converted.
    pub fn length(&self) -> AudioTime {
        self.waiting.length() + self.in_converter.length()
    }

    /// Returns the number of bytes of the frames that wait or are being converted.
    pub fn byte_len(&self) -> usize {
        self.waiting.byte_len() + self.in_converter.byte_len()
    }

    /// Returns the conversion in progress.
    pub fn status(&self) -> Option<ConversionStatus> {
        let RunningConverter { from, to, .. } = *self.running.as_ref()?;
        Some(ConversionStatus { from, to, delay: self.delay })
    }

    /// Moves frames on, as far as they can be: to the converter, from it to `queue`, or directly to `queue`.
    /// Returns what has changed.
    pub fn advance(
        &mut self,
        queue: &mut FeedQueue,
        start: StartConverter<'_>,
        now: Time,
    ) -> Vec<ConversionChange> {
        let mut changes = Vec::new();
        while let Some(result) = self.running.as_mut().and_then(|running| running.converter.poll()) {
            let taken = result.and_then(|frames| self.take_output(&frames, queue, &mut changes));
            taken.unwrap_or_else(|error| self.handle_error(error, queue.is_empty(), now, &mut changes));
        }
        while self.move_next(queue, start, now) {}
        changes
    }

    /// Moves the first waiting frame on. Returns whether it did.
    fn move_next(&mut self, queue: &mut FeedQueue, start: StartConverter<'_>, now: Time) -> bool {
        let Some(first) = self.waiting.front() else {
            self.finish_ended_stream();
            return false;
        };
        let (from, number, to) = (first.header.format(), first.number, self.target_for(&first.header, now));
        match (&mut self.running, to) {
            (Some(running), Some(to)) if running.continues_with(to, number, self.next_stream) => {
                running.push_from(&mut self.waiting, &mut self.in_converter)
            }
            (Some(running), _) => {
                running.finish();
                false
            }
            (None, Some(to)) => {
                let converter = start(from.codec, to);
                self.running = Some(RunningConverter::new(converter, from, to, number));
                true
            }
            (None, None) => self.pass_next(queue),
        }
    }

    /// Returns to what a frame is converted now, if it is.
    fn target_for(&self, header: &Header, now: Time) -> Option<TargetFormat> {
        let is_possible = self.passes_until.is_none_or(|until| until <= now);
        let target = self.target.filter(|target| is_possible && target.converts(header));
        target.map(|target| target.format)
    }

    fn pass_next(&mut self, queue: &mut FeedQueue) -> bool {
        let Self { waiting, carried_title, .. } = self;
        let Some((frame, bytes)) = waiting.pop() else { return false };
        let carried = carried_title.take();
        queue.push(bytes, QueuedFrame { title: frame.title.or(carried), ..frame });
        true
    }

    fn finish_ended_stream(&mut self) {
        if let Some(running) = self.running.as_mut().filter(|running| running.first < self.next_stream) {
            running.finish();
        }
    }

    /// Adds converted frames to `queue`.
    ///
    /// # Errors
    /// They are not whole frames in the format that was requested. None of them is added.
    fn take_output(
        &mut self,
        frames: &EncodedFrames,
        queue: &mut FeedQueue,
        changes: &mut Vec<ConversionChange>,
    ) -> Result<(), ConverterError> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let headers = parse_headers(frames, running.to)?;
        let (is_first, from, to) = (!running.has_output, running.from, running.to);
        if !headers.is_empty() {
            running.has_output = true;
            self.delay = self.in_converter.length().duration();
            self.queue_output(&headers, frames, is_first, queue);
            self.note_change(ConversionChange::Converted { from, to }, changes);
        }
        if frames.is_last {
            self.running = None;
            self.drop_converting();
        }
        Ok(())
    }

    /// Adds converted frames to `queue`. `is_first` is whether they are the first of the converter: the first
    /// frame contains the encoder's delay and belongs to the sender's first frame.
    fn queue_output(
        &mut self,
        headers: &[Header],
        frames: &EncodedFrames,
        is_first: bool,
        queue: &mut FeedQueue,
    ) {
        let (mut rest, mut marks) = (&frames.bytes[..], frames.marks.iter().peekable());
        if let Some(first) = self.in_converter.front_mut().filter(|_| is_first) {
            self.carried_title = first.title.take().or(self.carried_title.take());
        }
        for (index, header) in headers.iter().enumerate() {
            while let Some(mark) = marks.next_if(|mark| mark.frame as usize <= index) {
                self.begin_until(mark.token);
            }
            let (bytes, behind) = rest.split_at(header.frame_len());
            rest = behind;
            let number = self.running.as_ref().map_or(0, |running| running.begun);
            let title = self.carried_title.take();
            queue.push(bytes, QueuedFrame { header: *header, title, number });
        }
    }

    /// Notes that the frames up to the one with this token begin in the next converted frame.
    fn begin_until(&mut self, token: u32) {
        let is_until = |frame: &QueuedFrame| token.wrapping_sub(frame.number as u32).cast_signed() >= 0;
        while self.in_converter.front().is_some_and(is_until) {
            let Some((frame, _)) = self.in_converter.pop() else { return };
            self.running.iter_mut().for_each(|running| running.begun = frame.number);
            self.carried_title = frame.title.or(self.carried_title.take());
        }
    }

    /// Ends the converter that has failed, and decides what happens to the frames in it. `is_starved` is
    /// whether no frame is ready to be played.
    fn handle_error(
        &mut self,
        error: ConverterError,
        is_starved: bool,
        now: Time,
        changes: &mut Vec<ConversionChange>,
    ) {
        let Some(RunningConverter { from, to, has_output, .. }) = self.running.take() else { return };
        let is_unavailable = !matches!(error, ConverterError::Died(_));
        let is_late = is_starved && self.length() >= LATE_MIN.into();
        if is_unavailable || has_output && !is_late {
            // The frames in it were probably not the reason.
            self.take_back();
        } else {
            self.drop_converting();
        }
        if is_late {
            self.drop_late();
        }
        if is_unavailable || is_late && !has_output {
            self.passes_until = Some(now + UNCONVERTED_MIN);
            let reason = error.to_string();
            self.note_change(ConversionChange::Unconverted { from, to, reason }, changes);
        }
    }

    /// Lets the frames in the converter wait again.
    fn take_back(&mut self) {
        self.in_converter.append(&mut self.waiting);
        self.waiting = std::mem::take(&mut self.in_converter);
    }

    /// Drops the frames in the converter, except for their last title.
    fn drop_converting(&mut self) {
        let title = self.in_converter.clear();
        self.carried_title = title.or(self.carried_title.take());
    }

    /// Drops what has waited for too long.
    fn drop_late(&mut self) {
        while self.waiting.length() > LATE_KEPT.into() {
            let title = self.waiting.pop().and_then(|(frame, _)| frame.title);
            self.carried_title = title.or(self.carried_title.take());
        }
    }

    fn note_change(&mut self, change: ConversionChange, changes: &mut Vec<ConversionChange>) {
        if self.last_change.as_ref() != Some(&change) {
            changes.push(change.clone());
            self.last_change = Some(change);
        }
    }
}

impl RunningConverter {
    fn new(converter: Box<dyn FrameConverter>, from: Format, to: TargetFormat, first: u64) -> Self {
        Self { converter, from, to, first, begun: first, has_output: false, is_finishing: false }
    }

    /// Returns whether the frame `number`, which should be converted to `to`, belongs to what this converter
    /// converts. Another stream begins with the frame `next_stream`.
    fn continues_with(&self, to: TargetFormat, number: u64, next_stream: u64) -> bool {
        let is_same_stream = self.first >= next_stream || number < next_stream;
        !self.is_finishing && is_same_stream && self.to == to
    }

    /// Moves the first frame of `waiting` into the converter. Returns whether there was room.
    fn push_from(&mut self, waiting: &mut FeedQueue, in_converter: &mut FeedQueue) -> bool {
        if self.converter.is_full() {
            return false;
        }
        let Some((frame, bytes)) = waiting.pop() else { return false };
        self.converter.push(bytes, frame.number as u32);
        self.from = frame.header.format();
        in_converter.push(bytes, frame);
        true
    }

    fn finish(&mut self) {
        if !self.is_finishing {
            self.is_finishing = true;
            self.converter.finish();
        }
    }
}

/// Returns the headers of converted frames.
///
/// # Errors
/// They are not whole frames in this format.
fn parse_headers(frames: &EncodedFrames, format: TargetFormat) -> Result<Vec<Header>, ConverterError> {
    let mut headers = Vec::with_capacity(frames.count.min(1000) as usize);
    let mut rest = &frames.bytes[..];
    while !rest.is_empty() {
        let header = Header::parse(Codec::Mp3, rest);
        let header = header.filter(|header| header.format() == format.format());
        let whole = header.and_then(|header| Some((header, rest.get(header.frame_len()..)?)));
        let Some((header, behind)) = whole else {
            return Err(ConverterError::Died("the encode worker sends invalid frames".into()));
        };
        headers.push(header);
        rest = behind;
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
