//! The notifications to systemd, at a socket that stands for it.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::common::{BINARY, Coldwave, wait_for};

/// How long the service manager waits for a notification.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The service manager: its socket, and the notifications that it has received.
struct ServiceManager {
    folder: TempDir,
    socket: UnixDatagram,
    received: Vec<String>,
}

impl ServiceManager {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        socket.set_read_timeout(Some(TIMEOUT)).expect("a time limit");
        Self { folder, socket, received: Vec::new() }
    }

    /// Starts coldwave as a service with this configuration and these variables.
    fn start(&self, config: &str, variables: &[(&str, &str)]) -> Coldwave {
        let file = self.folder.path().join("coldwave.toml");
        fs::write(&file, config).expect("a file");
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(file).env_remove("RUST_LOG");
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify")).envs(variables.iter().copied());
        Coldwave::start(command, 1)
    }

    /// Receives the next notification.
    fn receive(&mut self) -> String {
        let mut bytes = [0; 4096];
        let count = self.socket.recv(&mut bytes).unwrap_or_else(|error| {
            panic!("no notification: {error}; before: {:?}", self.received);
        });
        let text = String::from_utf8_lossy(&bytes[..count]).trim_end().to_owned();
        self.received.push(text.clone());
        text
    }

    /// Receives notifications until one has this line.
    fn receive_until(&mut self, line: &str) -> String {
        loop {
            let text = self.receive();
            if text.lines().any(|other| other.starts_with(line)) {
                return text;
            }
        }
    }
}

const CONFIG: &str = "[server]\nlisten = \"127.0.0.1:0\"\n[[station]]\nsource_password = \"rosebud\"\n";

#[test]
fn service_manager_is_told_of_start_reload_and_stop() {
    let mut manager = ServiceManager::new();
    let mut server = manager.start(CONFIG, &[]);
    manager.receive_until("READY=1");
    assert!(!manager.received.iter().any(|text| text.contains("WATCHDOG")), "{:?}", manager.received);
    manager.receive_until("STATUS=");
    server.signal("HUP");
    let reloading = manager.receive_until("RELOADING=1");
    let micros = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(micros.is_some_and(|micros| micros.parse::<u64>().is_ok_and(|it| it > 0)), "{reloading}");
    manager.receive_until("READY=1");
    // A configuration that is refused ends the reload, too.
    fs::write(manager.folder.path().join("coldwave.toml"), "[[station").expect("a file");
    server.signal("HUP");
    manager.receive_until("RELOADING=1");
    manager.receive_until("READY=1");
    server.signal("TERM");
    manager.receive_until("STOPPING=1");
    assert!(server.wait().success());
}

#[test]
fn watchdog_is_satisfied_while_the_event_loop_runs() {
    let mut manager = ServiceManager::new();
    // Without listeners and audio, the event loop seldom runs by itself.
    let server = manager.start(CONFIG, &[("WATCHDOG_USEC", "600000")]);
    manager.receive_until("READY=1");
    for _ in 0..8 {
        manager.receive_until("WATCHDOG=1");
    }
    drop(server);
}

#[test]
fn service_manager_that_reads_nothing_delays_no_listener() {
    let manager = ServiceManager::new();
    let server = manager.start(
        &CONFIG.replace(
            "source_password = \"rosebud\"",
            &format!("music = {:?}", crate::common::fixture("station")),
        ),
        &[("WATCHDOG_USEC", "3000")],
    );
    // The socket holds a few datagrams; a watchdog of 3 ms fills it within a second.
    let mut listener = server.listen();
    listener.for_seconds(3.0);
    assert!(listener.seconds() > 2.0, "{}", listener.seconds());
}

#[test]
fn variables_that_name_no_socket_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    for (value, line) in [
        ("@coldwave-test", "the service manager is not notified: NOTIFY_SOCKET is no path: @coldwave-test"),
        (missing.to_str().expect("a name"), "cannot notify the service manager: "),
    ] {
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0"]).arg(crate::common::fixture("station"));
        command.env("NOTIFY_SOCKET", value).env_remove("RUST_LOG");
        let server = Coldwave::start(command, 1);
        wait_for("the line", || (server.log().count(line) == 1).then_some(()));
    }
}
