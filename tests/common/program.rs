//! A process for one test, coldwave or any other program.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use super::wait_for;

/// A running program. It is killed at the end of the test, even if the test fails.
pub struct Program {
    child: Child,
    pub stdout: Capture,
    pub stderr: Capture,
}

/// The result of a program that has exited.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` if a signal ended the program.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// Runs `command` and captures its output.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let stdout = Capture::start(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Capture::start(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stdout, stderr }
    }

    /// Runs `command` with the stdout and stderr that the test has set.
    pub fn start_with_own_output(mut command: Command) -> Self {
        let child = spawn(command.stdin(Stdio::null()));
        let [stdout, stderr] = [(); 2].map(|()| Capture::start(std::io::empty()));
        Self { child, stdout, stderr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.exit_status().is_none()
    }

    /// Waits until the program exits by itself.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the program to exit", || self.exit_status())
    }

    /// Waits until the program exits by itself, and returns its result.
    pub fn finish(&mut self) -> Finished {
        let code = self.wait().code();
        Finished { code, stdout: self.stdout.wait_to_end(), stderr: self.stderr.wait_to_end() }
    }

    fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have exited already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("cannot start {:?}: {error}", command.get_program()))
}

/// The output of a program, captured by a thread.
#[derive(Clone)]
pub struct Capture(Arc<Mutex<Captured>>);

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    ended: bool,
}

impl Capture {
    /// Starts to read `pipe` to its end.
    pub fn start(mut pipe: impl Read + Send + 'static) -> Self {
        let capture = Self(Arc::default());
        let captured = capture.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                match pipe.read(&mut buffer) {
                    Ok(count @ 1..) => captured.lock().bytes.extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Ok(_) | Err(_) => break,
                }
            }
            captured.lock().ended = true;
        });
        capture
    }

    /// Returns the output so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Returns the output so far as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// Waits until the program closes its end, and returns the whole output.
    pub fn wait_to_end(&self) -> String {
        wait_for("a pipe to be closed", || self.lock().ended.then_some(()));
        self.text()
    }

    /// Returns the number of lines that contain `text`.
    pub fn count(&self, text: &str) -> usize {
        self.text().lines().filter(|line| line.contains(text)).count()
    }

    /// Waits until a line contains `text`.
    pub fn wait_for(&self, text: &str) {
        wait_for(&format!("{text:?} in the output"), || (self.count(text) > 0).then_some(()));
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.0.lock().expect("no thread panics while it holds the lock")
    }
}
