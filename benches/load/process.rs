//! A server process that this program starts and ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;

/// The time in which a server must print its address.
const STARTING_MAX: Duration = Duration::from_secs(10);

/// The time in which a server must exit after SIGTERM before it is killed.
pub const STOPPING_MAX: Duration = Duration::from_secs(5);

/// The interval of the checks whether a server has exited.
const WAIT_INTERVAL: Duration = Duration::from_millis(5);

/// A running server. It is killed if this value is dropped before [`wait`](Self::wait).
pub struct ServerProcess {
    child: Child,
    /// The address that the server listens on.
    pub address: SocketAddr,
    /// Kept open so that the server can write to it.
    _stdout: BufReader<ChildStdout>,
    log: File,
}

impl ServerProcess {
    /// Starts the server and waits until it has printed `http://HOST:PORT/…`, or `https://`.
    pub fn start(mut command: Command) -> Result<Self, Failure> {
        let log = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.try_clone()?);
        let mut child = command.spawn()?;
        match first_line(&mut child) {
            Ok((line, stdout)) => Ok(Self { child, address: address(&line)?, _stdout: stdout, log }),
            Err(failure) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("the server did not print its address: {failure}\n{}", text(&log)).into())
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) -> Result<(), Failure> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::TERM)?)
    }

    /// Waits until the server exits, and kills it after [`STOPPING_MAX`].
    pub fn wait(&mut self) -> Result<ExitStatus, Failure> {
        let limit = Instant::now() + STOPPING_MAX;
        while Instant::now() < limit {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(WAIT_INTERVAL);
        }
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// Returns the server's log.
    pub fn log(&self) -> String {
        text(&self.log)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Neither has an effect after `wait`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the first line that a child prints. A thread reads it, so that a silent child cannot block this
/// one.
fn first_line(child: &mut Child) -> Result<(String, BufReader<ChildStdout>), Failure> {
    let mut stdout = BufReader::new(child.stdout.take().ok_or("stdout is not a pipe")?);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let outcome = stdout.read_line(&mut line).map(|_| (line, stdout));
        let _ = sender.send(outcome);
    });
    Ok(receiver.recv_timeout(STARTING_MAX)??)
}

fn address(line: &str) -> Result<SocketAddr, Failure> {
    let host = line.trim().split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let address = host.and_then(|host| host.parse().ok());
    address.ok_or_else(|| format!("no address in the server's first line, {line:?}").into())
}

fn text(mut log: &File) -> String {
    let mut bytes = Vec::new();
    let _ = log.rewind().and_then(|()| log.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
