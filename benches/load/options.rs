//! What a run of the load program is told.

use std::path::PathBuf;
use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{CARGO, LISTENERS_MAX, RATE_MAX, normalised, within};
use crate::trial::{self, Kind};

/// Seconds that may be measured.
const SECONDS_MAX: u64 = 24 * 3600;

/// Requests for pages in a second that may be asked for: more than what asks for them can do.
const SCRAPE_MAX: u64 = 20_000;

/// Rounds that may be asked for.
const ROUNDS_MAX: u64 = 100;

/// Opens listeners on a coldwave of its own, checks what they hear and measures what they cost, beside a bare writer
/// that does one send() a second for each of as many listeners and nothing else.
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

    /// how many times coldwave and the bare writer take turns (default: 2; with --whole 1)
    #[argh(option, default = "0")]
    pub rounds: u64,

    /// check every k-th listener's bytes to the last; the others' are thrown away in the kernel (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// check every listener's bytes to the last, of coldwave alone
    #[argh(switch)]
    pub whole: bool,

    /// measure the bare writer alone
    #[argh(switch)]
    pub bare: bool,

    /// while coldwave is measured, 2000 peers send their heads a byte at a time, 500 never read, and 200 connections a
    /// second bring garbage; coldwave alone
    #[argh(switch)]
    pub storm: bool,

    /// while coldwave is measured, status pages are asked for so many times a second; coldwave alone (default: 0)
    #[argh(option, default = "0")]
    pub scrape: u32,

    /// milliseconds between two sends of the bare writer to a listener (default: 1000)
    #[argh(option, default = "1000")]
    pub interval_ms: u64,

    /// what coldwave plays (default: its bundled station)
    #[argh(positional)]
    pub music: Vec<PathBuf>,
}

/// What the arguments ask for.
pub enum Asked {
    /// To measure.
    Run(Options),
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
    if !arguments.iter().any(|argument| argument == CARGO) {
        return match arguments {
            [] => Asked::Run(smoke()),
            _ => Asked::Nothing("load: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalised(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench load --"], &arguments) {
        Ok(options) => options.settled().map_or_else(Asked::Impossible, Asked::Run),
        Err(EarlyExit { output, status: Ok(()) }) => Asked::Nothing(output),
        Err(EarlyExit { output, status: Err(()) }) => Asked::Impossible(output),
    }
}

fn smoke() -> Options {
    Options {
        listeners: 50,
        rate: 500,
        seconds: 3,
        rounds: 1,
        every: 5,
        whole: false,
        bare: false,
        storm: false,
        scrape: 0,
        interval_ms: 1000,
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
        within("--listeners", self.listeners as u64, LISTENERS_MAX as u64)?;
        within("--rate", self.rate.into(), RATE_MAX.into())?;
        within("--seconds", self.seconds, SECONDS_MAX)?;
        within("--rounds", self.rounds, ROUNDS_MAX.min(self.seconds))?;
        within("--every", self.every as u64, LISTENERS_MAX as u64)?;
        within("--interval-ms", self.interval_ms, 60_000)?;
        if self.scrape > 0 {
            within("--scrape", self.scrape.into(), SCRAPE_MAX)?;
        }
        if self.is_alone() && self.bare {
            return Err(
                "--whole, --storm and --scrape try coldwave, --bare leaves it out: give one of them".into()
            );
        }
        Ok(self)
    }

    /// What is measured in a round, in this order.
    pub fn kinds(&self) -> &'static [Kind] {
        match (self.bare, self.is_alone()) {
            (true, _) => &[Kind::Bare],
            (_, true) => &[Kind::Coldwave],
            _ => &[Kind::Coldwave, Kind::Bare],
        }
    }

    /// Whether there is nothing to compare coldwave with.
    fn is_alone(&self) -> bool {
        self.whole || self.storm || self.scrape > 0
    }

    /// How long a round measures.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds) / self.rounds as u32
    }

    /// How long it takes until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }

    /// What all rounds together take at most.
    pub fn upper_bound(&self) -> Duration {
        let trial = self.joining() + self.window() + trial::AROUND_MAX;
        trial * (self.rounds as u32) * (self.kinds().len() as u32)
    }
}
