//! Live sources, one for each station, in a process of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::launch;
use crate::setup::{self, mount};

/// The first argument of the sources' process.
pub const MODE: &str = "sources";

/// `source:measured` in Base64, for Basic authentication.
const LOGIN: &str = "c291cmNlOm1lYXN1cmVk";

/// The interval in which each source sends.
const SEND_INTERVAL: Duration = Duration::from_millis(96);

/// The frames of each send, 24 ms each.
const FRAMES_PER_SEND: usize = 4;

/// The frames that a source sends at once after login: a second and a half, as an encoder may have buffered.
const FRAMES_AT_START: usize = 60;

/// The longest lifetime of the process. Normally it ends with the server.
const LIFETIME_MAX: Duration = Duration::from_secs(3600);

/// The time in which the server must answer a source.
const RESPONSE_MAX: Duration = Duration::from_secs(5);

/// The process of the sources. It is killed when this value is dropped.
pub struct SourcesProcess(Child);

impl SourcesProcess {
    /// Starts a live source on each of the first `count` stations, and waits until all are on air.
    pub fn start(server: SocketAddr, count: usize, kbps: u32) -> Result<Self, Failure> {
        let mut command = launch::child_command(MODE)?;
        command.args([&server.to_string(), &count.to_string(), &kbps.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("stdout is not a pipe")?;
        let sources = Self(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if line.trim() != READY {
            return Err("the sources did not go on air".into());
        }
        Ok(sources)
    }
}

impl Drop for SourcesProcess {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The line that the process prints when all sources are on air.
const READY: &str = "on the air";

/// Runs the sources until the server closes their connections: `<address> <count> <kbit/s>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, count, kbps] = arguments else {
        return Err("sources: expected <address> <count> <kbit/s>".into());
    };
    let (server, count, kbps) = (server.parse()?, count.parse::<usize>()?, kbps.parse()?);
    let (first, due) = (setup::silence(kbps, FRAMES_AT_START)?, setup::silence(kbps, FRAMES_PER_SEND)?);
    let mut sources =
        (0..count).map(|number| connect(server, number, &first)).collect::<Result<Vec<_>, _>>()?;
    println!("{READY}");
    // Sends are spread over the interval, so that the server's load is as even as with independent sources.
    let start = Instant::now();
    for round in 0.. {
        if sources.is_empty() || start.elapsed() > LIFETIME_MAX {
            break;
        }
        let step = SEND_INTERVAL / sources.len() as u32;
        let mut position = 0;
        sources.retain_mut(|source| {
            let due_at = SEND_INTERVAL * round + step * position;
            position += 1;
            thread::sleep(due_at.saturating_sub(start.elapsed()));
            source.write_all(&due).is_ok()
        });
    }
    Ok(())
}

fn connect(server: SocketAddr, number: usize, first: &[u8]) -> Result<TcpStream, Failure> {
    const OK: &[u8] = b"HTTP/1.0 200";
    let mut source = TcpStream::connect(server)?;
    source.set_nodelay(true)?;
    source.set_read_timeout(Some(RESPONSE_MAX))?;
    let request = format!(
        "SOURCE {} HTTP/1.0\r\nAuthorization: Basic {LOGIN}\r\nContent-Type: audio/mpeg\r\nice-name: {number}\r\n\r\n",
        mount(number)
    );
    source.write_all(request.as_bytes())?;
    let mut status = [0; OK.len()];
    source.read_exact(&mut status)?;
    if status != OK {
        let status = String::from_utf8_lossy(&status);
        return Err(format!("source {number} was rejected: {status:?}").into());
    }
    source.write_all(first)?;
    Ok(source)
}
