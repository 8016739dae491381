//! Requests status pages while others listen, as monitoring programs and directories do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use crate::failure::Failure;
use crate::launch;

/// The first argument of the scraping process.
pub const MODE: &str = "scrape";

/// The number of concurrent clients. Each sends requests at a fixed rate and waits for the end of each
/// response.
pub const CLIENTS: u32 = 8;

/// The requested pages, in turn: those that directories, widgets and monitoring request.
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

/// A response that takes longer counts as failed.
const RESPONSE_MAX: Duration = Duration::from_secs(5);

/// The time by which the process may exceed its duration before it exits with an error.
const GRACE: Duration = Duration::from_secs(10);

/// The scraping process. It is killed when this value is dropped.
pub struct ScrapeProcess {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// The figures of the scraping process.
#[derive(Debug, Clone, Copy)]
pub struct ScrapeFigures {
    /// Complete responses with status 200 per second.
    pub per_second: f64,
    /// Requests without such a response.
    pub failed: usize,
    /// The time from connect() to the end of the response.
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
}

impl ScrapeProcess {
    /// Starts to request pages of `server`, `per_second` times per second, for `duration`.
    pub fn start(server: SocketAddr, per_second: u32, duration: Duration) -> Result<Self, Failure> {
        let mut command = launch::child_command(MODE)?;
        command.args([&server.to_string(), &per_second.to_string(), &duration.as_millis().to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("stdout is not a pipe")?;
        Ok(Self { child, stdout: BufReader::new(stdout) })
    }

    /// Waits until the process has finished, and returns its figures.
    pub fn finish(mut self) -> Result<ScrapeFigures, Failure> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [per_second, failed, p50, p99, max] = numbers[..] else { return Err(line.into()) };
        let [p50, p99, max] = [p50, p99, max].map(Duration::from_secs_f64);
        Ok(ScrapeFigures { per_second, failed: failed as usize, p50, p99, max })
    }
}

impl Drop for ScrapeProcess {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for ScrapeFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [self.p50, self.p99, self.max].map(|time| time.as_secs_f64() * 1e3);
        let Self { per_second, failed, .. } = self;
        write!(
            f,
            "{per_second:.0} per second, {failed} failed; median {p50:.1} ms, 99 % {p99:.1} ms, max {max:.1} ms"
        )
    }
}

/// Runs the scraping process, which prints its figures: `<address> <requests per second> <milliseconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, per_second, millis] = arguments else {
        return Err("scrape: expected <address> <requests per second> <milliseconds>".into());
    };
    let (server, per_second): (SocketAddr, u32) = (server.parse()?, per_second.parse()?);
    let duration = Duration::from_millis(millis.parse()?);
    thread::spawn(move || {
        thread::sleep(duration + GRACE);
        std::process::exit(1);
    });
    let interval = Duration::from_secs(1) * CLIENTS / per_second;
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let first = start + interval * number / CLIENTS;
            thread::spawn(move || request_pages(server, first, interval, start + duration))
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.join().map_err(|_| "a client thread panicked")?);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let failed = times.iter().filter(|time| time.is_none()).count();
    let mut times: Vec<Duration> = times.into_iter().flatten().collect();
    times.sort_unstable();
    let percentile = |per_cent: usize| {
        let index = (times.len() * per_cent).div_ceil(100).max(1) - 1;
        times.get(index).copied().unwrap_or_default().as_secs_f64()
    };
    let per_second = times.len() as f64 / elapsed;
    println!("{per_second} {failed} {} {} {}", percentile(50), percentile(99), percentile(100));
    Ok(())
}

/// Requests pages in turn. Returns the time of each response; `None` for a failed request.
fn request_pages(
    server: SocketAddr,
    first: Instant,
    interval: Duration,
    until: Instant,
) -> Vec<Option<Duration>> {
    let mut times = Vec::new();
    let mut next = first;
    for page in PAGES.iter().cycle() {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        if Instant::now() >= until {
            break;
        }
        let sent_at = Instant::now();
        times.push(request_page(server, page).ok().filter(|ok| *ok).map(|_| sent_at.elapsed()));
        next += interval;
    }
    times
}

/// Returns whether the response is complete and has status 200.
fn request_page(server: SocketAddr, page: &str) -> std::io::Result<bool> {
    let mut peer = TcpStream::connect_timeout(&server, RESPONSE_MAX)?;
    peer.set_read_timeout(Some(RESPONSE_MAX))?;
    peer.write_all(format!("GET {page} HTTP/1.0\r\nHost: radio.example\r\n\r\n").as_bytes())?;
    let mut response = Vec::new();
    peer.read_to_end(&mut response)?;
    let text = String::from_utf8_lossy(&response);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok());
    Ok(head.starts_with("HTTP/1.0 200 ") && length == Some(body.len()))
}
