//! Programs that read status pages, while others listen.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use crate::failure::Failure;
use crate::launch;

/// The first argument of a process that is to read pages.
pub const MODE: &str = "scrape";

/// Those who ask at the same time. Each has its turn at a fixed pace and waits for the answer to its end.
pub const READERS: u32 = 8;

/// What is asked for, in turn: what directories, widgets and monitoring ask every server for.
const PAGES: [&str; 8] = [
    "/7.html",
    "/stats?sid=1",
    "/stats?sid=1&json=1",
    "/statistics?json=1",
    "/status-json.xsl",
    "/currentsong?sid=1",
    "/played.html?sid=1",
    "/api/v1/stations",
];

/// How long an answer may take before it counts as none.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// How long after its time the process is waited for.
const LATE_MAX: Duration = Duration::from_secs(10);

/// A process that reads pages, gone with this value.
pub struct Scrape {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Scraped {
    /// Answers a second, each whole and with status 200.
    pub per_second: f64,
    /// Requests without such an answer.
    pub failed: usize,
    /// From connect() to the end of the answer.
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
}

impl Scrape {
    /// Begins to ask `server` so often a second, for this long.
    pub fn begin(server: SocketAddr, per_second: u32, length: Duration) -> Result<Self, Failure> {
        let mut command = launch::child(MODE)?;
        command.args([&server.to_string(), &per_second.to_string(), &length.as_millis().to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("its stdout is not ours")?;
        Ok(Self { child, stdout: BufReader::new(stdout) })
    }

    /// Waits for its end.
    pub fn end(mut self) -> Result<Scraped, Failure> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [per_second, failed, p50, p99, max] = numbers[..] else { return Err(line.into()) };
        let [p50, p99, max] = [p50, p99, max].map(Duration::from_secs_f64);
        Ok(Scraped { per_second, failed: failed as usize, p50, p99, max })
    }
}

impl Drop for Scrape {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for Scraped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [self.p50, self.p99, self.max].map(|time| time.as_secs_f64() * 1e3);
        let Self { per_second, failed, .. } = self;
        write!(f, "{per_second:.0} a second, {failed} failed; {p50:.1} ms, 99 % {p99:.1} ms, all {max:.1} ms")
    }
}

/// Reads pages for as long as it may, and prints what came of it: `<address> <a second> <milliseconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, per_second, millis] = arguments else {
        return Err("scrape: say whom, how often, how long".into());
    };
    let (server, per_second): (SocketAddr, u32) = (server.parse()?, per_second.parse()?);
    let length = Duration::from_millis(millis.parse()?);
    thread::spawn(move || {
        thread::sleep(length + LATE_MAX);
        std::process::exit(1);
    });
    let pace = Duration::from_secs(1) * READERS / per_second;
    let begun = Instant::now();
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            thread::spawn(move || read(server, begun + pace * number / READERS, pace, begun + length))
        })
        .collect();
    let mut times = Vec::new();
    for reader in readers {
        times.extend(reader.join().map_err(|_| "a reader panicked")?);
    }
    let took = begun.elapsed().as_secs_f64();
    let failed = times.iter().filter(|time| time.is_none()).count();
    let mut times: Vec<Duration> = times.into_iter().flatten().collect();
    times.sort_unstable();
    let percentile = |per_cent: usize| {
        let at = (times.len() * per_cent).div_ceil(100).max(1) - 1;
        times.get(at).copied().unwrap_or_default().as_secs_f64()
    };
    let per_second = times.len() as f64 / took;
    println!("{per_second} {failed} {} {} {}", percentile(50), percentile(99), percentile(100));
    Ok(())
}

/// How long each answer took; nothing for what was none.
fn read(server: SocketAddr, first: Instant, pace: Duration, until: Instant) -> Vec<Option<Duration>> {
    let mut times = Vec::new();
    let mut next = first;
    for page in PAGES.iter().cycle() {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        if Instant::now() >= until {
            break;
        }
        let asked = Instant::now();
        times.push(ask(server, page).ok().filter(|whole| *whole).map(|_| asked.elapsed()));
        next += pace;
    }
    times
}

/// Whether the answer is whole and good.
fn ask(server: SocketAddr, page: &str) -> std::io::Result<bool> {
    let mut peer = TcpStream::connect_timeout(&server, ANSWER_MAX)?;
    peer.set_read_timeout(Some(ANSWER_MAX))?;
    peer.write_all(format!("GET {page} HTTP/1.0\r\nHost: radio.example\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok());
    Ok(head.starts_with("HTTP/1.0 200 ") && length == Some(body.len()))
}
