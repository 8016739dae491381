//! Hours of a programme with one ladder.

use std::ops::Range;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::time::AudioTime;
use coldwave::transcode::{Ladder, RUNG_DELAY, Rung};

use crate::cost::{resident_kib, thread_time, timed};
use crate::failure::Failure;
use crate::figures::{LadderFigures, RungFigures};
use crate::lag::{LAG_MAX, lag};
use crate::mpg123::Mpg123;
use crate::output::Output;
use crate::programme::Programme;
use crate::reference::{MARGIN, Reference};
use crate::setting;

/// The samples per channel of a rendition that are compared at the start and at the end.
const COMPARED: u64 = 30_000;

/// Where the first part that is compared begins.
const FIRST_COMPARED: Duration = Duration::from_secs(10);

/// The frames after which all encoders have got their memory.
const SETTLED: u64 = 300;

/// The frames after which the memory must no longer grow.
const WARM_UP: u64 = 2_000;

/// Seconds of silence after the programme, so that all its frames are returned.
const SILENT_SECONDS: u64 = 2;

/// Encodes and checks some seconds of a programme.
pub fn run(name: &str, rungs: &[Rung], seconds: f64) -> Result<LadderFigures, Failure> {
    let programme = Programme::named(name)?;
    let blocks = (seconds * f64::from(programme.rate())) as u64 / programme.frame_len();
    let memory_kib = ladder_memory(&programme, rungs)?;
    let mut soak = Soak::new(&programme, rungs, blocks)?;
    soak.encode_all()?;
    soak.figures(name, memory_kib)
}

/// Returns how much memory a ladder needs, without what checks its frames.
fn ladder_memory(programme: &Programme, rungs: &[Rung]) -> Result<i64, Failure> {
    let before = resident_kib()?;
    let mut ladder = Ladder::new(rungs, AudioTime::ZERO, thread_time)?;
    for index in 0..SETTLED {
        ladder.push(programme.frame(index).1)?;
    }
    Ok(resident_kib()? - before)
}

/// A ladder with everything that checks it.
struct Soak<'a> {
    programme: &'a Programme,
    blocks: u64,
    ladder: Ladder,
    /// A ladder without rungs, which only decodes.
    decoder: Ladder,
    outputs: Vec<Output>,
    reference: Reference,
    /// Where the parts begin that are compared.
    compared: [AudioTime; 2],
    cpu: Duration,
    decoding: Duration,
    worst: Duration,
    memory: Memory,
}

/// Resident memory in KiB.
#[derive(Default)]
struct Memory {
    /// After [`WARM_UP`].
    warm: i64,
    /// Before the last part that is compared.
    last: i64,
}

impl<'a> Soak<'a> {
    fn new(programme: &'a Programme, rungs: &[Rung], blocks: u64) -> Result<Self, Failure> {
        let length = AudioTime::from_samples(blocks * programme.frame_len(), programme.rate());
        let slowest = rungs.iter().map(|rung| rung.format.rate).min().unwrap_or(programme.rate());
        let part = AudioTime::from_samples(COMPARED + RUNG_DELAY, slowest);
        let last = length.saturating_sub(part);
        let compared = [AudioTime::from(FIRST_COMPARED).min(last), last];
        let range = |start: AudioTime| {
            let (rate, start) = (programme.rate(), start.samples(programme.rate()));
            start.saturating_sub(MARGIN)..start + part.samples(rate) + MARGIN
        };
        let mpg123 = rungs.iter().map(|_| Mpg123::start()).collect::<Result<Vec<_>, _>>()?;
        let output = |(rung, mpg123): (&Rung, _)| {
            let ranges = compared.iter().map(|start| output_range(*start, rung)).collect();
            Output::new(*rung, ranges, mpg123)
        };
        let outputs = rungs.iter().zip(mpg123).map(output).collect::<Result<_, _>>()?;
        Ok(Self {
            programme,
            blocks,
            ladder: Ladder::new(rungs, AudioTime::ZERO, thread_time)?,
            decoder: Ladder::new(&[], AudioTime::ZERO, thread_time)?,
            outputs,
            reference: Reference::new(compared.map(range)),
            compared,
            cpu: Duration::ZERO,
            decoding: Duration::ZERO,
            worst: Duration::ZERO,
            memory: Memory::default(),
        })
    }

