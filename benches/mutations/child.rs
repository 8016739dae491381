//! An encode worker as a child process, spoken to with the protocol of the server.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use coldwave::encode_worker::process::SUBCOMMAND;
use coldwave::encode_worker::protocol::{WorkerRequest, WorkerResponse};

use crate::failure::Failure;

/// The longest CPU time for a response. After that, the worker counts as hanging.
pub const HANG: Duration = Duration::from_secs(2);

/// The same in the hundredths of a second in which Linux counts.
const HANG_TICKS: u64 = HANG.as_secs() * 100;

/// The longest time for a response on a busy machine, as a multiple of [`HANG`].
const WAITS_MAX: u32 = 20;

/// The places in the code at which workers have panicked, and how often.
pub type Panics = Arc<Mutex<BTreeMap<String, u64>>>;

/// A running worker.
pub struct WorkerChild {
    child: Child,
    requests: ChildStdin,
    responses: Receiver<WorkerResponse>,
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoResponse {
    /// The worker has ended: how.
    Died(String),
    /// It computes for longer than [`HANG`], or does nothing for a long time. It was killed.
    Hangs,
}

impl WorkerChild {
    /// Starts a worker and waits until it is ready.
    pub fn start(program: &str, panics: &Panics) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.arg(SUBCOMMAND).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdin, stdout) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipes")?;
        let (send, responses) = sync_channel(1);
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(response) = read_message(&mut stdout) {
                if send.send(response).is_err() {
                    break;
                }
            }
        });
        let (stderr, panics) = (child.stderr.take().ok_or("no stderr")?, Arc::clone(panics));
        thread::spawn(move || count_panics(stderr, &panics));
        let mut started = Self { child, requests: stdin, responses };
        match started.response() {
            Ok(WorkerResponse::Hello { has_encoder: true, .. }) => Ok(started),
            other => Err(format!("not the first message of a worker: {other:?}").into()),
        }
    }

    /// Sends a request and waits for the response.
    pub fn request(&mut self, request: &WorkerRequest) -> Result<WorkerResponse, NoResponse> {
        // If the worker is dead, the response says so.
        let _ = write_message(&mut self.requests, request);
        self.response()
    }

    fn response(&mut self) -> Result<WorkerResponse, NoResponse> {
        let before = self.cpu_ticks();
        for _ in 0..WAITS_MAX {
            match self.responses.recv_timeout(HANG) {
                Ok(response) => return Ok(response),
                // Other processes may have had the processor.
                Err(RecvTimeoutError::Timeout) if self.cpu_ticks().saturating_sub(before) < HANG_TICKS => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Err(NoResponse::Died(self.wait())),
            }
        }
        let _ = self.child.kill();
        self.wait();
        Err(NoResponse::Hangs)
    }

    /// Returns how it ended.
    fn wait(&mut self) -> String {
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Returns the CPU time that it has used; 0 after the end.
    fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in parentheses may contain spaces. utime and stime are the 12th and 13th field after it.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
    }

    /// Returns the highest resident memory so far in KiB; 0 after the end.
    pub fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}

impl Drop for WorkerChild {
    fn drop(&mut self) {
        // Neither has an effect if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Counts the lines that Rust prints for a panic: `thread 'encode' (123) panicked at src/file.rs:1:2:`.
fn count_panics(stderr: impl Read, panics: &Panics) {
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        if let Some((_, place)) = line.split_once("panicked at ") {
            let mut panics = panics.lock().expect("no thread panics while it holds the lock");
            *panics.entry(place.trim_end_matches(':').to_owned()).or_default() += 1;
        }
    }
}

/// Writes a message: a length of four bytes and the bytes of postcard.
fn write_message(out: &mut impl Write, request: &WorkerRequest) -> io::Result<()> {
    let bytes = postcard::to_stdvec(request).map_err(io::Error::other)?;
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    out.write_all(&[&len.to_le_bytes()[..], &bytes].concat())
}

fn read_message(input: &mut impl Read) -> io::Result<WorkerResponse> {
    let mut len = [0; 4];
    input.read_exact(&mut len)?;
    let mut bytes = vec![0; u32::from_le_bytes(len) as usize];
    input.read_exact(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}
