//! Converters of live sources that take time, fail and die when the test says so.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::{Codec, Header, silent_frame};
use coldwave::station::{ConverterError, FrameConverter, FrameConverters, StationKey};
use coldwave::time::Time;
use coldwave::transcode::{EncodedFrames, FrameMark, TargetFormat};

use super::tone::NUMBER_AT;

/// The delay of an encoder, in samples of its output: that of LAME, and what makes it a whole frame.
const ENCODER_DELAY: u64 = 1152;

/// The time after which a request without a response fails.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes that wait while a request is processed.
const QUEUE_MAX: usize = 256 << 10;

/// Returns whether a frame comes from a converter.
pub fn is_converted(frame: &[u8]) -> bool {
    frame[NUMBER_AT + 8] != 0
}

/// The converters of a world. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct FakeConverters(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    now: Time,
    jobs: Vec<Rc<RefCell<Job>>>,
    ready: VecDeque<StationKey>,
    knobs: ConverterKnobs,
    /// The format of every converter that was started.
    starts: Vec<TargetFormat>,
}

/// What a test can change while a converter works.
#[derive(Debug, Clone, Default)]
pub struct ConverterKnobs {
    /// How long a request takes.
    pub delay: Duration,
    /// Why no converter can be started, if none can.
    pub unavailable: Option<String>,
    /// Whether requests get no response.
    pub hangs: bool,
}

/// A conversion. It handles one request at a time, as an encode worker does.
#[derive(Debug)]
struct Job {
    station: StationKey,
    header: Header,
    /// Frames that wait for the next request.
    queue: Vec<(Vec<u8>, u32)>,
    is_finishing: bool,
    request: Option<Request>,
    results: VecDeque<Result<EncodedFrames, ConverterError>>,
    has_ended: bool,
    encoder: FakeEncoder,
}

#[derive(Debug)]
struct Request {
    due: Time,
    frames: Vec<(Vec<u8>, u32)>,
    is_last: bool,
    /// Whether it fails when it is due.
    hangs: bool,
}

/// Counts samples as the real encoder does. Each of its frames has the number of the last frame that begins
/// in it or before it.
#[derive(Debug, Default)]
struct FakeEncoder {
    /// Samples of the output so far, without the delay, in parts of a sample: numerator over all rates.
    position: f64,
    returned: u64,
    /// The frames whose beginning was not returned yet: the output frame, the token and the number.
    marks: VecDeque<(u64, u32, Vec<u8>)>,
    number: Vec<u8>,
}

impl FakeConverters {
    fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    pub fn set(&self, change: impl FnOnce(&mut ConverterKnobs)) {
        change(&mut self.state().knobs);
    }

    /// Returns the format of every converter that was started.
    pub fn starts(&self) -> Vec<TargetFormat> {
        self.state().starts.clone()
    }

    /// Returns the number of converters that exist.
    pub fn running(&self) -> usize {
        self.state().jobs.iter().filter(|job| !job.borrow().has_ended).count()
    }

    /// Kills the process: all conversions end.
    pub fn kill(&self) {
        let mut state = self.state();
        for job in std::mem::take(&mut state.jobs) {
            let mut job = job.borrow_mut();
            if !job.has_ended {
                job.fail(ConverterError::Died("signal 9".into()));
                state.ready.push_back(job.station);
            }
        }
    }

    /// Returns when the next request is done.
    pub fn deadline(&self) -> Option<Time> {
        let state = self.0.borrow();
        state.jobs.iter().filter_map(|job| job.borrow().request.as_ref().map(|request| request.due)).min()
    }

    /// Does what is due.
    pub fn advance(&self, now: Time) {
        let mut state = self.state();
        state.now = now;
        state.jobs.retain(|job| Rc::strong_count(job) > 1);
        for job in state.jobs.clone() {
            let mut job = job.borrow_mut();
            if job.request.as_ref().is_some_and(|request| request.due <= now) {
                job.complete();
                state.ready.push_back(job.station);
            }
        }
    }
}

