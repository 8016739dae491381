//! The loop of an encode worker: it answers requests in order.

use std::collections::HashMap;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::framing::write_message;
use super::protocol::{JobId, StreamCodec, VERSION, WorkerRequest, WorkerResponse};
use crate::time::AudioTime;
use crate::transcode::{
    AudioFileInfo, EncodedFrames, FileJob, FrameMark, LeftOut, Rung, RungFrames, TargetFormat,
};

/// Starts the jobs of a worker.
pub trait JobFactory {
    /// A file that is converted.
    type Track: FileConversion;
    /// A stream that is converted.
    type Stream: StreamConversion;
    /// A programme that is encoded as several renditions.
    type Ladder: LadderConversion;
    /// A file whose loudness is measured.
    type Meter: Measurement;

    /// Returns whether there is an encoder.
    fn has_encoder(&self) -> bool;

    /// Describes a file. Its tags are in `charset` if they are not UTF-8 and state none.
    ///
    /// # Errors
    /// If it cannot be converted.
    fn probe(&self, path: &Path, charset: &'static Encoding) -> Result<AudioFileInfo, LeftOut>;

    /// Returns the cover of a file.
    ///
    /// # Errors
    /// If there is none.
    fn read_cover(&self, path: &Path) -> Result<Vec<u8>, LeftOut>;

    /// Begins to convert a file, with the encoder of `after` if that fits. See [`WorkerRequest::OpenFile`].
    ///
    /// # Errors
    /// If the file cannot be converted.
    fn open_file(
        &self,
        job: JobId,
        file: &FileJob,
        after: Option<Self::Track>,
    ) -> Result<(Self::Track, AudioFileInfo), LeftOut>;

    /// Begins to convert a stream.
    ///
    /// # Errors
    /// If there is no encoder for it.
    fn open_stream(&self, input: StreamCodec, target: TargetFormat) -> Result<Self::Stream, LeftOut>;

    /// Begins to encode a programme from `start` of its timeline on.
    ///
    /// # Errors
    /// If there is no encoder for a rung.
    fn open_ladder(&self, rungs: &[Rung], start: AudioTime) -> Result<Self::Ladder, LeftOut>;

    /// Begins to measure a file.
    ///
    /// # Errors
    /// If it cannot be decoded.
    fn open_measurement(&self, path: &Path) -> Result<Self::Meter, LeftOut>;
}

/// A file that is converted.
pub trait FileConversion {
    /// Returns the next frames, of about a second.
    fn next(&mut self) -> EncodedFrames;

    /// Returns the last frames, which are in the encoder.
    fn finish(&mut self) -> EncodedFrames;
}

/// A stream that is converted.
pub trait StreamConversion {
    /// Converts some frames.
    fn push(&mut self, frames: &[u8], marks: &[FrameMark]) -> EncodedFrames;

    /// Returns the last frames, which are in the encoder.
    fn finish(&mut self) -> EncodedFrames;
}

/// A programme that is encoded as several renditions.
pub trait LadderConversion {
    /// Encodes some frames.
    ///
    /// # Errors
    /// If they cannot be decoded; the job has ended.
    fn push(&mut self, frames: &[u8]) -> Result<Vec<RungFrames>, LeftOut>;

    /// Changes the renditions.
    ///
    /// # Errors
    /// If there is no encoder for one of them; the job has ended.
    fn set_rungs(&mut self, rungs: &[Rung]) -> Result<Vec<RungFrames>, LeftOut>;
}

/// A file whose loudness is measured.
pub trait Measurement {
    /// Measures some more seconds. Returns the loudness so far in LUFS, and whether the file was measured to
    /// its end.
    fn measure(&mut self) -> (Option<f32>, bool);
}

/// A job between two requests.
enum OpenJob<F: JobFactory> {
    Track(F::Track),
    Stream(F::Stream),
    Ladder(F::Ladder),
    Meter(F::Meter),
}

/// Answers requests until there are no more.
///
/// # Errors
/// If a response cannot be written.
pub fn serve<F: JobFactory>(
    requests: impl IntoIterator<Item = WorkerRequest>,
    mut out: impl Write,
    factory: F,
) -> io::Result<()> {
    let hello = WorkerResponse::Hello { version: VERSION, has_encoder: factory.has_encoder() };
    write_message(&mut out, &hello)?;
    let mut jobs = OpenJobs { factory, open: HashMap::new() };
    for request in requests {
        write_response(&mut out, &jobs.answer(request))?;
    }
    Ok(())
}

/// Writes a response. One that is too long for a message, such as a huge cover, ends its job.
fn write_response(out: &mut impl Write, response: &WorkerResponse) -> io::Result<()> {
    match write_message(out, response) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let job = response.job().unwrap_or_default();
            write_message(out, &failed(job, error.to_string()))
        }
        written => written,
    }
}

fn failed(job: JobId, message: String) -> WorkerResponse {
    WorkerResponse::Failed { job, reason: LeftOut::Unsupported(message) }
}

/// The jobs of a worker.
struct OpenJobs<F: JobFactory> {
    factory: F,
    open: HashMap<JobId, OpenJob<F>>,
}

