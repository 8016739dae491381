//! Checks frames with `mpg123 -t`, which reports everything that is unusual in a stream.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;

/// A running mpg123, which reads frames as they come.
pub struct Mpg123 {
    child: Child,
}

impl Mpg123 {
    /// Starts it. `None` if it is not installed.
    pub fn start() -> Result<Option<Self>, Failure> {
        let mut command = Command::new("mpg123");
        command.args(["-q", "-t", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        match command.spawn() {
            Ok(child) => Ok(Some(Self { child })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Passes frames to it.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let stdin = self.child.stdin.as_mut().ok_or("mpg123 has no stdin")?;
        Ok(stdin.write_all(bytes)?)
    }

    /// Ends the stream, and returns what mpg123 has written: nothing, if it found nothing.
    pub fn finish(mut self) -> Result<String, Failure> {
        drop(self.child.stdin.take());
        let mut said = String::new();
        self.child.stderr.take().ok_or("mpg123 has no stderr")?.read_to_string(&mut said)?;
        let status = self.child.wait()?;
        if status.success() { Ok(said) } else { Ok(format!("{said} ({status})")) }
    }
}

impl Drop for Mpg123 {
    fn drop(&mut self) {
        // Only after a failure of this program is it still running. An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
