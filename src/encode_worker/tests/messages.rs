//! The framing of messages, and the loop that answers them.

use std::io::{Cursor, ErrorKind};

use super::super::framing::{encode, read_message, write_message};
use super::super::protocol::{MESSAGE_MAX, StreamCodec, VERSION, WorkerRequest, WorkerResponse};
use super::super::serve::serve;
use super::*;
use crate::time::AudioTime;
use crate::transcode::{EncodedFrames, FrameMark, LeftOut, Rung, RungFrames};
use faulty::info;
use no_jobs::NoJobs;

/// One message of each kind with content.
fn requests() -> Vec<WorkerRequest> {
    let output = FileOutput::Mp3 { format: FORMAT, gain_db: Some(-3.5) };
    let file = FileJob { path: "/music/a.flac".into(), output, skip_frames: u64::MAX };
    let marks = vec![FrameMark { frame: 1, token: u32::MAX }];
    let rungs = vec![Rung { id: 1, format: FORMAT, first: 1 << 40 }];
    let start = AudioTime::from_samples(1 << 40, 44_100);
    vec![
        WorkerRequest::Probe { job: 1, path: "/music/ä.flac".into(), charset: "gbk".into() },
        WorkerRequest::ReadCover { job: 2, path: PathBuf::new() },
        WorkerRequest::OpenFile { job: 3, file, after: Some(1) },
        WorkerRequest::OpenStream { job: 4, input: StreamCodec::Aac, target: FORMAT },
        WorkerRequest::OpenMeasurement { job: 5, path: "a".into() },
        WorkerRequest::Next { job: u32::MAX },
        WorkerRequest::Measure { job: 5 },
        WorkerRequest::Push { job: 4, frames: vec![255; 1000], marks },
        WorkerRequest::OpenLadder { job: 6, rungs: rungs.clone(), start },
        WorkerRequest::PushLadder { job: 6, frames: vec![255; 1000] },
        WorkerRequest::SetRungs { job: 6, rungs },
        WorkerRequest::Finish { job: 3 },
        WorkerRequest::Close { job: 4 },
    ]
}

fn responses() -> Vec<WorkerResponse> {
    let frames =
        EncodedFrames { index: 1 << 40, count: 2, bytes: vec![1; 834], marks: vec![], is_last: true };
    let rungs = vec![RungFrames { id: 2, frames: EncodedFrames::default(), cpu_us: u32::MAX }];
    vec![
        WorkerResponse::Hello { version: VERSION, has_encoder: true },
        WorkerResponse::Probed { job: 1, info: info() },
        WorkerResponse::Cover { job: 2, bytes: vec![0xff, 0xd8] },
        WorkerResponse::Opened { job: 3, info: info() },
        WorkerResponse::StreamOpened { job: 4 },
        WorkerResponse::Frames { job: 3, frames },
        WorkerResponse::LadderOpened { job: 4 },
        WorkerResponse::LadderFrames { job: 4, rungs },
        WorkerResponse::Measured { job: 5, lufs: Some(-16.5), is_complete: true },
        WorkerResponse::Failed { job: 6, reason: LeftOut::UnknownCodec("wma".into()) },
        WorkerResponse::Closed { job: 7 },
    ]
}

#[test]
fn messages_are_read_as_they_were_written() {
    let (mut to_worker, mut to_server) = (Vec::new(), Vec::new());
    for request in &requests() {
        write_message(&mut to_worker, request).expect("a request");
    }
    for response in &responses() {
        write_message(&mut to_server, response).expect("a response");
    }
    let (mut to_worker, mut to_server) = (Cursor::new(to_worker), Cursor::new(to_server));
    for request in requests() {
        assert_eq!(read_message(&mut to_worker).expect("a message"), Some(request));
    }
    for response in responses() {
        assert_eq!(read_message(&mut to_server).expect("a message"), Some(response));
    }
    assert_eq!(read_message::<WorkerRequest>(&mut to_worker).expect("the end"), None);
    assert_eq!(read_message::<WorkerResponse>(&mut to_server).expect("the end"), None);
}

#[test]
fn torn_message_is_an_error() {
    for response in responses() {
        let bytes = encode(&response).expect("a response");
        for end in 1..bytes.len() {
            let error = read_message::<WorkerResponse>(&mut &bytes[..end]).expect_err("a torn message");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{response:?} up to {end}");
        }
    }
}

#[test]
fn length_is_checked_before_memory_is_allocated() {
    for length in [MESSAGE_MAX as u32 + 1, u32::MAX] {
        let bytes = length.to_le_bytes();
        let error = read_message::<WorkerResponse>(&mut &bytes[..]).expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{length}");
    }
    let too_long = WorkerResponse::Cover { job: 1, bytes: vec![0; MESSAGE_MAX] };
    assert_eq!(encode(&too_long).expect_err("too long").kind(), ErrorKind::InvalidData);
}

#[test]
fn message_with_bytes_too_many_is_an_error() {
    let mut bytes = encode(&WorkerResponse::Closed { job: 1 }).expect("a response");
    bytes.push(0);
    bytes[0] += 1;
    let error = read_message::<WorkerResponse>(&mut &bytes[..]).expect_err("bytes too many");
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

#[test]
fn foreign_bytes_never_panic() {
    let mut random = fastrand::Rng::with_seed(15);
    let messages: Vec<Vec<u8>> = responses().iter().map(|it| encode(it).expect("a response")).collect();
    for _ in 0..100_000 {
        let mut bytes = random.choice(&messages).expect("a message").clone();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        let mut input = &bytes[..];
        while let Ok(Some(_)) = read_message::<WorkerResponse>(&mut input) {}
    }
}

/// Returns what a worker without transcoders answers.
fn answers(requests: Vec<WorkerRequest>) -> Vec<WorkerResponse> {
    let mut out = Vec::new();
    serve(requests, &mut out, NoJobs).expect("memory is writable");
    let mut out = &out[..];
    std::iter::from_fn(|| read_message(&mut out).expect("a response")).collect()
}

#[test]
fn each_request_has_one_response_in_order() {
    let answers = answers(requests());
    assert_eq!(answers[0], WorkerResponse::Hello { version: VERSION, has_encoder: false });
    let jobs: Vec<_> = answers.iter().filter_map(WorkerResponse::job).collect();
    assert_eq!(jobs, requests().iter().map(WorkerRequest::job).collect::<Vec<_>>());
    assert_eq!(answers.last(), Some(&WorkerResponse::Closed { job: 4 }));
}
