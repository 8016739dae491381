//! How fast a worker encodes, compared with the program `lame` with the same settings.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use coldwave::encode_worker::protocol::{WorkerRequest, WorkerResponse};
use coldwave::transcode::{FileJob, FileOutput, TargetFormat};

use crate::child::{Panics, WorkerChild};
use crate::failure::Failure;

/// The format of all frames.
const FORMAT: TargetFormat = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };

/// Returns how long a worker takes to decode and encode a file, and the seconds of audio.
pub fn by_worker(file: &Path) -> Result<(Duration, f64), Failure> {
    let mut worker = WorkerChild::start(env!("CARGO_BIN_EXE_coldwave"), &Panics::default())?;
    let started = Instant::now();
    let output = FileOutput::Mp3 { format: FORMAT, gain_db: None };
    let file = FileJob { path: file.into(), output, skip_frames: 0 };
    let mut request = WorkerRequest::OpenFile { job: 1, file, after: None };
    let mut frames = 0;
    loop {
        let is_last = matches!(request, WorkerRequest::Finish { .. });
        request = match worker.request(&request) {
            Ok(WorkerResponse::Frames { frames: more, .. }) => {
                frames += more.count;
                if is_last {
                    break;
                }
                if more.is_last { WorkerRequest::Finish { job: 1 } } else { WorkerRequest::Next { job: 1 } }
            }
            Ok(WorkerResponse::Opened { .. }) => WorkerRequest::Next { job: 1 },
            other => return Err(format!("the worker did not encode: {other:?}").into()),
        }
    }
    Ok((started.elapsed(), f64::from(frames) * 1152.0 / f64::from(FORMAT.rate)))
}

/// Returns how long `lame` takes for a WAV file.
pub fn by_lame(file: &Path) -> Result<Duration, Failure> {
    let started = Instant::now();
    let mut command = Command::new("nice");
    // The priority of a worker.
    command.args(["-n", "5", "lame", "--quiet", "-q", "5", "-b", "128"]).arg(file).arg("/dev/null");
    let status = command.status()?;
    if status.success() { Ok(started.elapsed()) } else { Err(format!("lame failed: {status}").into()) }
}
