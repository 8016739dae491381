//! Encoders of ladders that take time, fail and die when the test says so.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::{Codec, Header, silent_frame};
use coldwave::station::{ConverterError, LadderEncoder, LadderEncoders, StationKey};
use coldwave::time::{AudioTime, Time};
use coldwave::transcode::{EncodedFrames, Rung, RungFrames};

use super::converters::is_converted;
use super::tone::NUMBER_AT;

/// The time after which a request without a response fails.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many frames of the programme a ladder remembers: more than one request can have.
const REMEMBERED: usize = 5000;

/// The most frames of a station whose places are remembered.
const PLACES_MAX: usize = 4000;

/// What a frame of a rung has behind its number.
const RUNG_MARK: u8 = 2;

/// The offset of a rung's index in its frames.
const INDEX_AT: usize = NUMBER_AT + 9;

/// The processor time of a frame in microseconds.
pub const CPU_US: u32 = 400;

/// Returns the index of a frame that a ladder has encoded, or `None` if it is not from a ladder.
pub fn rung_index(frame: &[u8]) -> Option<u64> {
    let is_encoded = frame[NUMBER_AT + 8] == RUNG_MARK;
    is_encoded.then(|| u64::from_le_bytes(*frame[INDEX_AT..].first_chunk().expect("space for an index")))
}

/// The encoders of a world. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct FakeLadders(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    now: Time,
    jobs: Vec<Rc<RefCell<Job>>>,
    ready: VecDeque<StationKey>,
    knobs: LadderKnobs,
    starts: Vec<LadderStart>,
    /// The number and the place of every frame that was encoded, for each station.
    places: HashMap<StationKey, BTreeMap<u64, AudioTime>>,
}

/// The start of an encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct LadderStart {
    /// When it was started.
    pub at: Time,
    pub mount: String,
    /// The time of the programme at which it began.
    pub start: AudioTime,
    pub rungs: Vec<Rung>,
}

/// What a test can change while an encoder works.
#[derive(Debug, Clone)]
pub struct LadderKnobs {
    /// How long a request takes.
    pub delay: Duration,
    /// Why no encoder can be started, if none can.
    pub unavailable: Option<String>,
    /// Why the frames cannot be encoded, if that is so.
    pub unsupported: Option<String>,
    /// The only station whose frames cannot be encoded; `None` for all.
    pub unsupported_station: Option<StationKey>,
    /// Whether requests get no response.
    pub hangs: bool,
    /// How much is added to the index of all frames, as by a worker with a fault.
    pub index_offset: u64,
    /// How much audio an encoder holds back. LAME needs up to 59 ms at 44.1 kHz and 128 kbit/s.
    pub held_back: Duration,
}

impl Default for LadderKnobs {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(20),
            unavailable: None,
            unsupported: None,
            unsupported_station: None,
            hangs: false,
            index_offset: 0,
            held_back: Duration::from_millis(59),
        }
    }
}

/// The encoder of one ladder. It handles one request at a time, as an encode worker does.
#[derive(Debug)]
struct Job {
    station: StationKey,
    programme: Programme,
    rungs: Vec<FakeRung>,
    request: Option<Request>,
    /// The rungs behind the frames of the request.
    next_rungs: Option<Vec<Rung>>,
    results: VecDeque<Result<Vec<RungFrames>, ConverterError>>,
    has_ended: bool,
}

#[derive(Debug)]
struct Request {
    due: Time,
    frames: Vec<u8>,
    /// Whether it fails when it is due.
    hangs: bool,
}

/// The frames that were encoded.
#[derive(Debug, Default)]
struct Programme {
    /// The time at which the next frame begins.
    position: AudioTime,
    /// The beginnings of the last frames, with their numbers. Silence has none.
    frames: VecDeque<(AudioTime, Option<u64>)>,
}

#[derive(Debug)]
struct FakeRung {
    rung: Rung,
    header: Header,
    /// The index of the next frame.
    next: u64,
}

impl FakeLadders {
    fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    pub fn set(&self, change: impl FnOnce(&mut LadderKnobs)) {
        change(&mut self.state().knobs);
    }

    /// Returns every start of an encoder.
    pub fn starts(&self) -> Vec<LadderStart> {
        self.state().starts.clone()
    }

