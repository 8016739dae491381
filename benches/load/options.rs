//! The options of the load program.

use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, LISTENERS_MAX, RATE_MAX, check_range, normalize};
use crate::kind::TrialKind;
use crate::{bounds, mixed, storm};

/// The longest measurement in seconds.
const SECONDS_MAX: u64 = 24 * 3600;

/// The most page requests per second. The scraping process cannot reach this rate.
const SCRAPE_MAX: u64 = 20_000;

/// The most stations of a server.
const STATIONS_MAX: u64 = 1000;

const CHURN_MAX: u64 = 1_000_000;

/// The most times that all listeners leave and rejoin.
const RETURNS_MAX: u64 = 100;

/// Open files of a server besides those of listeners and sources.
const OTHER_FILES: usize = 64;

/// The default name of a scenario.
const UNNAMED: &str = "run";

/// The environment variable with the command to record, set by scripts that run this program.
const COMMAND_VARIABLE: &str = "COLDWAVE_LOAD_COMMAND";

/// The bit rate of the bundled station, and coldwave's default delivery interval.
pub const DEFAULT_KBPS: u32 = 128;
pub const DEFAULT_INTERVAL_MS: u64 = 1000;

/// The most rounds of a run.
const ROUNDS_MAX: u64 = 100;

/// Starts a coldwave, connects listeners to it, checks what they receive and measures their cost. Other
/// servers are measured in turn with it, such as a bare writer, which makes one send() per second and
/// listener and does nothing else.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench load --")]
pub struct Options {
    /// number of listeners (default: 5000)
    #[argh(option, default = "5000")]
    pub listeners: usize,

    /// joins per second (default: 500)
    #[argh(option, default = "500")]
    pub rate: u32,

    /// seconds to measure after all have joined, divided by the number of rounds (default: 60)
    #[argh(option, default = "60")]
    pub seconds: u64,

    /// kinds to measure in turn, separated by commas: titles, plain, tls, many, live, other, other-many,
    /// icecast2, bare, bare-many; all are compared with the last (default: titles,bare; with --whole,
    /// --storm, --scrape, --admin, --mixed and --returns: titles)
    #[argh(option)]
    pub kinds: Option<String>,

    /// the coldwave of the kinds other and other-many, for example of an earlier commit
    #[argh(option)]
    pub other: Option<PathBuf>,

    /// number of trials of each kind (default: 2; where the default of --kinds is titles: 1)
    #[argh(option, default = "0")]
    pub rounds: u64,

    /// check every byte of every n-th listener; after the first title, the kernel discards the bytes of the
    /// others (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// check every byte of every listener
    #[argh(switch)]
    pub whole: bool,

    /// during the measurement, 2000 peers send a request one byte at a time, 500 never read, and 200
    /// connections per second send garbage
    #[argh(switch)]
    pub storm: bool,

    /// during the measurement, add bad listeners: of all listeners 10 % are slow, 5 % never read, and 1 %
    /// reset their connection every second
    #[argh(switch)]
    pub mixed: bool,

    /// during the measurement, request status pages this many times per second (default: 0)
    #[argh(option, default = "0")]
    pub scrape: u32,

    /// during the measurement, an admin page is open, in which the administrator searches and sorts listeners
    #[argh(switch)]
    pub admin: bool,

    /// before the measurement, replace this many listeners, each chosen at random, by new ones, at the rate
    /// of --rate (default: 0)
    #[argh(option, default = "0")]
    pub churn: usize,

    /// additional seconds, besides the usual two, that all listen before the measurement (default: 0)
    #[argh(option, default = "0")]
    pub settle: u64,

    /// after the measurement, let all leave and rejoin at once, this many times (default: 0)
    #[argh(option, default = "0")]
    pub returns: u64,

    /// number of stations of the kinds many, live and bare-many (default: 500)
    #[argh(option, default = "500")]
    pub stations: usize,

    /// bit rate of the streams in kbit/s; a bit rate other than 128 plays silence (default: 128)
    #[argh(option, default = "DEFAULT_KBPS")]
    pub kbps: u32,

    /// delivery interval of coldwave and of the bare writer in milliseconds (default: 1000)
    #[argh(option, default = "DEFAULT_INTERVAL_MS")]
    pub interval_ms: u64,

