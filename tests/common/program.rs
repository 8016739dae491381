//! A process for one test, coldwave or any other program.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

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
        let [stdout, stderr] = [(); 2].map(|()| Capture::new());
        command.stdin(Stdio::null()).stdout(stdout.writer()).stderr(stderr.writer());
        Self { child: spawn(&mut command), stdout, stderr }
    }

    /// Runs `command` with the stdout and stderr that the test has set.
    pub fn start_with_own_output(mut command: Command) -> Self {
        let child = spawn(command.stdin(Stdio::null()));
        let [stdout, stderr] = [(); 2].map(|()| Capture::new());
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
        Finished { code, stdout: self.stdout.text(), stderr: self.stderr.text() }
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
    wait_for("a program that no process is still writing", || match command.spawn() {
        // Another test has forked while this test wrote the program, and its child has not begun its own yet.
        Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => None,
        spawned => Some(spawned),
    })
    .unwrap_or_else(|error| panic!("cannot start {:?}: {error}", command.get_program()))
}

/// The output of a program in a file without a name. What the program has written before another process
/// observes an effect of it is here as well, which is not certain of a pipe that a thread reads.
#[derive(Clone)]
pub struct Capture(Arc<File>);

impl Capture {
    fn new() -> Self {
        Self(Arc::new(tempfile::tempfile().expect("a temporary file can be created")))
    }

    /// Returns the end that a program writes to.
    fn writer(&self) -> Stdio {
        self.0.try_clone().expect("a file can be duplicated").into()
    }

    /// Returns the output so far.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.0.metadata().expect("an open file has metadata").len() as usize];
        // The program appends, therefore what the file had is there.
        self.0.read_exact_at(&mut bytes, 0).expect("an open file can be read");
        bytes
    }

    /// Returns the output so far as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Returns the number of lines that contain `text`.
    pub fn count(&self, text: &str) -> usize {
        self.text().lines().filter(|line| line.contains(text)).count()
    }

    /// Waits until a line contains `text`.
    pub fn wait_for(&self, text: &str) {
        wait_for(&format!("{text:?} in the output"), || (self.count(text) > 0).then_some(()));
    }
}