    /// Returns the number of encoders that exist.
    pub fn running(&self) -> usize {
        let is_running = |job: &&Rc<RefCell<Job>>| Rc::strong_count(job) > 1 && !job.borrow().has_ended;
        self.state().jobs.iter().filter(is_running).count()
    }

    /// Returns the rungs of every encoder that exists, with the index of the next frame of each.
    pub fn rungs(&self) -> Vec<Vec<(Rung, u64)>> {
        let rungs = |job: &Job| job.rungs.iter().map(|it| (it.rung, it.next)).collect();
        self.state()
            .jobs
            .iter()
            .filter(|job| !job.borrow().has_ended)
            .map(|job| rungs(&job.borrow()))
            .collect()
    }

    /// Kills the process: all encoders end.
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
                job.complete(&mut state);
                state.ready.push_back(job.station);
            }
        }
    }
}

impl State {
    /// Notes at which time of the programme a frame begins. No frame has two places, whenever and however
    /// often it is encoded.
    fn note_place(&mut self, station: StationKey, number: u64, at: AudioTime) {
        let places = self.places.entry(station).or_default();
        let place = *places.entry(number).or_insert(at);
        assert_eq!(place, at, "frame {number} begins where it began before");
        if places.len() > PLACES_MAX {
            places.pop_first();
        }
    }
}

impl LadderEncoders for FakeLadders {
    fn start(
        &mut self,
        station: StationKey,
        mount: &str,
        start: AudioTime,
        rungs: &[Rung],
    ) -> Box<dyn LadderEncoder> {
        let mut state = self.state();
        let at = state.now;
        state.starts.push(LadderStart { at, mount: mount.to_owned(), start, rungs: rungs.to_vec() });
        let mut job = Job::new(station, start, rungs);
        if let Some(reason) = state.knobs.unavailable.clone() {
            job.fail(ConverterError::Unavailable(reason));
            state.ready.push_back(station);
        }
        let job = Rc::new(RefCell::new(job));
        state.jobs.push(job.clone());
        Box::new(FakeLadder { job, ladders: self.clone() })
    }

    fn next_ready(&mut self) -> Option<StationKey> {
        self.state().ready.pop_front()
    }
}

/// A handle of an encoder.
#[derive(Debug)]
struct FakeLadder {
    job: Rc<RefCell<Job>>,
    ladders: FakeLadders,
}

impl LadderEncoder for FakeLadder {
    fn is_busy(&self) -> bool {
        self.job.borrow().request.is_some()
    }

    fn push(&mut self, frames: (&[u8], &[u8])) {
        assert!(!self.is_busy(), "one request at a time");
        let state = self.ladders.state();
        let hangs = state.knobs.hangs;
        let due = state.now + if hangs { TIMEOUT } else { state.knobs.delay };
        let mut job = self.job.borrow_mut();
        // A process that is dead does not read.
        if !job.has_ended {
            job.request = Some(Request { due, frames: [frames.0, frames.1].concat(), hangs });
        }
    }

    fn set_rungs(&mut self, rungs: &[Rung]) {
        let mut job = self.job.borrow_mut();
        match job.request {
            Some(_) => job.next_rungs = Some(rungs.to_vec()),
            None => job.set_rungs(rungs),
        }
    }

    fn poll(&mut self) -> Option<Result<Vec<RungFrames>, ConverterError>> {
        self.job.borrow_mut().results.pop_front()
    }
}

impl Job {
    fn new(station: StationKey, start: AudioTime, rungs: &[Rung]) -> Self {
        let programme = Programme { position: start, ..Programme::default() };
        let mut job = Self {
            station,
            programme,
            rungs: Vec::new(),
            request: None,
            next_rungs: None,
            results: VecDeque::new(),
            has_ended: false,
        };
        job.set_rungs(rungs);
        job
    }

    fn fail(&mut self, error: ConverterError) {
        self.results.push_back(Err(error));
        (self.has_ended, self.request) = (true, None);
    }

