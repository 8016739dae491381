//! The CPU time of a server and its workers while stations play.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::music::Music;
use crate::options::Options;
use crate::process::ServerProcess;
use crate::usage::{cpu_time, memory};

/// The seconds of listening before the measurement, in which workers start and buffers fill.
const SETTLE: Duration = Duration::from_secs(8);

/// What stations cost, each in per cent of a core.
#[derive(Debug, Clone, Copy)]
pub struct StationCost {
    pub server: f64,
    pub workers: f64,
    /// The workers, and the highest resident memory of one in KiB.
    pub processes: usize,
    pub worker_kib: u64,
    /// The audio that the listeners received, divided by what was due.
    pub received: f64,
}

/// Measures stations that play a kind of music.
pub fn measure(music: &Music, kind: &str, options: &Options) -> Result<StationCost, Failure> {
    let server = start(music, kind, options)?;
    let listeners: Vec<_> = (0..options.stations).map(|station| listen(&server, station)).collect();
    thread::sleep(SETTLE);
    let before = Totals::read(&server)?;
    let heard = listeners.iter().map(Counted::count).sum::<u64>();
    let started = Instant::now();
    thread::sleep(Duration::from_secs(options.seconds));
    let (after, elapsed) = (Totals::read(&server)?, started.elapsed().as_secs_f64());
    let heard = listeners.iter().map(Counted::count).sum::<u64>() - heard;
    if before.workers != after.workers {
        return Err(format!("workers {:?} were replaced by {:?}", before.workers, after.workers).into());
    }
    let share = |time: Duration| 100.0 * time.as_secs_f64() / elapsed / options.stations as f64;
    Ok(StationCost {
        server: share(after.server - before.server),
        workers: share(after.of_workers - before.of_workers),
        processes: after.workers.len(),
        worker_kib: after.worker_kib,
        received: heard as f64 / (elapsed * 16_000.0 * options.stations as f64),
    })
}

fn start(music: &Music, kind: &str, options: &Options) -> Result<ServerProcess, Failure> {
    let mut config = String::from("[server]\n");
    for station in 0..options.stations {
        config += &format!("[[station]]\nmount = \"/live{station}\"\nmusic = [{:?}]\n", music.of_kind(kind));
    }
    let path = music.folder.path().join("coldwave.toml");
    fs::write(&path, config)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_coldwave"));
    command.args(["--listen", "127.0.0.1:0", "--config"]).arg(path);
    ServerProcess::start(command)
}

/// CPU times and memory at one moment.
struct Totals {
    server: Duration,
    of_workers: Duration,
    workers: Vec<u32>,
    worker_kib: u64,
}

impl Totals {
    fn read(server: &ServerProcess) -> Result<Self, Failure> {
        let workers = children(server.pid())?;
        let times = workers.iter().map(|pid| Ok(cpu_time(*pid)?.total));
        let of_workers = times.sum::<Result<Duration, Failure>>()?;
        let peaks =
            workers.iter().map(|pid| Ok(memory(*pid)?.peak)).collect::<Result<Vec<u64>, Failure>>()?;
        let worker_kib = peaks.into_iter().max().unwrap_or(0);
        Ok(Self { server: cpu_time(server.pid())?.total, of_workers, workers, worker_kib })
    }
}

/// Returns the processes that a process has started.
fn children(parent: u32) -> Result<Vec<u32>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // The process may have ended meanwhile.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/<pid>/stat")?;
        if fields.split_whitespace().nth(1) == Some(&parent.to_string()) {
            found.push(pid);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The bytes that a listener has received, counted by a thread.
struct Counted(std::sync::Arc<std::sync::atomic::AtomicU64>);

impl Counted {
    fn count(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Connects a listener without titles. Its thread ends with the server.
fn listen(server: &ServerProcess, station: u64) -> Counted {
    let (address, counted) = (server.address, Counted(std::sync::Arc::default()));
    let counter = std::sync::Arc::clone(&counted.0);
    thread::spawn(move || {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET /live{station} HTTP/1.0\r\n\r\n")?;
        let mut buffer = [0; 65_536];
        loop {
            match stream.read(&mut buffer)? {
                0 => return Ok::<(), std::io::Error>(()),
                len => _ = counter.fetch_add(len as u64, std::sync::atomic::Ordering::Relaxed),
            }
        }
    });
    counted
}
