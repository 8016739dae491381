//! The daemon, started for one test and gone with it.

use std::ffi::OsStr;
use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::{Command, ExitStatus};
use std::thread;

use super::{BINARY, Ended, Listening, Peer, Program, Said, wait_for};

/// A running coldwave. It is killed when the test is over, however it ends.
pub struct Coldwave {
    program: Program,
    /// The URLs it announced, one a station and address.
    pub urls: Vec<String>,
}

impl Coldwave {
    /// Plays `music` on a port of this machine that is free.
    pub fn playing(music: &[impl AsRef<OsStr>]) -> Self {
        Self::with_options(&[], music)
    }

    /// The same with options before the music.
    pub fn with_options(options: &[&str], music: &[impl AsRef<OsStr>]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0"]).args(options).args(music).env_remove("RUST_LOG");
        Self::started(command, 1)
    }

    /// Starts `command` and waits until it has announced so many URLs.
    pub fn started(command: Command, urls: usize) -> Self {
        let mut program = Program::started(command);
        let urls = wait_for("the URLs on stdout", || {
            assert!(program.is_running(), "coldwave ended: {}", program.stderr.text());
            let said = program.stdout.text();
            (said.matches('\n').count() >= urls).then(|| said.lines().map(str::to_owned).collect())
        });
        Self { program, urls }
    }

    /// Starts `command`, whose stdout and stderr are the test's business, and which listens at `address`; waits until
    /// it can be reached.
    pub fn silently(command: Command, address: SocketAddr) -> Self {
        let server =
            Self { program: Program::silently(command), urls: vec![format!("http://{address}/live")] };
        wait_for("someone to listen", || std::net::TcpStream::connect(address).ok());
        server
    }

    /// What it says on stdout.
    pub fn stdout(&self) -> &Said {
        &self.program.stdout
    }

    /// What it says on stderr.
    pub fn log(&self) -> &Said {
        &self.program.stderr
    }

    /// The first URL.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// The address behind a URL that was announced.
    pub fn address_of(url: &str) -> SocketAddr {
        let host = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/live"));
        let host = host.unwrap_or_else(|| panic!("not the URL of a stream: {url:?}"));
        host.to_socket_addrs().expect("an address").next().expect("an address")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        Self::address_of(self.url())
    }

    /// A connection that has said nothing yet.
    pub fn connect(&self) -> Peer {
        Peer::connect(self.address())
    }

    /// A connection that has sent `head`: lines, the last of them empty by itself.
    pub fn ask(&self, head: &str) -> Peer {
        let mut peer = self.connect();
        peer.send(format!("{}\r\n\r\n", head.replace('\n', "\r\n")).as_bytes());
        peer
    }

    /// Someone who listens to `/live` without titles.
    pub fn listen(&self) -> Listening {
        Listening::to(self.ask("GET /live HTTP/1.1\nHost: radio.example\nUser-Agent: tests"))
    }

    /// Someone who listens to `/live` with titles.
    pub fn listen_with_titles(&self) -> Listening {
        let head = "GET /live HTTP/1.1\nHost: radio.example\nUser-Agent: tests\nIcy-MetaData: 1";
        Listening::to(self.ask(head))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Sends it a signal: `TERM`, `HUP`, …
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("there is a shell");
        assert!(status.success(), "{kill}");
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.program.wait()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.program.is_running()
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("/proc shows descriptors").count()
    }

    /// Processor time that it has used, in the hundredths of a second in which Linux counts.
    pub fn processor_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("/proc shows processes");
        // The name in parentheses may have spaces. Behind it, utime and stime are the 12th and 13th.
        let fields = stat.rsplit_once(')').expect("a name in parentheses").1;
        let tick = |at| fields.split_whitespace().nth(at).and_then(|field| field.parse::<u64>().ok());
        tick(11).zip(tick(12)).map(|(user, system)| user + system).expect("utime and stime")
    }
}

impl Drop for Coldwave {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("coldwave said:\n{}", self.log().text());
        }
    }
}

/// Runs coldwave with arguments that let it end at once.
pub fn run_to_end(arguments: &[impl AsRef<OsStr>]) -> Ended {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("RUST_LOG");
    Program::started(command).ended()
}
