//! The options of the attack program.

use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, RATE_MAX, check_range, normalize};
use crate::kind::AttackKind;

/// The most listeners. With the attackers beside them they use all open files of a process.
const LISTENERS_MAX: usize = 5_000;

/// The longest attack in seconds.
const SECONDS_MAX: u64 = 600;

/// The time in which memory must be free again after the attackers have left.
pub const RECOVERY: Duration = Duration::from_secs(10);

/// Attacks a coldwave with thousands of listeners, and reports what the listeners notice.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench attacks --")]
pub struct Options {
    /// attacks, one after the other, separated by commas (default: all): relay-path, unread-pages,
    /// unfinished-bodies, unread-statistics, unfinished-heads, unread-events, callbacks, listener-lists,
    /// guesses, shared-guesses, stop-4, stop-12, fifo, short-listeners, titles, silent-connections,
    /// one-address
    #[argh(option)]
    pub kinds: Option<String>,

    /// number of listeners; with fewer there are fewer attackers, too (default: 5000)
    #[argh(option, default = "5000")]
    pub listeners: usize,

    /// joins per second (default: 1000)
    #[argh(option, default = "1000")]
    pub rate: u32,

    /// seconds of each attack, after all attackers have connected (default: 20)
    #[argh(option, default = "20")]
    pub seconds: u64,

    /// seconds between the end of an attack and the last measurement of memory (default: 10)
    #[argh(option, default = "RECOVERY.as_secs()")]
    pub recovery: u64,

    /// check every byte of every n-th listener (default: 50)
    #[argh(option, default = "50")]
    pub every: usize,

    /// the coldwave to attack (default: the one that was built with this program)
    #[argh(option, default = "env!(\"CARGO_BIN_EXE_coldwave\").into()")]
    pub program: String,
}

/// What the arguments request.
pub enum Invocation {
    /// Attack.
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
            _ => Invocation::Print("attacks: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench attacks --"], &arguments) {
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
        kinds: Some("unread-pages,short-listeners".into()),
        listeners: 20,
        rate: 500,
        seconds: 1,
        recovery: 1,
        every: 5,
        program: env!("CARGO_BIN_EXE_coldwave").into(),
    }
}

impl Options {
    fn validated(self) -> Result<Self, String> {
        check_range("--listeners", self.listeners as u64, LISTENERS_MAX as u64)?;
        check_range("--rate", self.rate.into(), RATE_MAX.into())?;
        check_range("--seconds", self.seconds, SECONDS_MAX)?;
        check_range("--recovery", self.recovery, SECONDS_MAX)?;
        check_range("--every", self.every as u64, LISTENERS_MAX as u64)?;
        self.kinds.as_deref().map_or(Ok(Vec::new()), AttackKind::list)?;
        Ok(self)
    }

    /// Returns the attacks in order.
    pub fn kinds(&self) -> Vec<AttackKind> {
        let all = || AttackKind::ALL.to_vec();
        self.kinds
            .as_deref()
            .map_or_else(all, |kinds| AttackKind::list(kinds).expect("the kinds were validated"))
    }

    /// Returns the duration of an attack with all attackers.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Returns the time until the last listener has connected.
    pub fn joining(&self) -> Duration {
        Duration::from_secs_f64(self.listeners as f64 / f64::from(self.rate))
    }
}
