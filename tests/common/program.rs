//! A program, ours or another's, started for one test and gone with it.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use super::wait_for;

/// A running program. It is killed when the test is over, however it ends.
pub struct Program {
    child: Child,
    /// What it says on stdout.
    pub stdout: Said,
    /// What it says on stderr.
    pub stderr: Said,
}

/// What a run came to.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

impl Program {
    /// Starts `command`, and collects what it says.
    pub fn started(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let stdout = Said::by(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Said::by(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stdout, stderr }
    }

    /// Starts `command` with the stdout and stderr that it has.
    pub fn silently(mut command: Command) -> Self {
        let child = spawn(command.stdin(Stdio::null()));
        Self { child, stdout: Said::by(std::io::empty()), stderr: Said::by(std::io::empty()) }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.exited().is_none()
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("a program to end", || self.exited())
    }

    /// Waits until it ends by itself and has said all.
    pub fn ended(&mut self) -> Ended {
        let code = self.wait().code();
        Ended { code, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended; either way it is gone then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("cannot start {:?}: {error}", command.get_program()))
}

/// What a program writes to a pipe, collected as it comes.
#[derive(Clone)]
pub struct Said(Arc<Mutex<Collected>>);

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    ended: bool,
}

impl Said {
    /// Reads `pipe` to its end, in a thread of its own.
    pub fn by(mut pipe: impl Read + Send + 'static) -> Self {
        let said = Self(Arc::default());
        let collected = said.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                match pipe.read(&mut buffer) {
                    Ok(count @ 1..) => collected.lock().bytes.extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Ok(_) | Err(_) => break,
                }
            }
            collected.lock().ended = true;
        });
        said
    }

    /// All so far, as it came.
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// All so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// All of it, once the program has closed its end.
    pub fn whole(&self) -> String {
        wait_for("a pipe to be closed", || self.lock().ended.then_some(()));
        self.text()
    }

    /// How many lines have `what` in them.
    pub fn count(&self, what: &str) -> usize {
        self.text().lines().filter(|line| line.contains(what)).count()
    }

    /// Waits until a line has `what` in it.
    pub fn wait_for(&self, what: &str) {
        wait_for(&format!("{what:?} to be said"), || (self.count(what) > 0).then_some(()));
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.lock().expect("nobody panics with it")
    }
}