    /// seconds of audio that a new listener is sent at once (default: that of coldwave, 5)
    #[argh(option)]
    pub burst: Option<u64>,

    /// address that the servers listen on (default: 127.0.0.1)
    #[argh(option, default = "Ipv4Addr::LOCALHOST.into()")]
    pub host: IpAddr,

    /// network namespace that the servers run in (default: this one)
    #[argh(option)]
    pub netns: Option<String>,

    /// file to append the figures to, a line of JSON for each trial
    #[argh(option)]
    pub record: Option<PathBuf>,

    /// name of this run in that file (default: run)
    #[argh(option, default = "UNNAMED.into()")]
    pub scenario: String,

    /// music that coldwave plays (default: its bundled station)
    #[argh(positional)]
    pub music: Vec<PathBuf>,
}

/// What the arguments request.
pub enum Invocation {
    /// Measure.
    Run(Box<Options>),
    /// Print this text and exit, as for `--help`.
    Print(String),
    /// The arguments are invalid, with the reason.
    Invalid(String),
}

/// Parses the arguments after the program's name.
///
/// `cargo bench` adds `--bench` to the arguments. Without it the program runs under `cargo test`: without
/// arguments it makes a short run that shows that everything works. Other arguments are for a test harness,
/// which this program is not.
pub fn parse(arguments: &[String]) -> Invocation {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return match arguments {
            [] => Invocation::Run(short_run().into()),
            _ => Invocation::Print("load: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench load --"], &arguments) {
        Ok(options) => match options.validated() {
            Ok(options) => Invocation::Run(options.into()),
            Err(error) => Invocation::Invalid(error),
        },
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

/// The options under `cargo test`.
fn short_run() -> Options {
    Options {
        listeners: 50,
        rate: 500,
        seconds: 3,
        kinds: None,
        other: None,
        rounds: 1,
        every: 5,
        whole: false,
        storm: false,
        mixed: false,
        scrape: 0,
        admin: false,
        churn: 10,
        settle: 1,
        returns: 0,
        stations: 1,
        kbps: DEFAULT_KBPS,
        interval_ms: DEFAULT_INTERVAL_MS,
        burst: None,
        host: Ipv4Addr::LOCALHOST.into(),
        netns: None,
        record: None,
        scenario: UNNAMED.into(),
        music: Vec::new(),
    }
}

impl Options {
    /// Fills in the options that follow from others, and checks that all are valid.
    fn validated(mut self) -> Result<Self, String> {
        if self.whole {
            self.every = 1;
        }
        if self.rounds == 0 {
            self.rounds = if self.is_coldwave_alone() { 1 } else { 2 };
        }
        check_range("--listeners", self.listeners as u64, LISTENERS_MAX as u64)?;
        check_range("--rate", self.rate.into(), RATE_MAX.into())?;
        check_range("--seconds", self.seconds, SECONDS_MAX)?;
        check_range("--rounds", self.rounds, ROUNDS_MAX.min(self.seconds))?;
        check_range("--every", self.every as u64, LISTENERS_MAX as u64)?;
        check_range("--stations", self.stations as u64, STATIONS_MAX)?;
        check_range("--interval-ms", self.interval_ms, 60_000)?;
        if self.settle > 0 {
            check_range("--settle", self.settle, SECONDS_MAX)?;
        }
        if self.churn > 0 {
            check_range("--churn", self.churn as u64, CHURN_MAX)?;
        }
        if self.returns > 0 {
            check_range("--returns", self.returns, RETURNS_MAX)?;
        }
        if self.scrape > 0 {
            check_range("--scrape", self.scrape.into(), SCRAPE_MAX)?;
        }
        let kinds = TrialKind::list(self.kinds.as_deref().unwrap_or("titles"))?;
        if kinds.contains(&TrialKind::Icecast) && !self.has_defaults() {
            return Err(
                "icecast2 is only measured with the defaults: 128 kbit/s, the bundled music, this machine"
                    .into(),
            );
        }
        if kinds.iter().any(|kind| kind.is_other()) && self.other.is_none() {
            return Err("the kinds other and other-many need --other".into());
        }
        if self.kbps != DEFAULT_KBPS && !self.music.is_empty() {
            return Err("--kbps plays silence and cannot be combined with music".into());
        }
        match kinds.iter().find(|kind| !kind.is_coldwave()) {
            Some(other) if self.is_stress_test() => Err(format!(
                "--storm, --scrape, --admin, --mixed and --returns are for coldwave only, not {other}"
            )),
            _ => Ok(self),
        }
    }

    /// Returns the kinds that are measured in a round, in order.
    pub fn kinds(&self) -> Vec<TrialKind> {
        let default = if self.is_coldwave_alone() { "titles" } else { "titles,bare" };
        TrialKind::list(self.kinds.as_deref().unwrap_or(default)).expect("the kinds were validated")
    }

    /// Returns the coldwave that a kind measures.
    pub fn program(&self, kind: TrialKind) -> &Path {
        let other = self.other.as_deref().filter(|_| kind.is_other());
        other.unwrap_or(Path::new(env!("CARGO_BIN_EXE_coldwave")))
    }

    /// Returns the number of stations of a server.
    pub fn stations(&self, kind: TrialKind) -> usize {
        if kind.has_many_stations() { self.stations } else { 1 }
    }

    /// Returns the delivery interval.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }

    /// Wraps a command so that it runs in the network namespace of the servers.
    pub fn in_namespace(&self, command: Command) -> Command {
        let Some(netns) = &self.netns else { return command };
        let mut wrapped = Command::new("ip");
        wrapped.args(["netns", "exec", netns]).arg(command.get_program()).args(command.get_args());
        wrapped
    }

    /// Returns the open files that a server, or this program, needs.
    pub fn open_files(&self) -> usize {
        let storm = if self.storm { storm::CONNECTIONS_MAX } else { 0 };
        let mixed = if self.mixed { mixed::bad_listeners(self.listeners) } else { 0 };
        let sources = self.kinds().iter().map(|kind| self.stations(*kind)).max().unwrap_or(0);
        self.listeners + storm + mixed + sources + OTHER_FILES
    }

    /// Returns the command that repeats this run.
    pub fn command() -> String {
        if let Ok(command) = env::var(COMMAND_VARIABLE) {
            return command;
        }
        let arguments = env::args().skip(1).filter(|argument| argument != BENCH_FLAG);
        let mut arguments: Vec<String> = arguments.collect();
        if let Some(record) = arguments.iter().position(|argument| argument == "--record") {
            arguments.drain(record..(record + 2).min(arguments.len()));
        }
        format!("cargo bench --bench load -- {}", arguments.join(" "))
    }

    /// Returns whether the server, its streams and its location have the default settings.
    fn has_defaults(&self) -> bool {
        let is_configured = self.burst.is_some() || self.netns.is_some() || !self.music.is_empty();
        let is_local = self.host == IpAddr::V4(Ipv4Addr::LOCALHOST);
        let has_default_stream = self.kbps == DEFAULT_KBPS && self.interval_ms == DEFAULT_INTERVAL_MS;
        !is_configured && is_local && has_default_stream
    }

    /// Returns whether coldwave is measured without a comparison by default.
    fn is_coldwave_alone(&self) -> bool {
        self.whole || self.is_stress_test()
    }

    fn is_stress_test(&self) -> bool {
        self.storm || self.mixed || self.scrape > 0 || self.admin || self.returns > 0
    }

    /// Returns the measured time of a trial.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds) / self.rounds as u32
    }

    /// Returns the time until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }

    /// Returns the time of the replacements of `--churn`.
    fn churning(&self) -> Duration {
        Duration::from_secs_f64(self.churn as f64 / f64::from(self.rate))
    }

    /// Returns the upper limit for the duration of a trial.
    pub fn trial_max(&self, kind: TrialKind) -> Duration {
        let returning = bounds::RETURN_MAX * self.returns as u32;
        let settling = self.churning() + Duration::from_secs(self.settle);
        let first_bytes = bounds::first_bytes_max(kind);
        self.joining() + first_bytes + settling + self.window() + returning + bounds::OVERHEAD_MAX
    }

    /// Returns the upper limit for the duration of all rounds.
    pub fn duration_max(&self) -> Duration {
        self.kinds().into_iter().map(|kind| self.trial_max(kind)).sum::<Duration>() * self.rounds as u32
    }
}
