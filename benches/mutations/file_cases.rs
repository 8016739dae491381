//! Cases with a mutated file: it is described, decoded to its end, and sometimes encoded.

use std::fs;
use std::path::{Path, PathBuf};

use coldwave::encode_worker::protocol::{WorkerRequest, WorkerResponse};
use coldwave::transcode::{FileJob, FileOutput, LeftOut, TargetFormat};
use fastrand::Rng;
use tempfile::TempDir;

use crate::child::{NoResponse, WorkerChild};
use crate::failure::Failure;
use crate::findings::Findings;
use crate::mutator::mutated_file;
use crate::seeds::{DecoderPath, Seeds};

/// One case in so many is also encoded.
const ENCODED_EVERY: u64 = 32;

/// A file may claim to be long. After so many responses it is closed, as the server does with its track.
const RESPONSES_MAX: usize = 100;

/// The formats into which files are encoded in turn.
const TARGETS: [TargetFormat; 4] = [
    TargetFormat { rate: 44_100, channels: 2, kbps: 128 },
    TargetFormat { rate: 22_050, channels: 1, kbps: 32 },
    TargetFormat { rate: 48_000, channels: 2, kbps: 192 },
    TargetFormat { rate: 8000, channels: 1, kbps: 8 },
];

/// The files of one worker, in memory.
pub struct FileCases<'a> {
    seeds: &'a Seeds,
    folder: TempDir,
}

impl<'a> FileCases<'a> {
    pub fn new(seeds: &'a Seeds) -> Result<Self, Failure> {
        Ok(Self { seeds, folder: tempfile::tempdir_in("/dev/shm")? })
    }

    /// Writes the file of a case.
    pub fn write(&self, mut random: Rng) -> Result<PathBuf, Failure> {
        let (extension, bytes) = mutated_file(self.seeds, &mut random);
        let path = self.folder.path().join("case").with_added_extension(extension);
        fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Lets a worker handle a file.
    pub fn run(
        &self,
        worker: &mut WorkerChild,
        case: u64,
        path: &Path,
        findings: &mut Findings,
    ) -> Result<(), NoResponse> {
        findings.inputs += 1;
        let mut file = FileCase { worker, case, path, findings };
        file.probe()?;
        if self.seeds.path == DecoderPath::Tags {
            return file.read_cover();
        }
        file.measure()?;
        if case.is_multiple_of(ENCODED_EVERY) {
            file.encode()?;
        }
        Ok(())
    }
}

/// A file and its worker. All jobs have the number 1, because there is one at a time.
struct FileCase<'a> {
    worker: &'a mut WorkerChild,
    case: u64,
    path: &'a Path,
    findings: &'a mut Findings,
}

impl FileCase<'_> {
    /// Sends a request, and counts panics.
    fn request(&mut self, request: &WorkerRequest) -> Result<WorkerResponse, NoResponse> {
        let response = self.worker.request(request)?;
        if let WorkerResponse::Failed { reason: LeftOut::Unsupported(message), .. } = &response
            && message.contains("panicked")
        {
            self.findings.panics.push(self.case);
        }
        Ok(response)
    }

    fn probe(&mut self) -> Result<(), NoResponse> {
        match self.request(&WorkerRequest::Probe {
            job: 1,
            path: self.path.into(),
            charset: "windows-1251".into(),
        })? {
            WorkerResponse::Probed { .. } => self.findings.decoded += 1,
            _ => self.findings.left_out += 1,
        }
        Ok(())
    }

    fn read_cover(&mut self) -> Result<(), NoResponse> {
        self.request(&WorkerRequest::ReadCover { job: 1, path: self.path.into() }).map(drop)
    }

    /// Decodes the file to its end.
    fn measure(&mut self) -> Result<(), NoResponse> {
        let mut response =
            self.request(&WorkerRequest::OpenMeasurement { job: 1, path: self.path.into() })?;
        for _ in 0..RESPONSES_MAX {
            let WorkerResponse::Measured { is_complete: false, .. } = response else { break };
            response = self.request(&WorkerRequest::Measure { job: 1 })?;
        }
        self.request(&WorkerRequest::Close { job: 1 }).map(drop)
    }

    fn encode(&mut self) -> Result<(), NoResponse> {
        let turn = (self.case / ENCODED_EVERY) as usize;
        let mp3 = FileOutput::Mp3 {
            format: TARGETS[turn % TARGETS.len()],
            gain_db: turn.is_multiple_of(3).then_some(6.0),
        };
        let output = if turn % 5 == 4 { FileOutput::Adts } else { mp3 };
        let file = FileJob { path: self.path.into(), output, skip_frames: (turn % 7 == 6).into() };
        let mut response = self.request(&WorkerRequest::OpenFile { job: 1, file, after: None })?;
        for _ in 0..RESPONSES_MAX {
            match &response {
                WorkerResponse::Opened { .. } => {}
                WorkerResponse::Frames { frames, .. } if !frames.is_last => {}
                WorkerResponse::Frames { .. } => {
                    return self.request(&WorkerRequest::Finish { job: 1 }).map(drop);
                }
                _ => return Ok(()),
            }
            response = self.request(&WorkerRequest::Next { job: 1 })?;
        }
        self.request(&WorkerRequest::Close { job: 1 }).map(drop)
    }
}
