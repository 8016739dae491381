//! The process of the attackers.

use std::io::Read as _;
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::crowd::{self, Answers, Client, Plan, Reading, Reopen};
use crate::failure::Failure;
use crate::kind::AttackKind;
use crate::launch;
use crate::live;
use crate::setup::{ADMIN_LOGIN, AUTODJ, RELAY, SOURCE, SOURCE_LOGIN, SOURCE_PASSWORD};

/// The first argument of the attackers' process.
pub const MODE: &str = "attackers";

/// Connections per second, unless the kind says otherwise.
const OPENS_PER_SECOND: f64 = 2_000.0;

/// The most time until all attackers have connected.
pub const RAMP_UP_MAX: Duration = Duration::from_secs(30);

/// The size of a large head. The limit of coldwave is 16 KiB for each.
const LARGE_HEAD: usize = 16_000;

/// The length of a long title.
const LONG_TITLE: usize = 3_000;

/// Titles per second, each an event for every event reader.
const EVENT_TITLES: u32 = 20;

/// The attackers' process. It is killed when this value is dropped.
pub struct AttackersProcess(Child);

impl AttackersProcess {
    /// Starts `connections` attackers, for `duration` after all have connected.
    pub fn start(
        kind: AttackKind,
        server: SocketAddr,
        connections: usize,
        duration: Duration,
    ) -> Result<Self, Failure> {
        let mut command = launch::child_command(MODE)?;
        command.args([kind.name(), &server.to_string(), &connections.to_string()]);
        command.arg(duration.as_millis().to_string());
        Ok(Self(command.stdout(Stdio::piped()).spawn()?))
    }

    /// Returns whether the attackers have left.
    pub fn is_over(&mut self) -> Result<bool, Failure> {
        Ok(self.0.try_wait()?.is_some())
    }

    /// Returns what the attackers were answered, once they have left.
    pub fn answers(mut self) -> Result<Answers, Failure> {
        let status = self.0.wait()?;
        let mut text = String::new();
        self.0.stdout.take().ok_or("stdout is not a pipe")?.read_to_string(&mut text)?;
        if !status.success() {
            return Err(format!("the attackers failed: {status}").into());
        }
        let parse = |line: &str| {
            let (count, label) = line.split_once(' ')?;
            Some((label.to_owned(), count.parse().ok()?))
        };
        text.lines().map(|line| parse(line).ok_or_else(|| format!("not an answer: {line}").into())).collect()
    }
}

