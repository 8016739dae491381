//! A coldwave process for one test.

use std::ffi::OsStr;
use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread;

use super::{BINARY, Capture, Finished, Listener, Peer, Program, Request, wait_for};

/// A running coldwave. It is killed at the end of the test, even if the test fails.
pub struct Coldwave {
    program: Program,
    /// The URLs that it has printed: one for each station and address.
    pub urls: Vec<String>,
}

impl Coldwave {
    /// Starts a coldwave that plays `music` on a free port of localhost.
    pub fn with_music(music: &[impl AsRef<OsStr>]) -> Self {
        Self::with_options(&[], music)
    }

    /// Starts a coldwave with these options and this music on a free port of localhost.
    pub fn with_options(options: &[&str], music: &[impl AsRef<OsStr>]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0"]).args(options).args(music).env_remove("RUST_LOG");
        Self::start(command, 1)
    }

    /// Writes a configuration file into `folder`, starts coldwave with it and waits for this number of URLs.
    pub fn with_config(folder: &Path, config: &str, urls: usize) -> Self {
        let path = folder.join("coldwave.toml");
        fs::write(&path, config).expect("the folder is writable");
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&path).env_remove("RUST_LOG");
        Self::start(command, urls)
    }

    /// Runs `command` and waits until it has printed this number of URLs.
    pub fn start(command: Command, urls: usize) -> Self {
        let mut program = Program::start(command);
        let urls = wait_for("the URLs on stdout", || {
            assert!(program.is_running(), "coldwave exited: {}", program.stderr.text());
            let printed = program.stdout.text();
            (printed.matches('\n').count() >= urls).then(|| printed.lines().map(str::to_owned).collect())
        });
        Self { program, urls }
    }

    /// Runs `command`, whose stdout and stderr the test has set, and waits until it accepts connections at
    /// `address`.
    pub fn start_with_own_output(command: Command, address: SocketAddr) -> Self {
        let program = Program::start_with_own_output(command);
        let server = Self { program, urls: vec![format!("http://{address}/live")] };
        wait_for("a listening socket", || std::net::TcpStream::connect(address).ok());
        server
    }

    pub fn stdout(&self) -> &Capture {
        &self.program.stdout
    }

    /// Returns its output on stderr.
    pub fn log(&self) -> &Capture {
        &self.program.stderr
    }

    /// Returns the first URL.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// Returns the address in a printed URL.
    pub fn address_of(url: &str) -> SocketAddr {
        let rest = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        let host = rest.and_then(|rest| rest.split('/').next());
        let host = host.unwrap_or_else(|| panic!("not the URL of a stream: {url:?}"));
        host.to_socket_addrs().expect("an address").next().expect("an address")
    }

    /// Returns the address of the first URL.
    pub fn address(&self) -> SocketAddr {
        Self::address_of(self.url())
    }

    /// Opens a connection without sending anything.
    pub fn connect(&self) -> Peer {
        Peer::connect(self.address())
    }

    /// Starts a GET request.
    pub fn get(&self, target: &str) -> Request {
        Request::new(self.address(), "GET", target)
    }

    /// Opens a connection and sends a request head, whose lines are separated by LF here and by CR LF on the
    /// wire.
    pub fn send_head(&self, head: &str) -> Peer {
        let mut peer = self.connect();
        peer.send(format!("{}\r\n\r\n", head.replace('\n', "\r\n")).as_bytes());
        peer
    }

    /// Connects a listener to `/live` without titles.
    pub fn listen(&self) -> Listener {
        self.get("/live").http11().header("Host", "radio.example").agent("tests").listen()
    }

    /// Connects a listener to `/live` with titles.
    pub fn listen_with_titles(&self) -> Listener {
        let request = self.get("/live").http11().header("Host", "radio.example").agent("tests");
        request.header("Icy-MetaData", "1").listen()
    }

    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Sends a signal: `TERM`, `HUP` and so on.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("a shell is installed");
        assert!(status.success(), "{kill}");
    }

    /// Waits until the process exits by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.program.wait()
    }

    pub fn is_running(&mut self) -> bool {
        self.program.is_running()
    }

    /// Returns the number of open descriptors.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("/proc shows descriptors").count()
    }

    /// Returns the processor time used, in the hundredths of a second in which Linux counts.
    pub fn processor_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("/proc shows processes");
        // The name in parentheses may contain spaces. Of the fields after it, utime and stime are the 12th
        // and 13th.
        let fields = stat.rsplit_once(')').expect("a name in parentheses").1;
        let tick = |at| fields.split_whitespace().nth(at).and_then(|field| field.parse::<u64>().ok());
        tick(11).zip(tick(12)).map(|(user, system)| user + system).expect("utime and stime")
    }
}

impl Drop for Coldwave {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("stderr of coldwave:\n{}", self.log().text());
        }
    }
}

/// Runs coldwave with arguments that make it exit at once.
pub fn run_to_end(arguments: &[impl AsRef<OsStr>]) -> Finished {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("RUST_LOG");
    Program::start(command).finish()
}

/// Starts a coldwave that may open this number of descriptors.
pub fn with_descriptors(count: u32, music: &Path) -> Coldwave {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {count} && exec \"$0\" \"$@\"");
    command.args(["-c", &script, BINARY, "--listen", "127.0.0.1:0"]).arg(music).env_remove("RUST_LOG");
    Coldwave::start(command, 1)
}
