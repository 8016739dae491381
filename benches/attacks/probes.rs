//! Clients that are no attackers: new listeners, and people who log in with the right password.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use crate::crowd::{Client, proxy_header};
use crate::failure::Failure;
use crate::kind::AttackKind;
use crate::setup::{ADMIN_LOGIN, AUTODJ};

/// The time between two probes of a kind.
const INTERVAL: Duration = Duration::from_millis(500);

/// The time after which an attempt has failed.
const ATTEMPT_MAX: Duration = Duration::from_secs(5);

/// The bytes of audio of a listener that has joined.
const JOINED: usize = 4_096;

/// The addresses that probes connect from: listeners and one login from that of the machine, the other login
/// from one that the PROXY protocol replaces by its own.
const MACHINE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 2, 200);

/// What happened to the probes of a kind.
#[derive(Debug, Default, Clone)]
pub struct ProbeFigures {
    pub succeeded: usize,
    /// Attempts without success, after which the client tried again.
    pub failed: usize,
    /// The longest time from the first attempt of a client to its success, or to the end of the attack.
    pub longest: Duration,
    /// What was wrong with the last attempt that failed.
    pub last_error: Option<String>,
}

/// The probes of all kinds.
#[derive(Debug, Default, Clone)]
pub struct AllProbes {
    /// New listeners.
    pub listeners: ProbeFigures,
    /// Logins of the administrator with the right password, from another address than that of the machine.
    pub logins: ProbeFigures,
}

/// Running probes.
pub struct Probes {
    is_over: Arc<AtomicBool>,
    listeners: JoinHandle<ProbeFigures>,
    logins: JoinHandle<ProbeFigures>,
}

impl Probes {
    pub fn start(server: SocketAddr, kind: AttackKind) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let log_in = match kind {
            AttackKind::SharedGuesses => log_in_from_attacked_address,
            _ => log_in,
        };
        let spawn = |attempt: fn(SocketAddr) -> io::Result<()>| {
            let is_over = is_over.clone();
            thread::spawn(move || repeat(server, attempt, &is_over))
        };
        Self { listeners: spawn(join), logins: spawn(log_in), is_over }
    }

    /// Ends the probes.
    pub fn finish(self) -> Result<AllProbes, Failure> {
        self.is_over.store(true, Ordering::Relaxed);
        let figures = |thread: JoinHandle<_>| thread.join().map_err(|_| "a probe panicked");
        Ok(AllProbes { listeners: figures(self.listeners)?, logins: figures(self.logins)? })
    }
}

/// Repeats attempts until `is_over`. After a failure, the client tries again until it succeeds.
fn repeat(
    server: SocketAddr,
    attempt: fn(SocketAddr) -> io::Result<()>,
    is_over: &AtomicBool,
) -> ProbeFigures {
    let mut figures = ProbeFigures::default();
    let mut first_attempt = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        let outcome = attempt(server);
        figures.longest = figures.longest.max(first_attempt.elapsed());
        thread::sleep(INTERVAL);
        match outcome {
            Ok(()) => {
                figures.succeeded += 1;
                first_attempt = Instant::now();
            }
            Err(error) => {
                figures.failed += 1;
                figures.last_error = Some(error.to_string());
            }
        }
    }
    figures
}

/// Joins as a listener and leaves after the first audio.
fn join(server: SocketAddr) -> io::Result<()> {
    let mut socket = connect(server, MACHINE)?;
    socket.write_all(format!("GET {AUTODJ} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").as_bytes())?;
    expect_ok(&mut socket)?;
    socket.read_exact(&mut [0; JOINED])
}

/// Logs in as the administrator, from an address of its own.
fn log_in(server: SocketAddr) -> io::Result<()> {
    log_in_with(server, "PROXY TCP4 13.0.0.1 127.0.0.1 40000 8000\r\n")
}

/// Logs in as the administrator, from the address that all attackers share.
fn log_in_from_attacked_address(server: SocketAddr) -> io::Result<()> {
    log_in_with(server, &proxy_header(Client::Shared, 0))
}

fn log_in_with(server: SocketAddr, proxy_header: &str) -> io::Result<()> {
    let mut socket = connect(server, PROXY)?;
    let request = format!(
        "{proxy_header}\
         GET /admin/listmounts HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: admin-browser\r\nAuthorization: Basic {ADMIN_LOGIN}\r\n\r\n"
    );
    socket.write_all(request.as_bytes())?;
    expect_ok(&mut socket)
}

fn connect(server: SocketAddr, local: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::from((IpAddr::V4(local), 0)).into())?;
    socket.connect_timeout(&server.into(), ATTEMPT_MAX)?;
    socket.set_read_timeout(Some(ATTEMPT_MAX))?;
    socket.set_write_timeout(Some(ATTEMPT_MAX))?;
    Ok(socket.into())
}

/// Reads the status of the response.
///
/// # Errors
/// If it is not 200.
fn expect_ok(socket: &mut TcpStream) -> io::Result<()> {
    const OK: &[u8] = b"HTTP/1.0 200";
    let mut status = [0; OK.len()];
    socket.read_exact(&mut status)?;
    if status == OK { Ok(()) } else { Err(io::Error::other(String::from_utf8_lossy(&status))) }
}
