//! Debian's icecast2.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Program, wait_for};

/// The folders of Debian's package with the pages of icecast2, as settings of its configuration.
pub const ROOTS: &str =
    "<webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>";

/// Creates a folder `logs` in `folder` into which icecast2 can write, and returns its path.
pub fn log_folder(folder: &Path) -> std::path::PathBuf {
    let logs = folder.join("logs");
    fs::create_dir(&logs).expect("the folder is writable");
    for (path, mode) in [(folder, 0o755), (&logs, 0o777)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a folder of this test");
    }
    logs
}

/// Starts an icecast2 with this configuration, which listens on `port`, and waits until it answers.
pub fn start(config: &Path, port: u16) -> Program {
    let mut icecast = start_process(config);
    wait_for("icecast2 to answer", || {
        if !icecast.is_running() {
            icecast = start_process(config);
        }
        is_ready(port).then_some(())
    });
    icecast
}

/// icecast2 refuses to run as root, so a test that runs as root starts it as a user without rights.
fn start_process(config: &Path) -> Program {
    let is_root = fs::metadata("/proc/self").expect("/proc shows processes").uid() == 0;
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=KILL", "icecast2"]);
        command
    } else {
        Command::new("icecast2")
    };
    command.arg("-c").arg(config);
    Program::start(command)
}

/// Returns whether the statistics thread of the icecast2 at `port` runs. icecast2 2.4.4 crashes if a
/// connection is counted before that thread has created the counters. It has created them when it has set the
/// start time.
fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))) else { return false };
    let mut reply = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a read timeout");
    stream.write_all(b"GET /status-json.xsl HTTP/1.0\r\n\r\n").is_ok()
        && stream.read_to_string(&mut reply).is_ok()
        && reply.contains("server_start")
}
