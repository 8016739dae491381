//! Cases with mutated frames of a stream. A job consists of many cases, because frames refer to earlier ones.

use coldwave::audio::Codec;
use coldwave::encode_worker::protocol::{WorkerRequest, WorkerResponse};
use coldwave::transcode::{FrameMark, LeftOut, TargetFormat};
use fastrand::Rng;

use crate::child::{NoResponse, WorkerChild};
use crate::findings::Findings;
use crate::mutator::mutate_frame;
use crate::seeds::Seeds;

/// The cases of a job.
pub const CASES: u64 = 100;

/// The frames of a case, as many as the server sends at once in half a second.
pub const FRAMES: usize = 20;

/// Mono at a low rate is encoded fast.
const TARGETS: [TargetFormat; 3] = [
    TargetFormat { rate: 22_050, channels: 1, kbps: 32 },
    TargetFormat { rate: 16_000, channels: 1, kbps: 24 },
    TargetFormat { rate: 44_100, channels: 2, kbps: 128 },
];

/// The frames of a case: some of a stream, most of them mutated.
pub fn frames(seeds: &Seeds, codec: Codec, random: &mut Rng) -> Vec<u8> {
    let stream = &seeds.streams[random.usize(..seeds.streams.len())];
    let start = random.usize(..stream.len());
    let frames = stream.iter().cycle().skip(start).take(FRAMES);
    let mutated = frames.flat_map(|frame| {
        let mut frame = frame.clone();
        if random.u8(..8) > 0 {
            mutate_frame(&mut frame, codec.header_len(), random);
        }
        frame
    });
    mutated.collect()
}

/// Begins the job of a case.
pub fn open(worker: &mut WorkerChild, codec: Codec, case: u64) -> Result<(), NoResponse> {
    let target = TARGETS[(case / CASES) as usize % TARGETS.len()];
    worker.request(&WorkerRequest::OpenStream { job: 1, input: codec.into(), target }).map(drop)
}

/// Ends the job.
pub fn finish(worker: &mut WorkerChild) -> Result<(), NoResponse> {
    worker.request(&WorkerRequest::Finish { job: 1 }).map(drop)
}

/// Lets a worker convert the frames of a case.
pub fn push(
    worker: &mut WorkerChild,
    case: u64,
    frames: Vec<u8>,
    findings: &mut Findings,
) -> Result<(), NoResponse> {
    findings.inputs += FRAMES as u64;
    let marks = vec![FrameMark { frame: case as u32 % FRAMES as u32, token: case as u32 }];
    match worker.request(&WorkerRequest::Push { job: 1, frames, marks })? {
        WorkerResponse::Frames { frames, .. } => findings.decoded += u64::from(frames.count),
        WorkerResponse::Failed { reason: LeftOut::Unsupported(message), .. }
            if message.contains("panicked") =>
        {
            findings.panics.push(case);
        }
        _ => findings.left_out += 1,
    }
    Ok(())
}