/// The outcome of a request: the response, and the job if it goes on.
type Outcome<F> = Result<(WorkerResponse, Option<OpenJob<F>>), LeftOut>;

impl<F: JobFactory> OpenJobs<F> {
    /// Does what a request asks for. A panic ends the job.
    fn answer(&mut self, request: WorkerRequest) -> WorkerResponse {
        let job = request.job();
        let open = self.open.remove(&job);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.handle(request, open)));
        match outcome.unwrap_or_else(|_| Err(LeftOut::Unsupported("the decoder panicked".into()))) {
            Ok((response, going_on)) => {
                self.open.extend(going_on.map(|open| (job, open)));
                response
            }
            Err(reason) => WorkerResponse::Failed { job, reason },
        }
    }

    fn handle(&mut self, request: WorkerRequest, open: Option<OpenJob<F>>) -> Outcome<F> {
        match (request, open) {
            (WorkerRequest::Close { job }, _) => Ok((WorkerResponse::Closed { job }, None)),
            (request, None) => self.open_job(request),
            (request, Some(open)) => continue_job(request, open),
        }
    }

    /// Does a request that begins a job.
    fn open_job(&mut self, request: WorkerRequest) -> Outcome<F> {
        match request {
            WorkerRequest::Probe { job, path, charset } => {
                let charset = Encoding::for_label(charset.as_bytes()).unwrap_or(WINDOWS_1252);
                let info = self.factory.probe(&path, charset)?;
                Ok((WorkerResponse::Probed { job, info }, None))
            }
            WorkerRequest::ReadCover { job, path } => {
                let bytes = self.factory.read_cover(&path)?;
                Ok((WorkerResponse::Cover { job, bytes }, None))
            }
            WorkerRequest::OpenFile { job, file, after } => self.open_track(job, &file, after),
            WorkerRequest::OpenStream { job, input, target } => {
                let stream = self.factory.open_stream(input, target)?;
                Ok((WorkerResponse::StreamOpened { job }, Some(OpenJob::Stream(stream))))
            }
            WorkerRequest::OpenLadder { job, rungs, start } => {
                let ladder = self.factory.open_ladder(&rungs, start)?;
                Ok((WorkerResponse::LadderOpened { job }, Some(OpenJob::Ladder(ladder))))
            }
            WorkerRequest::OpenMeasurement { job, path } => {
                let meter = self.factory.open_measurement(&path)?;
                let measured = WorkerResponse::Measured { job, lufs: None, is_complete: false };
                Ok((measured, Some(OpenJob::Meter(meter))))
            }
            request => Err(no_such_job(&request)),
        }
    }

    fn open_track(&mut self, job: JobId, file: &FileJob, after: Option<JobId>) -> Outcome<F> {
        let after = match after.and_then(|job| self.open.remove(&job)) {
            Some(OpenJob::Track(track)) => Some(track),
            _ => None,
        };
        let (track, info) = self.factory.open_file(job, file, after)?;
        Ok((WorkerResponse::Opened { job, info }, Some(OpenJob::Track(track))))
    }
}

/// Does a request that continues or ends a job.
fn continue_job<F: JobFactory>(request: WorkerRequest, open: OpenJob<F>) -> Outcome<F> {
    match (request, open) {
        (WorkerRequest::Next { job }, OpenJob::Track(mut track)) => {
            Ok((WorkerResponse::Frames { job, frames: track.next() }, Some(OpenJob::Track(track))))
        }
        (WorkerRequest::Push { job, frames, marks }, OpenJob::Stream(mut stream)) => {
            let frames = stream.push(&frames, &marks);
            Ok((WorkerResponse::Frames { job, frames }, Some(OpenJob::Stream(stream))))
        }
        (WorkerRequest::PushLadder { job, frames }, OpenJob::Ladder(mut ladder)) => {
            let rungs = ladder.push(&frames)?;
            Ok((WorkerResponse::LadderFrames { job, rungs }, Some(OpenJob::Ladder(ladder))))
        }
        (WorkerRequest::SetRungs { job, rungs }, OpenJob::Ladder(mut ladder)) => {
            let rungs = ladder.set_rungs(&rungs)?;
            Ok((WorkerResponse::LadderFrames { job, rungs }, Some(OpenJob::Ladder(ladder))))
        }
        (WorkerRequest::Measure { job }, OpenJob::Meter(mut meter)) => {
            let (lufs, is_complete) = meter.measure();
            Ok((WorkerResponse::Measured { job, lufs, is_complete }, Some(OpenJob::Meter(meter))))
        }
        (WorkerRequest::Finish { job }, OpenJob::Track(mut track)) => {
            Ok((WorkerResponse::Frames { job, frames: track.finish() }, None))
        }
        (WorkerRequest::Finish { job }, OpenJob::Stream(mut stream)) => {
            Ok((WorkerResponse::Frames { job, frames: stream.finish() }, None))
        }
        (request, _) => Err(no_such_job(&request)),
    }
}

/// An error of the server, which answers itself as a failure of the job.
fn no_such_job(request: &WorkerRequest) -> LeftOut {
    LeftOut::Unsupported(format!("the worker has no job {} for this request", request.job()))
}