    fn encode_all(&mut self) -> Result<(), Failure> {
        for index in 0..self.blocks {
            let (header, frame) = self.programme.frame(index);
            let time = self.encode(frame)?;
            self.cpu += time;
            self.worst = self.worst.max(time);
            self.decode(header, frame)?;
            self.measure_memory(index)?;
        }
        Ok(())
    }

    fn measure_memory(&mut self, index: u64) -> Result<(), Failure> {
        let last = self.compared[1].samples(self.programme.rate()) / self.programme.frame_len();
        for (at, memory) in
            [(WARM_UP, &mut self.memory.warm), (last.saturating_sub(1), &mut self.memory.last)]
        {
            if index == at.min(self.blocks / 2) || index == at {
                *memory = resident_kib()?;
            }
        }
        Ok(())
    }

    /// Encodes a frame. Returns the processor time of that.
    fn encode(&mut self, frame: &[u8]) -> Result<Duration, Failure> {
        let (found, time) = timed(|| self.ladder.push(frame));
        for (output, found) in self.outputs.iter_mut().zip(found?) {
            output.add(&found)?;
        }
        Ok(time)
    }

    fn decode(&mut self, header: &Header, frame: &[u8]) -> Result<(), Failure> {
        let (decoded, time) = timed(|| self.decoder.push(frame));
        decoded?;
        self.decoding += time;
        self.reference.push(header, frame)
    }

    fn figures(mut self, name: &str, memory_kib: i64) -> Result<LadderFigures, Failure> {
        let silence = self.programme.silence();
        let silent_frames = SILENT_SECONDS * u64::from(self.programme.rate()) / self.programme.frame_len();
        let cpu = self.outputs.iter().map(|output| output.cpu).collect::<Vec<_>>();
        for _ in 0..silent_frames {
            self.encode(&silence)?;
        }
        let mut rungs = Vec::new();
        for (at, cpu) in cpu.into_iter().enumerate() {
            rungs.push(self.rung_figures(at, cpu)?);
        }
        Ok(LadderFigures {
            rungs,
            programme: name.to_owned(),
            blocks: self.blocks,
            length: self.length().duration(),
            cpu: self.cpu,
            decoding: self.decoding,
            worst: self.worst,
            memory_kib,
            growth_kib: self.memory.last - self.memory.warm,
        })
    }

    fn length(&self) -> AudioTime {
        AudioTime::from_samples(self.blocks * self.programme.frame_len(), self.programme.rate())
    }

    fn rung_figures(&mut self, at: usize, cpu: Duration) -> Result<RungFigures, Failure> {
        let lags = [0, 1].map(|part| self.lag(at, part));
        let length = self.length();
        let output = &mut self.outputs[at];
        let format = output.rung.format;
        let samples = length.samples(format.rate) + RUNG_DELAY;
        let frames = samples.div_ceil(Rung::samples_per_frame(format));
        Ok(RungFigures {
            name: setting::name(format),
            frames,
            is_complete: output.decoder.frames >= frames,
            excess_bytes: output.excess_bytes(),
            frame_bytes: output.frame_bytes(),
            lags,
            errors: output.decoder.errors,
            mpg123: output.finish_mpg123()?,
            cpu,
            length: length.duration(),
        })
    }

    /// Returns the lag of a rendition in one of the parts that are compared.
    fn lag(&self, at: usize, part: usize) -> usize {
        let output = &self.outputs[at];
        let range = output_range(self.compared[part], &output.rung);
        let input = range.start..range.start + COMPARED;
        lag(&self.reference.samples(part, output.rung.format.rate, input), &output.decoder.collected[part])
    }
}

/// Returns the samples of a rendition that are kept from this time on.
fn output_range(start: AudioTime, rung: &Rung) -> Range<u64> {
    let start = start.samples(rung.format.rate);
    start..start + COMPARED + LAG_MAX as u64
}
