//! A server that this program starts, and ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;

/// How long a server may take to say where it can be heard.
const STARTING_MAX: Duration = Duration::from_secs(10);

/// How long a server may take to end after SIGTERM before it is killed.
pub const STOPPING_MAX: Duration = Duration::from_secs(5);

/// How often an ending server is looked after.
const LOOK: Duration = Duration::from_millis(5);

/// A running server. It is killed when this goes out of scope before [`wait`](Self::wait).
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Kept so that the server can go on writing to it.
    _stdout: BufReader<ChildStdout>,
    log: File,
}

impl Server {
    /// Starts it and waits until it has said `http://HOST:PORT/…`.
    pub fn start(mut command: Command) -> Result<Self, Failure> {
        let log = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.try_clone()?);
        let mut child = command.spawn()?;
        match first_line(&mut child) {
            Ok((line, stdout)) => Ok(Self { child, address: address(&line)?, _stdout: stdout, log }),
            Err(failure) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("the server did not say where it listens: {failure}\n{}", text(&log)).into())
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end.
    pub fn terminate(&self) -> Result<(), Failure> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::TERM)?)
    }

    /// Waits for its end, [`STOPPING_MAX`] at most; then it is killed.
    pub fn wait(&mut self) -> Result<ExitStatus, Failure> {
        let limit = Instant::now() + STOPPING_MAX;
        while Instant::now() < limit {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(LOOK);
        }
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        text(&self.log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both do nothing to a process that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line that a child prints. Read by a thread, so that a silent child cannot hold us.
fn first_line(child: &mut Child) -> Result<(String, BufReader<ChildStdout>), Failure> {
    let mut stdout = BufReader::new(child.stdout.take().ok_or("its stdout is not ours")?);
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let outcome = stdout.read_line(&mut line).map(|_| (line, stdout));
        let _ = tell.send(outcome);
    });
    Ok(told.recv_timeout(STARTING_MAX)??)
}

fn address(line: &str) -> Result<SocketAddr, Failure> {
    let host = line.trim().strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let address = host.and_then(|host| host.parse().ok());
    address.ok_or_else(|| format!("no address in the server's first line, {line:?}").into())
}

fn text(mut log: &File) -> String {
    let mut bytes = Vec::new();
    let _ = log.rewind().and_then(|()| log.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
