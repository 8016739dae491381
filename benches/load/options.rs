//! What a run of the load program is told.

use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, LISTENERS_MAX, RATE_MAX, check_range, normalize};
use crate::kind::Kind;
use crate::{bounds, mixed, storm};

/// Seconds that may be measured.
const SECONDS_MAX: u64 = 24 * 3600;

/// Requests for pages in a second that may be asked for: more than what asks for them can do.
const SCRAPE_MAX: u64 = 20_000;

/// Stations that a coldwave may have.
const STATIONS_MAX: u64 = 1000;

const CHURN_MAX: u64 = 1_000_000;

/// Times that all may leave and come back.
const RETURNS_MAX: u64 = 100;

/// Sources and whatever else a server has open beside its listeners.
const OTHER_FILES: usize = 64;

/// What a run is called that has no name.
const UNNAMED: &str = "run";

/// What says which command it was, where a script has called this program.
const COMMAND: &str = "COLDWAVE_LOAD_COMMAND";

/// What coldwave plays and does when it is told nothing.
pub const USUAL_KBPS: u32 = 128;
pub const USUAL_INTERVAL_MS: u64 = 1000;

/// Rounds that may be asked for.
const ROUNDS_MAX: u64 = 100;

/// Opens listeners on a coldwave of its own, checks what they hear and measures what they cost, beside others that take
/// turns with it, such as a bare writer that does one send() a second for each of as many listeners and nothing else.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench load --")]
pub struct Options {
    /// how many listeners (default: 5000)
    #[argh(option, default = "5000")]
    pub listeners: usize,

    /// how many of them join in a second (default: 500)
    #[argh(option, default = "500")]
    pub rate: u32,

    /// seconds measured after all have joined, shared out between the rounds (default: 60)
    #[argh(option, default = "60")]
    pub seconds: u64,

    /// what takes turns, with commas between them: titles, plain, many, live, icecast2, bare, bare-many; all are compared
    /// with the last (default: titles,bare; with --whole, --storm, --scrape and --mixed: titles)
    #[argh(option)]
    pub kinds: Option<String>,

    /// how many turns each of them has (default: 2; with --whole and the like 1)
    #[argh(option, default = "0")]
    pub rounds: u64,

    /// check every k-th listener's bytes to the last; the others' are thrown away in the kernel (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// check every listener's bytes to the last
    #[argh(switch)]
    pub whole: bool,

    /// while coldwave is measured, 2000 peers send their heads a byte at a time, 500 never read, and 200 connections a
    /// second bring garbage
    #[argh(switch)]
    pub storm: bool,

    /// while coldwave is measured, others listen who are 10 % (slow), 5 % (never reading) and 1 % (resetting their
    /// connection every second) of all
    #[argh(switch)]
    pub mixed: bool,

    /// while coldwave is measured, status pages are asked for so many times a second (default: 0)
    #[argh(option, default = "0")]
    pub scrape: u32,

    /// before anything is measured, so many listeners leave, one at random after the other, and another comes for each, at
    /// the same rate as they joined (default: 0)
    #[argh(option, default = "0")]
    pub churn: usize,

    /// seconds for which all listen before anything is measured, beside the usual two (default: 0)
    #[argh(option, default = "0")]
    pub settle: u64,

    /// after that, have all leave and come back at once, so many times (default: 0)
    #[argh(option, default = "0")]
    pub returns: u64,

    /// stations of the kinds many, live and bare-many (default: 500)
    #[argh(option, default = "500")]
    pub stations: usize,

    /// the bit rate of what is played, in kbit/s; other than 128 it is silence (default: 128)
    #[argh(option, default = "USUAL_KBPS")]
    pub kbps: u32,

    /// milliseconds between two writes to a listener, of coldwave and of the bare writer (default: 1000)
    #[argh(option, default = "USUAL_INTERVAL_MS")]
    pub interval_ms: u64,

    /// seconds of audio that a newcomer gets at once (default: coldwave's, which is 5)
    #[argh(option)]
    pub burst: Option<u64>,

    /// the address that servers listen on (default: 127.0.0.1)
    #[argh(option, default = "Ipv4Addr::LOCALHOST.into()")]
    pub host: IpAddr,

    /// the network namespace that servers run in (default: this one)
    #[argh(option)]
    pub netns: Option<String>,

    /// a file to which what was measured is added, a line of JSON for each turn
    #[argh(option)]
    pub record: Option<PathBuf>,

    /// what this run is called there (default: run)
    #[argh(option, default = "UNNAMED.into()")]
    pub scenario: String,

    /// what coldwave plays (default: its bundled station)
    #[argh(positional)]
    pub music: Vec<PathBuf>,
}

/// What the arguments ask for.
pub enum Asked {
    /// To measure.
    Run(Box<Options>),
    /// To print this and be done.
    Nothing(String),
    /// Something that cannot be, and why.
    Impossible(String),
}

/// Understands the arguments behind the program's own name.
///
/// `cargo bench` adds `--bench` to them. Without it `cargo test` is asking: a small run shows that everything still
/// works, unless the arguments are for a test harness, which this is not.
pub fn understand(arguments: &[String]) -> Asked {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return match arguments {
            [] => Asked::Run(smoke().into()),
            _ => Asked::Nothing("load: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench load --"], &arguments) {
        Ok(options) => options.settled().map_or_else(Asked::Impossible, |options| Asked::Run(options.into())),
        Err(EarlyExit { output, status: Ok(()) }) => Asked::Nothing(output),
        Err(EarlyExit { output, status: Err(()) }) => Asked::Impossible(output),
    }
}

