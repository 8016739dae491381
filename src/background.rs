//! Running in the background, for scripts that start Icecast with `-b`: the program starts itself again,
//! detached from the terminal, and ends when that has started.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::setsid;
use rustix::stdio::{dup2_stderr, dup2_stdout};

use crate::open_file;

/// The argument of the process in the background. It is no part of the public command line.
pub const SUBCOMMAND: &str = "in-background";

/// What the process in the background writes to stdout when it has started. It prints no such byte.
const READY: u8 = 0;

/// Starts this program in the background with these arguments, under the name `program`. Waits until it has
/// started or failed; meanwhile `print` gets its output, and its errors go to stderr. Returns whether it has
/// started.
///
/// # Errors
/// If the process cannot be started, or its output cannot be read.
pub fn start(program: &OsStr, arguments: &[OsString], mut print: impl FnMut(&[u8])) -> io::Result<bool> {
    let own = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe()? };
    let mut command = Command::new(own);
    command.arg0(program).arg(SUBCOMMAND).args(arguments);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut output = child.stdout.take().expect("it is a pipe");
    let mut buffer = [0; 4096];
    loop {
        let count = output.read(&mut buffer)?;
        let bytes = &buffer[..count];
        let end = bytes.iter().position(|byte| *byte == READY);
        print(&bytes[..end.unwrap_or(count)]);
        if end.is_some() {
            return Ok(true);
        }
        if count == 0 {
            return child.wait().map(|_| false);
        }
    }
}

/// Detaches this process from its terminal.
pub fn detach() {
    // It fails only for the leader of a process group, which is started in the background by others.
    let _ = setsid();
}

/// Tells the process that waits that this one has started, and leaves its stdout and stderr.
///
/// # Errors
/// If that is not possible.
pub fn finish_start() -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(&[READY]).and_then(|()| out.flush())?;
    let null = open_file::append_log(Path::new("/dev/null"))?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    Ok(())
}
