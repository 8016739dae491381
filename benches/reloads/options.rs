//! The options of the reload program.

use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, LISTENERS_MAX, RATE_MAX, check_range, normalize};

/// The most reloads of a run.
const RELOADS_MAX: u64 = 10_000;

/// The longest time between two reloads in milliseconds.
const INTERVAL_MAX_MS: u64 = 60_000;

/// Reloads the configuration of a coldwave with thousands of listeners, and reports what they notice.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench reloads --")]
pub struct Options {
    /// number of listeners (default: 5000)
    #[argh(option, default = "5000")]
    pub listeners: usize,

    /// joins per second (default: 1000)
    #[argh(option, default = "1000")]
    pub rate: u32,

    /// number of reloads, of which every third has a broken configuration (default: 100)
    #[argh(option, default = "100")]
    pub reloads: usize,

    /// milliseconds between two reloads (default: 500)
    #[argh(option, default = "500")]
    pub interval: u64,

    /// check every byte of every n-th listener (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// every n-th listener uses TLS; with 0, none (default: 3)
    #[argh(option, default = "3")]
    pub tls_every: usize,

    /// user id of the server, for a program that runs as root: that user cannot read some of the files
    #[argh(option)]
    pub user: Option<u32>,

    /// the coldwave to reload (default: the one that was built with this program)
    #[argh(option, default = "env!(\"CARGO_BIN_EXE_coldwave\").into()")]
    pub program: String,
}

/// What the arguments request.
pub enum Invocation {
    /// Reload.
    Run(Options),
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
            [] => Invocation::Run(short_run()),
            _ => Invocation::Print("reloads: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench reloads --"], &arguments) {
        Ok(options) => match options.validated() {
            Ok(options) => Invocation::Run(options),
            Err(error) => Invocation::Invalid(error),
        },
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

/// The options under `cargo test`.
fn short_run() -> Options {
    Options {
        listeners: 20,
        rate: 500,
        reloads: 12,
        interval: 50,
        every: 5,
        tls_every: 3,
        user: None,
        program: env!("CARGO_BIN_EXE_coldwave").into(),
    }
}

impl Options {
    fn validated(self) -> Result<Self, String> {
        check_range("--listeners", self.listeners as u64, LISTENERS_MAX as u64)?;
        check_range("--rate", self.rate.into(), RATE_MAX.into())?;
        check_range("--reloads", self.reloads as u64, RELOADS_MAX)?;
        check_range("--interval", self.interval, INTERVAL_MAX_MS)?;
        check_range("--every", self.every as u64, LISTENERS_MAX as u64)?;
        Ok(self)
    }

    /// Returns whether the listener with this number uses TLS.
    pub fn uses_tls(&self, number: usize) -> bool {
        self.tls_every > 0 && number.is_multiple_of(self.tls_every)
    }

    /// Returns the time between two reloads.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval)
    }

    /// Returns the time until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }
}