impl Drop for AttackersProcess {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the attackers: `<kind> <address> <connections> <milliseconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [kind, server, connections, millis] = arguments else {
        return Err("attackers: expected <kind> <address> <connections> <milliseconds>".into());
    };
    let (kind, server) = (AttackKind::find(kind)?, server.parse()?);
    let duration = Duration::from_millis(millis.parse()?);
    let plan = plan(kind, connections.parse()?);
    let source = kind.has_live_source().then(|| live::start_source(server)).transpose()?;
    if kind == AttackKind::UnreadEvents {
        thread::spawn(move || live::change_titles(server, EVENT_TITLES, RAMP_UP_MAX + duration, title));
    }
    let mut answers = crowd::run(server, &plan, RAMP_UP_MAX, duration)?;
    if let Some(source) = source {
        answers.insert(if source.finish() { SOURCE_KEPT } else { SOURCE_LOST }.into(), 1);
    }
    answers.iter().for_each(|(label, count)| println!("{count} {label}"));
    Ok(())
}

/// What the attackers' process reports about its live source.
pub const SOURCE_KEPT: &str = "source stayed connected";
pub const SOURCE_LOST: &str = "source was disconnected";

/// Returns what the attackers of a kind do.
fn plan(kind: AttackKind, connections: usize) -> Plan {
    let base = Plan {
        connections,
        opens_per_second: OPENS_PER_SECOND,
        opens_max: 1_000_000,
        reading: Reading::Everything,
        reopen: Reopen::AtOnce,
        client: Client::Own,
        request: request(kind),
    };
    match kind {
        AttackKind::UnreadPages | AttackKind::UnreadStatistics | AttackKind::UnreadEvents => {
            Plan { reading: Reading::Nothing, ..base }
        }
        AttackKind::Callbacks => {
            Plan { opens_per_second: 1e6, reopen: Reopen::InWaves(Duration::from_secs(10)), ..base }
        }
        AttackKind::ShortListeners => Plan { opens_per_second: 5_000.0, reading: Reading::Beginning, ..base },
        AttackKind::Titles => Plan { opens_per_second: 5_000.0, ..base },
        AttackKind::SilentConnections => Plan { client: Client::Unnamed, ..base },
        AttackKind::OneAddress | AttackKind::SharedGuesses => Plan { client: Client::Shared, ..base },
        _ => base,
    }
}

/// Returns the requests of the attackers of a kind.
fn request(kind: AttackKind) -> Box<dyn Fn(u64) -> Vec<u8>> {
    let fixed =
        |request: String| -> Box<dyn Fn(u64) -> Vec<u8>> { Box::new(move |_| request.clone().into_bytes()) };
    match kind {
        AttackKind::RelayPath => fixed(get(RELAY, &format!("X-Coldwave-Path: {}\r\n", invented_path()))),
        AttackKind::UnreadPages => fixed(get("/api/v1/openapi.json", "")),
        AttackKind::UnreadStatistics => fixed(get("/statistics", "")),
        AttackKind::UnreadEvents => fixed(get("/api/v1/events", "")),
        AttackKind::UnfinishedHeads => fixed(format!("GET / HTTP/1.1\r\n{}X-Unfinished:", filler())),
        AttackKind::UnfinishedBodies => fixed(format!(
            "POST /admin.cgi HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {LARGE_HEAD}\r\n{}\r\n{}",
            filler(),
            "x".repeat(LARGE_HEAD - 1)
        )),
        AttackKind::Callbacks => Box::new(|number| {
            format!("GET /statistics?json=1&callback=f{number} HTTP/1.1\r\nHost: h{number}.example\r\n\r\n")
                .into_bytes()
        }),
        AttackKind::ListenerLists => Box::new(|number| {
            let path = match number % 3 {
                0 => "/admin.cgi?mode=viewxml&page=3&sid=1".into(),
                1 => format!("/admin/listclients?mount={AUTODJ}"),
                _ => "/api/v1/admin/stations/1/listeners".into(),
            };
            get(&path, &format!("Authorization: Basic {ADMIN_LOGIN}\r\n")).into_bytes()
        }),
        AttackKind::Guesses | AttackKind::SharedGuesses => Box::new(guess),
        AttackKind::ShortListeners => Box::new(|number| {
            get(AUTODJ, &format!("User-Agent: player {number} {}\r\nIcy-MetaData: 1\r\n", "x".repeat(300)))
                .into_bytes()
        }),
        AttackKind::Titles => Box::new(title),
        AttackKind::OneAddress => fixed(get(AUTODJ, "")),
        AttackKind::SilentConnections | AttackKind::ShortStop | AttackKind::LongStop | AttackKind::Fifo => {
            fixed(String::new())
        }
    }
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n")
}

/// Returns header lines that fill a head nearly up to its limit.
fn filler() -> String {
    let line = format!("X-Filler: {}\r\n", "x".repeat(988));
    line.repeat(LARGE_HEAD / line.len() - 1)
}

/// Returns eight ids as servers have them, none of which exists.
fn invented_path() -> String {
    let ids: Vec<String> =
        (1..=8_u64).map(|number| format!("{:016x}", number.wrapping_mul(0x9E37_79B9))).collect();
    ids.join(", ")
}

/// Returns a request with a wrong password, for the administrator and for a source in turn.
fn guess(number: u64) -> Vec<u8> {
    let head = match number % 2 {
        0 => get(
            "/api/v1/admin/stations",
            &format!("Authorization: Basic {}\r\n", wrong_login("admin", number)),
        ),
        _ => format!(
            "SOURCE {SOURCE} HTTP/1.0\r\nAuthorization: Basic {}\r\nContent-Type: audio/mpeg\r\n\r\n",
            wrong_login("source", number)
        ),
    };
    head.into_bytes()
}

fn wrong_login(user: &str, number: u64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:guess {number}"))
}

/// Returns a request that sets a long title, in SHOUTcast's and in Icecast's form in turn.
fn title(number: u64) -> Vec<u8> {
    let song = format!("{number}+{}", "t".repeat(LONG_TITLE));
    let request = match number % 2 {
        0 => get(
            &format!("/admin/metadata?mode=updinfo&mount={SOURCE}&song={song}"),
            &format!("Authorization: Basic {SOURCE_LOGIN}\r\n"),
        ),
        _ => get(&format!("/admin.cgi?mode=updinfo&sid=2&pass={SOURCE_PASSWORD}&song={song}"), ""),
    };
    request.into_bytes()
}
