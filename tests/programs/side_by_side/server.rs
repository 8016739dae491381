//! One of the two servers, on the icecast.xml that both have.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::common::{BINARY, Program, Reply, Request, fixture, icecast, two_free_ports};
use crate::wait_for;

/// The password of sources.
pub const PASSWORD: &str = "deep-water-7";

/// The administrator's name and password.
pub const ADMIN: (&str, &str) = ("admin", "high-water-8");

/// The name of the station at `/live`.
pub const NAME: &str = "Harbour FM";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Icecast,
    Coldwave,
}

/// A running server.
pub struct Server {
    pub kind: Kind,
    pub port: u16,
    process: Program,
    folder: tempfile::TempDir,
}

impl Server {
    /// Writes the configuration and starts the server.
    pub fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = two_free_ports();
        let logs = icecast::log_folder(folder.path());
        let config = folder.path().join("icecast.xml");
        let text = fs::read_to_string(fixture("side-by-side/icecast.xml")).expect("a fixture");
        let text =
            text.replace("18000", &port.to_string()).replace("/var/log/icecast2", &logs.to_string_lossy());
        fs::write(&config, text).expect("the folder is writable");
        let process = match kind {
            Kind::Icecast => icecast::start(&config, port),
            Kind::Coldwave => start_coldwave(&config, port),
        };
        // Programs that run as other users write into it.
        let home = folder.path().join("home");
        fs::create_dir(&home).expect("the folder is writable");
        fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).expect("a folder of this test");
        Self { kind, port, process, folder }
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns a folder for the files of programs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Creates a home for a program.
    pub fn home(&self, program: &str) -> PathBuf {
        let home = self.folder().join("home").join(program);
        fs::create_dir_all(&home).expect("the folder is writable");
        fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).expect("a folder of this test");
        home
    }

    /// Writes a file that only this user can read, as programs with passwords require.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, content).expect("the folder is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of this test");
        path
    }

    /// Starts a GET request of the administrator.
    pub fn admin(&self, target: &str) -> Request {
        Request::new(self.address(), "GET", target).auth(ADMIN.0, ADMIN.1)
    }

    /// Returns a page for the administrator.
    pub fn page(&self, target: &str) -> Reply {
        self.admin(target).header("Host", &format!("127.0.0.1:{}", self.port)).send()
    }

    /// Sets the title of `/live`, and waits until a player that connects gets it at once.
    pub fn set_title(&self, title: &str) {
        let song = utf8_percent_encode(title, NON_ALPHANUMERIC);
        let target = format!("/admin/metadata?mount=/live&mode=updinfo&charset=UTF-8&song={song}");
        let reply = Request::new(self.address(), "GET", &target).auth("source", PASSWORD).send();
        assert!(reply.status_line().contains(" 200 "), "{reply:?}");
        wait_for("the title to be in the burst", || self.first_bytes().contains("Last Boat").then_some(()));
    }

    /// Returns the reply to a player up to the end of the first metadata block.
    fn first_bytes(&self) -> String {
        let mut peer = Request::new(self.address(), "GET", "/live").header("Icy-MetaData", "1").open();
        let mut bytes = Vec::new();
        while bytes.len() < 18_000 {
            match peer.read() {
                Ok(more) if !more.is_empty() => bytes.extend(more),
                end => panic!("the stream ends: {end:?}"),
            }
        }
        bytes.truncate(18_000);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until the statistics about the server are complete: Icecast adds them one by one after its
    /// start, and its page is no JSON before.
    pub fn wait_for_statistics(&self) {
        wait_for("complete statistics", || {
            let page = Request::new(self.address(), "GET", "/status-json.xsl").send();
            let page: Value = serde_json::from_str(page.text()).ok()?;
            let has = |name: &&str| page["icestats"][*name].is_string();
            ["admin", "host", "location", "server_id", "server_start_iso8601"].iter().all(has).then_some(())
        });
    }

    /// Waits until this many listeners are counted at `/live`.
    pub fn wait_for_listeners(&self, count: u32) {
        let page = || self.page("/admin/listmounts").text().to_owned();
        let listed = |page: String| {
            let (_, mount) = page.split_once("\"/live\"")?;
            let (_, count) = mount.split_once("<listeners>")?;
            count.split_once('<').map(|(count, _)| count.to_owned())
        };
        wait_for("the listeners to be counted", || (listed(page())? == count.to_string()).then_some(()));
    }

    /// Returns the text with the address and the port of this server replaced.
    pub fn neutral(&self, text: &str) -> String {
        text.replace(&format!("localhost:{}", self.port), "HOST")
            .replace(&format!("127.0.0.1:{}", self.port), "HOST")
    }

    /// Returns its messages.
    pub fn log(&self) -> String {
        let path = self.folder().join("logs/error.log");
        self.process.stderr.text() + &fs::read_to_string(path).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("log of {:?}:\n{}", self.kind, self.log());
        }
    }
}

fn start_coldwave(config: &Path, port: u16) -> Program {
    let mut command = Command::new(BINARY);
    command.arg("-c").arg(config).env_remove("RUST_LOG");
    let mut process = Program::start(command);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_for("coldwave to listen", || {
        assert!(process.is_running(), "coldwave exited: {}", process.stderr.text());
        std::net::TcpStream::connect(address).ok()
    });
    process
}

/// Runs all of these at once, and returns what they see.
pub fn at_once(server: &Server, observers: &[fn(&Server) -> super::Observations]) -> super::Observations {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for observe in observers {
            let sender = sender.clone();
            scope.spawn(move || sender.send(observe(server)).expect("the test waits"));
        }
    });
    drop(sender);
    receiver.into_iter().flatten().collect()
}
