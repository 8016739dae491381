//! Live sources, one for every station, in a process of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::launch;
use crate::setup::{self, mount};

/// The first argument of a process that is to be the sources.
pub const MODE: &str = "sources";

/// `source:measured`, as Basic authentication has it.
const LOGIN: &str = "c291cmNlOm1lYXN1cmVk";

/// How often each source sends.
const PACE: Duration = Duration::from_millis(96);

/// Frames that are due at every send: 24 ms each.
const FRAMES: usize = 4;

/// How many frames a source sends at once when it begins: a second and a half, as an encoder's own buffer may hold.
const AHEAD: usize = 60;

/// How long the sources live at most. They end with the server before.
const LIFE_MAX: Duration = Duration::from_secs(3600);

/// How long a server may take to answer a source.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Sources that end with this value.
pub struct Sources(Child);

impl Sources {
    /// Puts one on the air on each of so many stations of `server`.
    pub fn begin(server: SocketAddr, count: usize, kbps: u32) -> Result<Self, Failure> {
        let mut command = launch::child(MODE)?;
        command.args([&server.to_string(), &count.to_string(), &kbps.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("its stdout is not ours")?;
        let sources = Self(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if line.trim() != "on the air" {
            return Err("the sources did not get on the air".into());
        }
        Ok(sources)
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends until the server hangs up: `<address> <count> <kbit/s>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, count, kbps] = arguments else {
        return Err("sources: say the address, how many and the bit rate".into());
    };
    let (server, count, kbps) = (server.parse()?, count.parse::<usize>()?, kbps.parse()?);
    let (first, due) = (setup::silence(kbps, AHEAD)?, setup::silence(kbps, FRAMES)?);
    let mut sources = (0..count).map(|at| connect(server, at, &first)).collect::<Result<Vec<_>, _>>()?;
    println!("on the air");
    // Spread over the pace, so that the server's load is as flat as that of strangers.
    let begun = Instant::now();
    for turn in 0.. {
        if sources.is_empty() || begun.elapsed() > LIFE_MAX {
            break;
        }
        let pace = PACE / sources.len() as u32;
        let mut at = 0;
        sources.retain_mut(|source| {
            let due_at = PACE * turn + pace * at;
            at += 1;
            thread::sleep(due_at.saturating_sub(begun.elapsed()));
            source.write_all(&due).is_ok()
        });
    }
    Ok(())
}

fn connect(server: SocketAddr, at: usize, first: &[u8]) -> Result<TcpStream, Failure> {
    const YES: &[u8] = b"HTTP/1.0 200";
    let mut source = TcpStream::connect(server)?;
    source.set_nodelay(true)?;
    source.set_read_timeout(Some(ANSWER_MAX))?;
    let request = format!(
        "SOURCE {} HTTP/1.0\r\nAuthorization: Basic {LOGIN}\r\nContent-Type: audio/mpeg\r\nice-name: {at}\r\n\r\n",
        mount(at)
    );
    source.write_all(request.as_bytes())?;
    let mut status = [0; YES.len()];
    source.read_exact(&mut status)?;
    if status != YES {
        return Err(format!("source {at} was answered {:?}", String::from_utf8_lossy(&status)).into());
    }
    source.write_all(first)?;
    Ok(source)
}
