//! The options of the comparison.

use std::path::PathBuf;
use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, LISTENERS_MAX, RATE_MAX, check_range, normalize};
use crate::bounds;
use crate::kind::ServerKind;

/// The longest measurement of a trial in seconds.
const SECONDS_MAX: u64 = 3600;

const ROUNDS_MAX: u64 = 100;

const NAME: &str = "cargo bench --bench compare --";

/// The default path of the results.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/COMPARISON.md");

/// Connects the same listeners to coldwave, to Debian's icecast2 and to a bare writer in turn, and writes
/// down what each server needs and what the listeners receive.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench compare --")]
pub struct Options {
    /// number of listeners (default: 5000)
    #[argh(option, default = "5000")]
    pub listeners: usize,

    /// joins per second (default: 200)
    #[argh(option, default = "200")]
    pub rate: u32,

    /// number of trials of each server (default: 3)
    #[argh(option, default = "3")]
    pub rounds: u64,

    /// seconds to measure in each trial, after all have joined (default: 30)
    #[argh(option, default = "30")]
    pub seconds: u64,

    /// count in every byte of every n-th listener; in the others up to the first title (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// file to write the results to (default: benches/COMPARISON.md)
    #[argh(option, default = "RESULTS.into()")]
    pub results: PathBuf,
}

/// What the arguments request.
pub enum Invocation {
    /// Measure.
    Run(Options),
    /// Run the self-test, as under `cargo test`.
    SelfTest,
    /// Print this text and exit, as for `--help`.
    Print(String),
    /// The arguments are invalid, with the reason.
    Invalid(String),
}

/// Parses the arguments after the program's name. `cargo bench` adds `--bench` to them, `cargo test` does
/// not.
pub fn parse(arguments: &[String]) -> Invocation {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return Invocation::SelfTest;
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&[NAME], &arguments) {
        Ok(options) => options.validated().map_or_else(Invocation::Invalid, Invocation::Run),
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

impl Options {
    fn validated(self) -> Result<Self, String> {
        check_range("--listeners", self.listeners as u64, LISTENERS_MAX as u64)?;
        check_range("--rate", self.rate.into(), RATE_MAX.into())?;
        check_range("--rounds", self.rounds, ROUNDS_MAX)?;
        check_range("--seconds", self.seconds, SECONDS_MAX)?;
        check_range("--every", self.every as u64, LISTENERS_MAX as u64)?;
        Ok(self)
    }

    /// Returns the command that repeats this run.
    pub fn command(&self) -> String {
        let Self { listeners, rate, rounds, seconds, every, .. } = self;
        format!(
            "{} --listeners {listeners} --rate {rate} --rounds {rounds} --seconds {seconds} --every {every}",
            NAME
        )
    }

    /// Returns the measured time of a trial.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Returns the time until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }

    /// Returns the upper limit for the duration of a trial.
    pub fn trial_max(&self) -> Duration {
        self.joining() + self.window() + bounds::OVERHEAD_MAX
    }

    /// Returns the upper limit for the duration of all trials.
    pub fn duration_max(&self) -> Duration {
        self.trial_max() * (self.rounds as u32) * (ServerKind::ALL.len() as u32)
    }
}
