//! Requests what the admin page requests while others listen, as an open page in which the administrator
//! searches and sorts the listeners.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use crate::failure::Failure;
use crate::launch;

/// The first argument of the process.
pub const MODE: &str = "admin-page";

/// The password of the administrator, for a coldwave that runs for minutes on loopback.
pub const PASSWORD: &str = "measured";

/// `admin:measured` in Base64.
const AUTHORIZATION: &str = "Authorization: Basic YWRtaW46bWVhc3VyZWQ=";

/// What a browser requests before it shows the page, with the first hundred listeners. The script of the page
/// loads four parts.
const FIRST_PAINT: [&str; 11] = [
    "/admin/",
    "/assets/page.css",
    "/assets/admin.css",
    "/assets/admin.js",
    "/assets/admin-kit.js",
    "/assets/admin-log.js",
    "/assets/admin-history.js",
    "/assets/admin-reload.js",
    "/api/v1/admin/stations",
    "/api/v1/admin/log?after=0&boot=",
    "/api/v1/admin/stations/1/listeners?limit=100&offset=0&sort=id&search=",
];

/// What the page requests every few seconds, by what is chosen in it.
const REFRESHES: [(&str, &str); 9] = [
    ("stations", "/api/v1/admin/stations"),
    ("log", "/api/v1/admin/log?after=0&boot="),
    ("first page", "/api/v1/admin/stations/1/listeners?limit=100&offset=0&sort=id&search="),
    ("page 90", "/api/v1/admin/stations/1/listeners?limit=100&offset=9000&sort=id&search="),
    ("search", "/api/v1/admin/stations/1/listeners?limit=100&offset=0&sort=id&search=127.0.0.0/8+a"),
    ("farthest behind", "/api/v1/admin/stations/1/listeners?limit=100&offset=0&sort=-behind_s&search="),
    ("by program", "/api/v1/admin/stations/1/listeners?limit=100&offset=0&sort=user_agent&search="),
    ("24 hours", "/api/v1/admin/audience"),
    ("bans", "/api/v1/admin/bans"),
];

/// The time between two rounds of all refreshes; the page requests the listeners as often.
const ROUND: Duration = Duration::from_secs(3);

/// A response that takes longer is an error.
const RESPONSE_MAX: Duration = Duration::from_secs(5);

/// The time by which the process may exceed its duration before it exits with an error.
const GRACE: Duration = Duration::from_secs(10);

/// The process. It is killed when this value is dropped.
pub struct AdminPageProcess {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// The figures of the process.
#[derive(Debug, Clone)]
pub struct AdminPageFigures {
    /// One for the first paint, and one for each kind of refresh.
    pub requests: Vec<RequestFigures>,
}

/// The figures of one kind of request.
#[derive(Debug, Clone)]
pub struct RequestFigures {
    name: String,
    count: usize,
    /// The time from connect() to the end of the response.
    median: Duration,
    max: Duration,
    /// The largest response in bytes, with its head.
    bytes: usize,
}

impl AdminPageProcess {
    /// Opens the page of `server` for `duration`.
    pub fn start(server: SocketAddr, duration: Duration) -> Result<Self, Failure> {
        let mut command = launch::child_command(MODE)?;
        command.args([&server.to_string(), &duration.as_millis().to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("stdout is not a pipe")?;
        Ok(Self { child, stdout: BufReader::new(stdout) })
    }

    /// Waits until the process has finished, and returns its figures.
    pub fn finish(mut self) -> Result<AdminPageFigures, Failure> {
        let lines = self.stdout.by_ref().lines().collect::<Result<Vec<_>, _>>()?;
        if !self.child.wait()?.success() || lines.is_empty() {
            return Err("a request of the admin page failed".into());
        }
        let requests =
            lines.iter().map(|line| RequestFigures::parse(line).ok_or_else(|| line.as_str().into()));
        Ok(AdminPageFigures { requests: requests.collect::<Result<_, Failure>>()? })
    }
}

impl Drop for AdminPageProcess {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RequestFigures {
    /// Returns the figures of responses: their times and lengths.
    fn new(name: &str, responses: &[(Duration, usize)]) -> Self {
        let mut times: Vec<Duration> = responses.iter().map(|(time, _)| *time).collect();
        times.sort_unstable();
        Self {
            name: name.to_owned(),
            count: times.len(),
            median: times.get(times.len() / 2).copied().unwrap_or_default(),
            max: times.last().copied().unwrap_or_default(),
            bytes: responses.iter().map(|(_, bytes)| *bytes).max().unwrap_or_default(),
        }
    }

    /// Parses what the process prints.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, ' ');
        let mut number = || fields.next()?.parse::<u64>().ok();
        let (count, median, max, bytes) = (number()?, number()?, number()?, number()?);
        Some(Self {
            name: fields.next()?.to_owned(),
            count: count as usize,
            median: Duration::from_micros(median),
            max: Duration::from_micros(max),
            bytes: bytes as usize,
        })
    }

    fn print(&self) {
        let Self { name, count, median, max, bytes } = self;
        println!("{count} {} {} {bytes} {name}", median.as_micros(), max.as_micros());
    }
}

impl fmt::Display for RequestFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, max] = [self.median, self.max].map(|time| time.as_secs_f64() * 1e3);
        let Self { name, count, bytes, .. } = self;
        write!(f, "{name}: {count} times, median {median:.1} ms, max {max:.1} ms, {bytes} bytes")
    }
}

/// Runs the process, which prints its figures: `<address> <milliseconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, millis] = arguments else {
        return Err("admin-page: expected <address> <milliseconds>".into());
    };
    let (server, duration): (SocketAddr, _) = (server.parse()?, Duration::from_millis(millis.parse()?));
    thread::spawn(move || {
        thread::sleep(duration + GRACE);
        std::process::exit(1);
    });
    let end = Instant::now() + duration;
    let paint = FIRST_PAINT.iter().map(|path| request(server, path)).collect::<Result<Vec<_>, _>>()?;
    let whole = paint.iter().fold((Duration::ZERO, 0), |(time, bytes), it| (time + it.0, bytes + it.1));
    let mut refreshes = vec![Vec::new(); REFRESHES.len()];
    while Instant::now() < end {
        let next = Instant::now() + ROUND;
        for ((_, path), responses) in REFRESHES.iter().zip(&mut refreshes) {
            responses.push(request(server, path)?);
        }
        thread::sleep(next.min(end).saturating_duration_since(Instant::now()));
    }
    RequestFigures::new("first paint, all its requests one after the other", &[whole]).print();
    for ((name, _), responses) in REFRESHES.iter().zip(&refreshes) {
        RequestFigures::new(name, responses).print();
    }
    Ok(())
}

/// Returns how long a request took, and the length of its response.
fn request(server: SocketAddr, path: &str) -> Result<(Duration, usize), Failure> {
    let start = Instant::now();
    let mut peer = TcpStream::connect_timeout(&server, RESPONSE_MAX)?;
    peer.set_read_timeout(Some(RESPONSE_MAX))?;
    let head = format!("GET {path} HTTP/1.0\r\nHost: radio.example\r\n{AUTHORIZATION}\r\n\r\n");
    peer.write_all(head.as_bytes())?;
    let mut response = Vec::new();
    peer.read_to_end(&mut response)?;
    if !response.starts_with(b"HTTP/1.0 200 ") {
        return Err(
            format!("{path}: {}", String::from_utf8_lossy(&response[..response.len().min(200)])).into()
        );
    }
    Ok((start.elapsed(), response.len()))
}
