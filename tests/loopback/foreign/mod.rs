//! coldwave on configurations of other servers: what an element or key asks for is what happens.

mod access;
mod command_lines;
mod configurations;
mod delivery;
mod directories;
mod elements;
mod first_station;
mod limits;
mod logs;
mod masters;
mod mount_settings;
mod mounts;
mod old_files;
mod paths;
mod process;
mod relays;
mod shoutcast;
mod shoutcast_files;
mod shoutcast_listeners;
mod shoutcast_network;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::common::{BINARY, CHECKED, Coldwave, Peer, fixture, two_free_ports, wait_for};

/// The password of sources in the tests.
pub const PASSWORD: &str = "a long swim";

/// The password of the administrator in the tests.
pub const ADMIN_PASSWORD: &str = "high water";

/// `<authentication>` with the passwords of the tests.
pub const AUTHENTICATION: &str = "<authentication><source-password>a long swim</source-password>\
    <admin-user>admin</admin-user><admin-password>high water</admin-password></authentication>";

/// A coldwave that runs on another server's configuration.
pub struct ForeignServer {
    pub server: Coldwave,
    /// The directory of its file.
    pub folder: tempfile::TempDir,
    /// The port that stands for `{port}`. `{next}` is the port after it, which is also free.
    pub port: u16,
    file: &'static str,
}

impl ForeignServer {
    /// Starts it on an `icecast.xml` with these elements in `<icecast>`, which also has
    /// [`AUTHENTICATION`] and a `<listen-socket>`.
    pub fn with_icecast(elements: &str) -> Self {
        Self::with_icecast_in(tempfile::tempdir().expect("a temporary folder"), elements)
    }

    /// Like [`with_icecast`](Self::with_icecast), with files that are already in the folder.
    pub fn with_icecast_in(folder: tempfile::TempDir, elements: &str) -> Self {
        Self::with_file(folder, "icecast.xml", &icecast_xml(elements))
    }

    /// Starts it on an `sc_serv.conf` with these lines.
    pub fn with_shoutcast(lines: &str) -> Self {
        Self::with_file(tempfile::tempdir().expect("a temporary folder"), "sc_serv.conf", lines)
    }

    /// Starts it on a file with this text. In the text, `{port}` and `{next}` are two free ports and
    /// `{folder}` is the directory of the file.
    pub fn with_file(folder: tempfile::TempDir, file: &'static str, text: &str) -> Self {
        let port = two_free_ports();
        let path = write(folder.path(), file, text, port);
        let mut command = Command::new(BINARY);
        command.arg("-c").arg(path).env_remove("RUST_LOG");
        let server = Coldwave::start(command, 1);
        Self { server, folder, port, file }
    }

    /// Writes another text into its file, as [`with_file`](Self::with_file) does, and sends SIGHUP.
    pub fn reload(&self, text: &str) {
        write(self.folder.path(), self.file, text, self.port);
        self.server.signal("HUP");
    }

    /// Logs a source in at this mount, with a login of `SOURCE`.
    pub fn source(&self, mount: &str) -> Peer {
        let request = crate::common::Request::new(self.server.address(), "SOURCE", mount);
        let mut source = request.auth("source", PASSWORD).header("Content-Type", "audio/mpeg").open();
        let head = source.head();
        assert!(head.status.contains(" 200 "), "{head:?}");
        source
    }

    /// Logs a source in at this mount and sends it about six seconds of MP3.
    pub fn source_with_audio(&self, mount: &str) -> Peer {
        let mut source = self.source(mount);
        source.send(&audio());
        source
    }

    /// Waits until the mount is on the air.
    #[track_caller]
    pub fn wait_for_mount(&self, mount: &str) {
        wait_for(mount, || self.status(mount).contains(" 200 ").then_some(()));
    }

    /// Connects a listener as soon as there is room: the server may not have noticed yet that an earlier one
    /// has left.
    #[track_caller]
    pub fn listener(&self, mount: &str) -> Peer {
        wait_for("room for a listener", || {
            let mut listener = self.server.get(mount).open();
            listener.head().status.contains(" 200 ").then_some(listener)
        })
    }

    /// Returns the value of a metric of a mount.
    #[track_caller]
    pub fn metric(&self, name: &str, mount: &str) -> f64 {
        let page = self.server.get("/metrics").auth("admin", ADMIN_PASSWORD).send().ok();
        let start = format!("{name}{{mount=\"{mount}\"}} ");
        let value = page.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok());
        value.unwrap_or_else(|| panic!("{start}is missing in {page}"))
    }

    /// Returns the page with the statistics of a mount for the administrator, when the mount is on it.
    #[track_caller]
    pub fn stats(&self, mount: &str) -> String {
        let target = format!("/admin/stats?mount={mount}");
        wait_for("the statistics of a mount", || {
            let page = self.server.get(&target).auth("admin", ADMIN_PASSWORD).send().text().to_owned();
            page.contains(&format!("<source mount=\"{mount}\">")).then_some(page)
        })
    }

    /// Returns the status line of the reply to a GET request. A stream ends with the connection.
    pub fn status(&self, path: &str) -> String {
        self.server.get(path).open().head().status
    }
}

/// Returns an `icecast.xml` with these elements, [`AUTHENTICATION`] and a `<listen-socket>`.
pub fn icecast_xml(elements: &str) -> String {
    let socket = "<listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>";
    format!("<icecast>\n{socket}\n{AUTHENTICATION}\n{elements}\n</icecast>\n")
}

/// Logs an encoder of SHOUTcast 1 in, and sends about six seconds of MP3.
pub fn version_1_source(address: impl Into<SocketAddr>, password: &str) -> Peer {
    let mut encoder = Peer::connect(address.into());
    encoder.send(format!("{password}\r\n").as_bytes());
    assert!(String::from_utf8_lossy(&encoder.read().expect("a reply")).starts_with("OK2"));
    encoder.send(b"content-type: audio/mpeg\r\nicy-name: Shout\r\n\r\n");
    encoder.send(&audio());
    encoder
}

/// Returns about six seconds of MP3 at 128 kbit/s.
pub fn audio() -> Vec<u8> {
    fs::read(fixture(CHECKED)).expect("a fixture").repeat(11)
}

fn write(folder: &Path, file: &str, text: &str, port: u16) -> std::path::PathBuf {
    let text = text.replace("{port}", &port.to_string()).replace("{next}", &(port + 1).to_string());
    let path = folder.join(file);
    fs::write(&path, text.replace("{folder}", &folder.to_string_lossy())).expect("the folder is writable");
    path
}