    /// Changes the rungs. One that keeps its sampling rate keeps its index.
    fn set_rungs(&mut self, rungs: &[Rung]) {
        let earlier = std::mem::take(&mut self.rungs);
        for &rung in rungs {
            assert!(self.rungs.iter().all(|other| other.rung.id != rung.id), "rungs have different ids");
            let same = |it: &&FakeRung| it.rung.id == rung.id && it.rung.format.rate == rung.format.rate;
            let next = earlier.iter().find(same).map_or(rung.first, |it| it.next);
            let header = rung.format.header().expect("a format of MP3");
            self.rungs.push(FakeRung { rung, header, next });
        }
    }

    fn complete(&mut self, state: &mut State) {
        let Some(Request { frames, hangs, .. }) = self.request.take() else { return };
        if hangs {
            return self.fail(ConverterError::Died("killed: it did not respond".into()));
        }
        let is_supported = state.knobs.unsupported_station.is_some_and(|it| it != self.station);
        if let Some(reason) = state.knobs.unsupported.clone().filter(|_| !is_supported) {
            return self.fail(ConverterError::Unsupported(reason));
        }
        self.push(&frames, state);
        let held_back = AudioTime::from(state.knobs.held_back);
        let programme = &self.programme;
        let mut encoded: Vec<_> =
            self.rungs.iter_mut().map(|rung| rung.encode(programme, held_back)).collect();
        encoded
            .iter_mut()
            .for_each(|it| it.frames.index = it.frames.index.wrapping_add(state.knobs.index_offset));
        self.results.push_back(Ok(encoded));
        if let Some(rungs) = self.next_rungs.take() {
            self.set_rungs(&rungs);
        }
    }

    /// Adds frames to the programme.
    fn push(&mut self, mut bytes: &[u8], state: &mut State) {
        while !bytes.is_empty() {
            let header = header(bytes).expect("whole frames");
            let (frame, rest) = bytes.split_at_checked(header.frame_len()).expect("a whole frame");
            let number = number(frame);
            if let Some(number) = number.filter(|_| !is_converted(frame)) {
                state.note_place(self.station, number, self.programme.position);
            }
            self.programme.push(&header, number);
            bytes = rest;
        }
    }
}

impl Programme {
    fn push(&mut self, header: &Header, number: Option<u64>) {
        self.frames.push_back((self.position, number));
        self.position += header.duration();
        if self.frames.len() > REMEMBERED {
            self.frames.pop_front();
        }
    }

    /// Returns the number of the last frame that is heard from this frame of `rung` on, or before it.
    fn number_at(&self, rung: &Rung, index: u64) -> Option<u64> {
        let heard = self.frames.partition_point(|(at, _)| Rung::frame_at(*at, rung.format) <= index);
        self.frames.get(heard.checked_sub(1)?)?.1
    }
}

impl FakeRung {
    /// Returns the frames whose audio the encoder has, except for what it holds back.
    fn encode(&mut self, programme: &Programme, held_back: AudioTime) -> RungFrames {
        let samples = programme.position.saturating_sub(held_back).samples(self.rung.format.rate);
        let end = samples / Rung::samples_per_frame(self.rung.format);
        let (index, count) = (self.next, end.saturating_sub(self.next) as u32);
        let bytes = (index..index + u64::from(count)).flat_map(|at| self.frame(programme, at)).collect();
        self.next += u64::from(count);
        let frames = EncodedFrames { index, count, bytes, ..EncodedFrames::default() };
        RungFrames { id: self.rung.id, frames, cpu_us: count * CPU_US }
    }

    fn frame(&self, programme: &Programme, index: u64) -> Vec<u8> {
        let mut frame = silent_frame(&self.header);
        let number = programme.number_at(&self.rung, index).unwrap_or(0);
        frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&number.to_le_bytes());
        frame[NUMBER_AT + 8] = RUNG_MARK;
        frame[INDEX_AT..INDEX_AT + 8].copy_from_slice(&index.to_le_bytes());
        frame
    }
}

/// Returns the header of the first frame, of either codec. The layer tells them apart: ADTS has none.
fn header(bytes: &[u8]) -> Option<Header> {
    let codec = if bytes.get(1)? & 0b110 == 0 { Codec::Aac } else { Codec::Mp3 };
    Header::parse(codec, bytes)
}

/// Returns the number of a frame; `None` for silence, whose frames may be short.
fn number(frame: &[u8]) -> Option<u64> {
    let bytes = frame.get(NUMBER_AT..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes)).filter(|&number| number > 0)
}
