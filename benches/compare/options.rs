//! What a comparison is told.

use std::path::PathBuf;
use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, LISTENERS_MAX, RATE_MAX, check_range, normalize};
use crate::bounds;
use crate::kind::Kind;

/// Seconds that may be measured in a turn.
const SECONDS_MAX: u64 = 3600;

const ROUNDS_MAX: u64 = 100;

const NAME: &str = "cargo bench --bench compare --";

/// Where the results are written if nothing else is said.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/COMPARISON.md");

/// Has the same listeners join coldwave, Debian's icecast2 and a bare writer in turns, and writes down what each of them
/// needs for that and what the listeners hear.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench compare --")]
pub struct Options {
    /// how many listeners (default: 5000)
    #[argh(option, default = "5000")]
    pub listeners: usize,

    /// how many of them join in a second (default: 200)
    #[argh(option, default = "200")]
    pub rate: u32,

    /// how many turns each server has (default: 3)
    #[argh(option, default = "3")]
    pub rounds: u64,

    /// seconds measured in each turn, after all have joined (default: 30)
    #[argh(option, default = "30")]
    pub seconds: u64,

    /// count in every k-th listener's bytes to the last; in the others' up to the first title (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// where the results are written (default: benches/COMPARISON.md)
    #[argh(option, default = "RESULTS.into()")]
    pub results: PathBuf,
}

/// What the arguments ask for.
pub enum Asked {
    /// To measure.
    Run(Options),
    /// Nothing that takes minutes: `cargo test` asks.
    Test,
    /// To print this and be done.
    Nothing(String),
    /// Something that cannot be, and why.
    Impossible(String),
}

/// Understands the arguments behind the program's own name. `cargo bench` adds `--bench` to them, `cargo test` does not.
pub fn understand(arguments: &[String]) -> Asked {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return Asked::Test;
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&[NAME], &arguments) {
        Ok(options) => options.checked().map_or_else(Asked::Impossible, Asked::Run),
        Err(EarlyExit { output, status: Ok(()) }) => Asked::Nothing(output),
        Err(EarlyExit { output, status: Err(()) }) => Asked::Impossible(output),
    }
}

impl Options {
    fn checked(self) -> Result<Self, String> {
        check_range("--listeners", self.listeners as u64, LISTENERS_MAX as u64)?;
        check_range("--rate", self.rate.into(), RATE_MAX.into())?;
        check_range("--rounds", self.rounds, ROUNDS_MAX)?;
        check_range("--seconds", self.seconds, SECONDS_MAX)?;
        check_range("--every", self.every as u64, LISTENERS_MAX as u64)?;
        Ok(self)
    }

    /// The command that asks for the same.
    pub fn command(&self) -> String {
        let Self { listeners, rate, rounds, seconds, every, .. } = self;
        format!(
            "{} --listeners {listeners} --rate {rate} --rounds {rounds} --seconds {seconds} --every {every}",
            NAME
        )
    }

    /// How long a turn measures.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long it takes until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }

    /// What a turn takes at most.
    pub fn turn_max(&self) -> Duration {
        self.joining() + self.window() + bounds::AROUND_MAX
    }

    /// What all turns together take at most.
    pub fn upper_bound(&self) -> Duration {
        self.turn_max() * (self.rounds as u32) * (Kind::ALL.len() as u32)
    }
}
