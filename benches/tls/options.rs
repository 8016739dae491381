//! The options of the TLS program.

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, check_range, normalize};

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// CPU time of handshakes.
    Handshakes,
    /// Memory of listeners that keep up, of those that do not read, and of stalled handshakes.
    Memory,
    /// The first byte of listeners that join.
    Joins,
    /// Listeners that return at once, while others listen.
    Wave,
    /// Certificates that are replaced while thousands listen.
    Replacements,
}

impl Part {
    const ALL: [(&str, Self); 5] = [
        ("handshakes", Self::Handshakes),
        ("memory", Self::Memory),
        ("joins", Self::Joins),
        ("wave", Self::Wave),
        ("replacements", Self::Replacements),
    ];
}

/// Measures what TLS costs a coldwave: handshakes, memory, joins, returning listeners, and certificates that
/// are replaced. The load program measures the cost of listening (--kinds tls,titles).
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench tls --")]
pub struct Options {
    /// parts to run, separated by commas (default: handshakes,memory,joins,wave,replacements)
    #[argh(option, default = "Part::ALL.map(|(name, _)| name).join(\",\")")]
    pub parts: String,

    /// rounds of handshakes, joins and waves, in which what is compared takes turns (default: 5)
    #[argh(option, default = "5")]
    pub rounds: usize,

    /// connections of each kind in a round of handshakes (default: 1000)
    #[argh(option, default = "1000")]
    pub handshakes: usize,

    /// listeners of each kind in the parts memory and joins (default: 4000)
    #[argh(option, default = "4000")]
    pub listeners: usize,

    /// listeners that return at once (default: 5000)
    #[argh(option, default = "5000")]
    pub wave: usize,

    /// plain listeners during a wave, as many with TLS, and listeners during replacements (default: 1000)
    #[argh(option, default = "1000")]
    pub steady: usize,

    /// how often certificates are replaced (default: 100)
    #[argh(option, default = "100")]
    pub replacements: usize,

    /// send SIGHUP after each replacement, instead of waiting until the server notices it
    #[argh(switch)]
    pub hang_up: bool,

    /// user id of the server, for a program that runs as root: that user cannot read some of the files
    #[argh(option)]
    pub user: Option<u32>,

    /// the coldwave to measure (default: the one that was built with this program)
    #[argh(option, default = "env!(\"CARGO_BIN_EXE_coldwave\").into()")]
    pub program: String,
}

/// What the arguments request.
pub enum Invocation {
    /// Measure.
    Run(Options),
    /// Print this text and exit, as for `--help`.
    Print(String),
    /// The arguments are invalid, with the reason.
    Invalid(String),
}

/// Parses the arguments after the program's name, as the load program does.
pub fn parse(arguments: &[String]) -> Invocation {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return match arguments {
            [] => Invocation::Run(short_run()),
            _ => Invocation::Print("tls: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench tls --"], &arguments) {
        Ok(options) => match options.check() {
            Ok(()) => Invocation::Run(options),
            Err(error) => Invocation::Invalid(error),
        },
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

/// The options under `cargo test`: a few seconds.
fn short_run() -> Options {
    Options {
        parts: "handshakes,wave,replacements".into(),
        rounds: 1,
        handshakes: 10,
        listeners: 20,
        wave: 40,
        steady: 20,
        replacements: 6,
        hang_up: true,
        user: None,
        program: env!("CARGO_BIN_EXE_coldwave").into(),
    }
}

impl Options {
    fn check(&self) -> Result<(), String> {
        self.parts()?;
        check_range("--rounds", self.rounds as u64, 100)?;
        check_range("--handshakes", self.handshakes as u64, 100_000)?;
        check_range("--listeners", self.listeners as u64, 9_000)?;
        check_range("--wave", self.wave as u64, 9_000)?;
        check_range("--steady", self.steady as u64, 5_000)?;
        check_range("--replacements", self.replacements as u64, 10_000)
    }

    /// Returns the parts to run.
    pub fn parts(&self) -> Result<Vec<Part>, String> {
        let find = |name: &str| Part::ALL.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
        self.parts
            .split(',')
            .map(|name| find(name.trim()).ok_or(format!("no part is called {name:?}")))
            .collect()
    }

    /// Returns the most sockets that this program has open.
    pub fn sockets(&self) -> usize {
        self.listeners.max(self.wave + 2 * self.steady)
    }
}