fn smoke() -> Options {
    Options {
        listeners: 50,
        rate: 500,
        seconds: 3,
        kinds: None,
        rounds: 1,
        every: 5,
        whole: false,
        storm: false,
        mixed: false,
        scrape: 0,
        churn: 10,
        settle: 1,
        returns: 0,
        stations: 1,
        kbps: USUAL_KBPS,
        interval_ms: USUAL_INTERVAL_MS,
        burst: None,
        host: Ipv4Addr::LOCALHOST.into(),
        netns: None,
        record: None,
        scenario: UNNAMED.into(),
        music: Vec::new(),
    }
}

impl Options {
    /// The same with what follows from other options filled in, once it is known to be possible.
    fn settled(mut self) -> Result<Self, String> {
        if self.whole {
            self.every = 1;
        }
        if self.rounds == 0 {
            self.rounds = if self.is_alone() { 1 } else { 2 };
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
        let kinds = Kind::list(self.kinds.as_deref().unwrap_or("titles"))?;
        if kinds.contains(&Kind::Icecast) && !self.is_usual() {
            return Err(
                "icecast2 is measured with its defaults: 128 kbit/s, the bundled music, this machine".into(),
            );
        }
        if self.kbps != USUAL_KBPS && !self.music.is_empty() {
            return Err("--kbps plays silence: give that or music".into());
        }
        match kinds.iter().find(|kind| !kind.is_coldwave()) {
            Some(other) if self.is_disturbed() => {
                Err(format!("--storm, --scrape, --mixed and --returns try coldwave, not {other}"))
            }
            _ => Ok(self),
        }
    }

    /// What is measured in a round, in this order.
    pub fn kinds(&self) -> Vec<Kind> {
        let usual = if self.is_alone() { "titles" } else { "titles,bare" };
        Kind::list(self.kinds.as_deref().unwrap_or(usual)).expect("they were looked at before")
    }

    /// How many stations a server of that kind has.
    pub fn stations(&self, kind: Kind) -> usize {
        if kind.is_of_many() { self.stations } else { 1 }
    }

    /// How often a listener is written to.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }

    /// The same command where the server is to run.
    pub fn side(&self, command: Command) -> Command {
        let Some(netns) = &self.netns else { return command };
        let mut outside = Command::new("ip");
        outside.args(["netns", "exec", netns]).arg(command.get_program()).args(command.get_args());
        outside
    }

    /// How many files a server of these kinds, or this program, may have open.
    pub fn sockets(&self) -> usize {
        let storm = if self.storm { storm::CONNECTIONS_MAX } else { 0 };
        let mixed = if self.mixed { mixed::beside(self.listeners) } else { 0 };
        let sources = self.kinds().iter().map(|kind| self.stations(*kind)).max().unwrap_or(0);
        self.listeners + storm + mixed + sources + OTHER_FILES
    }

    /// The command that measures the same.
    pub fn command() -> String {
        if let Ok(command) = env::var(COMMAND) {
            return command;
        }
        let arguments = env::args().skip(1).filter(|argument| argument != BENCH_FLAG);
        let mut arguments: Vec<String> = arguments.collect();
        if let Some(record) = arguments.iter().position(|argument| argument == "--record") {
            arguments.drain(record..(record + 2).min(arguments.len()));
        }
        format!("cargo bench --bench load -- {}", arguments.join(" "))
    }

    /// Whether what is played, and where, is what a coldwave without a configuration does.
    fn is_usual(&self) -> bool {
        let is_told = self.burst.is_some() || self.netns.is_some() || !self.music.is_empty();
        let is_here = self.host == IpAddr::V4(Ipv4Addr::LOCALHOST);
        !is_told && is_here && self.kbps == USUAL_KBPS && self.interval_ms == USUAL_INTERVAL_MS
    }

    /// Whether there is nothing to compare coldwave with.
    fn is_alone(&self) -> bool {
        self.whole || self.is_disturbed()
    }

    fn is_disturbed(&self) -> bool {
        self.storm || self.mixed || self.scrape > 0 || self.returns > 0
    }

    /// How long a round measures.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds) / self.rounds as u32
    }

    /// How long it takes until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }

    /// How long it takes until the last of those who leave was followed by another.
    fn churning(&self) -> Duration {
        Duration::from_secs_f64(self.churn as f64 / f64::from(self.rate))
    }

    /// What a trial takes at most.
    pub fn trial_max(&self, kind: Kind) -> Duration {
        let returning = bounds::RETURN_MAX * self.returns as u32;
        let settling = self.churning() + Duration::from_secs(self.settle);
        self.joining() + bounds::patience(kind) + settling + self.window() + returning + bounds::AROUND_MAX
    }

    /// What all rounds together take at most.
    pub fn upper_bound(&self) -> Duration {
        self.kinds().into_iter().map(|kind| self.trial_max(kind)).sum::<Duration>() * self.rounds as u32
    }
}
