//! A worker on a thread whose faults the names of files decide.

use std::io::{self, BufReader, PipeWriter, Write, pipe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::super::framing::{read_message, write_message};
use super::super::launch::{LaunchedWorker, Launcher, WorkerControl, WorkerExit};
use super::super::protocol::{JobId, MESSAGE_MAX, StreamCodec, WorkerResponse};
use super::super::serve::{
    FileConversion, JobFactory, LadderConversion, Measurement, StreamConversion, serve,
};
use crate::time::AudioTime;
use crate::transcode::{
    AudioFileInfo, AudioKind, EncodedFrames, FileJob, FileTags, FrameMark, LeftOut, Rung, RungFrames,
    TargetFormat,
};
use crate::worker::{Inbox, WorkerBuilder};

/// What the workers of a test do, and what became of them.
#[derive(Debug, Default)]
pub struct Faults {
    /// Whether the system refuses to start workers.
    pub cannot_start: AtomicBool,
    /// Whether workers begin with another version of the protocol.
    pub has_other_version: AtomicBool,
    /// Whether workers die because another process kills them.
    pub are_killed: AtomicBool,
    /// The number of workers that run.
    pub running: AtomicUsize,
    /// The sending ends of the channels on which hanging jobs wait. Dropping one lets the job go on.
    hanging: Mutex<Vec<Sender<()>>>,
}

impl Faults {
    /// Lets all hanging jobs go on.
    pub fn release(&self) {
        self.hanging.lock().expect("no panic").clear();
    }

    /// Returns whether a job hangs.
    pub fn is_hanging(&self) -> bool {
        !self.hanging.lock().expect("no panic").is_empty()
    }

    fn hang(&self) {
        let (release, released): (Sender<()>, Receiver<()>) = channel();
        self.hanging.lock().expect("no panic").push(release);
        let _ = released.recv();
    }
}

/// Starts workers with faults.
pub struct FaultyLauncher(pub Arc<Faults>);

impl Launcher for FaultyLauncher {
    fn launch(&self) -> io::Result<LaunchedWorker> {
        if self.0.cannot_start.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        let (requests_in, requests) = pipe()?;
        let (responses, responses_out) = pipe()?;
        let life = Arc::new(Life {
            faults: self.0.clone(),
            is_dead: AtomicBool::default(),
            is_confused: AtomicBool::default(),
        });
        let worker = life.clone();
        self.0.running.fetch_add(1, Ordering::Relaxed);
        WorkerBuilder::new("faulty worker").spawn(move |_: Inbox<()>| {
            let mut requests_in = BufReader::new(requests_in);
            let requests = std::iter::from_fn(|| read_message(&mut requests_in).ok().flatten());
            let mut out = MortalWriter { out: responses_out, life: worker.clone() };
            if worker.faults.has_other_version.load(Ordering::Relaxed) {
                let _ = write_message(&mut out, &WorkerResponse::Hello { version: 99, has_encoder: true });
            }
            let _ = serve(requests, out, FaultyJobs(worker.clone()));
            worker.faults.running.fetch_sub(1, Ordering::Relaxed);
        })?;
        let (requests, responses) = (Box::new(requests), Box::new(responses));
        Ok(LaunchedWorker { requests, responses, control: life })
    }
}

/// A worker of a test.
#[derive(Debug)]
struct Life {
    faults: Arc<Faults>,
    is_dead: AtomicBool,
    /// Whether it writes something else than messages.
    is_confused: AtomicBool,
}

impl Life {
    /// Does what the name of a file says.
    fn meet(&self, path: &Path) {
        let name = path.file_stem().expect("a name").to_string_lossy();
        match name.split('-').next().unwrap_or_default() {
            "panic" => panic!("the test panics on purpose"),
            "abort" => self.is_dead.store(true, Ordering::Relaxed),
            "garbage" => self.is_confused.store(true, Ordering::Relaxed),
            "hang" => self.faults.hang(),
            _ => {}
        }
    }
}

impl WorkerControl for Life {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn kill(&self) {
        self.is_dead.store(true, Ordering::Relaxed);
    }

    fn wait_for_exit(&self) {}

    fn wait(&self) -> WorkerExit {
        let is_own_fault = !self.faults.are_killed.load(Ordering::Relaxed);
        let status = if is_own_fault { "signal 6 (SIGABRT)" } else { "signal 9 (SIGKILL)" };
        WorkerExit { status: status.into(), is_own_fault }
    }
}

/// Writes until the worker is dead.
struct MortalWriter {
    out: PipeWriter,
    life: Arc<Life>,
}

impl Write for MortalWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.life.is_dead.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.life.is_confused.load(Ordering::Relaxed) {
            return self.out.write(&vec![0xff; bytes.len()]);
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Jobs with faults.
struct FaultyJobs(Arc<Life>);

/// A file of which each request returns one frame: the number of the request.
pub struct FaultyTrack {
    life: Arc<Life>,
    path: PathBuf,
    frames: u64,
    mark: Option<JobId>,
}

/// A stream that returns its input.
pub struct Echo {
    index: u64,
}

/// A ladder whose rungs return the input, a byte a frame, and whose codec is HE-AAC where the input is `h`.
pub struct EchoLadder {
    life: Arc<Life>,
    rungs: Vec<Rung>,
}

/// A file whose loudness is complete after three requests.
pub struct FaultyMeter {
    life: Arc<Life>,
    path: PathBuf,
    requests: u8,
}

/// What all files of these tests are.
pub fn info() -> AudioFileInfo {
    AudioFileInfo {
        kind: AudioKind::Flac,
        rate: 44_100,
        channels: 2,
        length: None,
        tags: FileTags::default(),
    }
}

impl JobFactory for FaultyJobs {
    type Track = FaultyTrack;
    type Stream = Echo;
    type Ladder = EchoLadder;
    type Meter = FaultyMeter;

    fn has_encoder(&self) -> bool {
        true
    }

    fn probe(&self, path: &Path, _: &'static encoding_rs::Encoding) -> Result<AudioFileInfo, LeftOut> {
        self.0.meet(path);
        if path.ends_with("text.txt") { Err(LeftOut::NotAudio) } else { Ok(info()) }
    }

    fn read_cover(&self, path: &Path) -> Result<Vec<u8>, LeftOut> {
        self.0.meet(path);
        Ok(vec![0; if path.ends_with("huge.flac") { MESSAGE_MAX } else { 3 }])
    }

    fn open_file(
        &self,
        job: JobId,
        file: &FileJob,
        after: Option<FaultyTrack>,
    ) -> Result<(FaultyTrack, AudioFileInfo), LeftOut> {
        let frames = after.as_ref().map_or(file.skip_frames, |after| after.frames);
        let mark = Some(job).filter(|_| after.is_some());
        Ok((FaultyTrack { life: self.0.clone(), path: file.path.clone(), frames, mark }, info()))
    }

    fn open_stream(&self, _: StreamCodec, target: TargetFormat) -> Result<Echo, LeftOut> {
        if target.rate == 0 { Err(LeftOut::NoEncoder) } else { Ok(Echo { index: 0 }) }
    }

    fn open_ladder(&self, rungs: &[Rung], _: AudioTime) -> Result<EchoLadder, LeftOut> {
        let ladder = EchoLadder { life: self.0.clone(), rungs: rungs.to_vec() };
        if rungs.is_empty() { Err(LeftOut::NoEncoder) } else { Ok(ladder) }
    }

    fn open_measurement(&self, path: &Path) -> Result<FaultyMeter, LeftOut> {
        Ok(FaultyMeter { life: self.0.clone(), path: path.to_owned(), requests: 0 })
    }
}

impl FileConversion for FaultyTrack {
    fn next(&mut self) -> EncodedFrames {
        self.life.meet(&self.path);
        let index = self.frames;
        self.frames += 1;
        let marks = self.mark.take().map(|token| FrameMark { frame: 0, token }).into_iter().collect();
        EncodedFrames { index, count: 1, bytes: vec![index as u8], marks, is_last: false }
    }

    fn finish(&mut self) -> EncodedFrames {
        EncodedFrames { is_last: true, ..self.next() }
    }
}

impl StreamConversion for Echo {
    fn push(&mut self, frames: &[u8], marks: &[FrameMark]) -> EncodedFrames {
        if frames.starts_with(b"panic") {
            panic!("the test panics on purpose");
        }
        let (index, count) = (self.index, frames.len() as u32);
        self.index += u64::from(count);
        EncodedFrames { index, count, bytes: frames.to_vec(), marks: marks.to_vec(), is_last: false }
    }

    fn finish(&mut self) -> EncodedFrames {
        EncodedFrames { is_last: true, index: self.index, ..EncodedFrames::default() }
    }
}

impl LadderConversion for EchoLadder {
    fn push(&mut self, frames: &[u8]) -> Result<Vec<RungFrames>, LeftOut> {
        if frames == b"h" {
            return Err(LeftOut::HeAac);
        }
        self.life.meet(Path::new(&*String::from_utf8_lossy(frames)));
        let count = frames.len() as u32;
        let echo = |rung: &mut Rung| {
            let index = rung.first;
            rung.first += u64::from(count);
            let frames = EncodedFrames { index, count, bytes: frames.to_vec(), ..EncodedFrames::default() };
            RungFrames { id: rung.id, frames, cpu_us: 7 }
        };
        Ok(self.rungs.iter_mut().map(echo).collect())
    }

    fn set_rungs(&mut self, rungs: &[Rung]) -> Result<Vec<RungFrames>, LeftOut> {
        self.rungs = rungs.to_vec();
        Ok(Vec::new())
    }
}

impl Measurement for FaultyMeter {
    fn measure(&mut self) -> (Option<f32>, bool) {
        self.life.meet(&self.path);
        self.requests += 1;
        (Some(-16.0), self.requests == 3)
    }
}