impl FrameConverters for FakeConverters {
    fn start(
        &mut self,
        station: StationKey,
        _: &str,
        _: Codec,
        output: TargetFormat,
    ) -> Box<dyn FrameConverter> {
        let mut state = self.state();
        state.starts.push(output);
        let mut job = Job {
            station,
            header: output.header().expect("a format of MP3"),
            queue: Vec::new(),
            is_finishing: false,
            request: None,
            results: VecDeque::new(),
            has_ended: false,
            encoder: FakeEncoder::default(),
        };
        if let Some(reason) = state.knobs.unavailable.clone() {
            job.fail(ConverterError::Unavailable(reason));
            state.ready.push_back(station);
        }
        let job = Rc::new(RefCell::new(job));
        state.jobs.push(job.clone());
        Box::new(FakeConverter { job, converters: self.clone() })
    }

    fn next_ready(&mut self) -> Option<StationKey> {
        self.state().ready.pop_front()
    }
}

/// A handle of a conversion.
#[derive(Debug)]
struct FakeConverter {
    job: Rc<RefCell<Job>>,
    converters: FakeConverters,
}

impl FakeConverter {
    fn send(&self) {
        let state = self.converters.state();
        let hangs = state.knobs.hangs;
        let time = if hangs { TIMEOUT } else { state.knobs.delay };
        self.job.borrow_mut().send(state.now + time, hangs);
    }
}

impl FrameConverter for FakeConverter {
    fn push(&mut self, frame: &[u8], token: u32) {
        assert!(!self.job.borrow().is_finishing && !self.is_full());
        self.job.borrow_mut().queue.push((frame.to_vec(), token));
        self.send();
    }

    fn is_full(&self) -> bool {
        self.job.borrow().queue.iter().map(|(frame, _)| frame.len()).sum::<usize>() >= QUEUE_MAX
    }

    fn finish(&mut self) {
        self.job.borrow_mut().is_finishing = true;
        self.send();
    }

    fn poll(&mut self) -> Option<Result<EncodedFrames, ConverterError>> {
        let result = self.job.borrow_mut().results.pop_front();
        self.send();
        result
    }
}

impl Job {
    fn fail(&mut self, error: ConverterError) {
        self.results.push_back(Err(error));
        (self.has_ended, self.request) = (true, None);
    }

    /// Sends what is queued, if no request is being processed.
    fn send(&mut self, due: Time, hangs: bool) {
        let has_work = !self.queue.is_empty() || self.is_finishing;
        if has_work && self.request.is_none() && !self.has_ended && self.results.is_empty() {
            let frames = std::mem::take(&mut self.queue);
            let is_last = frames.is_empty();
            self.request = Some(Request { due, frames, is_last, hangs });
        }
    }

    fn complete(&mut self) {
        let Some(Request { frames, is_last, hangs, .. }) = self.request.take() else { return };
        if hangs {
            return self.fail(ConverterError::Died("killed: it did not respond".into()));
        }
        for (frame, token) in frames {
            self.encoder.push(&frame, token, &self.header);
        }
        let encoded = self.encoder.take(&self.header, is_last);
        self.has_ended = is_last;
        self.results.push_back(Ok(encoded));
    }
}

impl FakeEncoder {
    fn push(&mut self, frame: &[u8], token: u32, output: &Header) {
        let header = Header::parse_mp3(*frame.first_chunk().expect("a frame")).expect("a whole frame");
        let begins = (self.position.round() as u64 + ENCODER_DELAY) / u64::from(output.samples());
        let number = frame[NUMBER_AT..NUMBER_AT + 8].to_vec();
        if self.number.is_empty() {
            self.number.clone_from(&number);
        }
        self.marks.push_back((begins, token, number));
        let samples = f64::from(header.samples()) * f64::from(output.rate());
        self.position += samples / f64::from(header.rate());
    }

    /// Returns the frames that are complete; all, if they are the last.
    fn take(&mut self, header: &Header, is_last: bool) -> EncodedFrames {
        let samples = f64::from(header.samples());
        let available = if is_last {
            ((self.position + ENCODER_DELAY as f64) / samples).ceil() as u64
        } else {
            (self.position / samples) as u64
        };
        let (index, count) = (self.returned, available.saturating_sub(self.returned) as u32);
        let mut encoded = EncodedFrames { index, count, is_last, ..EncodedFrames::default() };
        for at in 0..count {
            while let Some((_, token, number)) =
                self.marks.pop_front_if(|(begins, ..)| *begins <= self.returned)
            {
                encoded.marks.push(FrameMark { frame: at, token });
                self.number = number;
            }
            let mut frame = silent_frame(header);
            frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&self.number);
            frame[NUMBER_AT + 8] = 1;
            encoded.bytes.extend_from_slice(&frame);
            self.returned += 1;
        }
        encoded
    }
}
