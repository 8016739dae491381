//! The options of the mutation program.

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, normalize};
use crate::seeds::DecoderPath;

/// The most inputs of a path.
const INPUTS_MAX: u64 = 1_000_000_000;

/// Sends mutated files and frames to encode workers, and counts panics, deaths, hangs and memory.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench mutations --")]
pub struct Options {
    /// mutated inputs of each path: files, or frames of streams (default: 10000)
    #[argh(option, default = "10_000")]
    pub inputs: u64,

    /// paths through the decoders, separated by commas (default: all)
    #[argh(option)]
    pub paths: Option<String>,

    /// repeats a run with this seed (default: random, and printed)
    #[argh(option)]
    pub seed: Option<u64>,

    /// only this case of the only path, with the seed of the run that reported it
    #[argh(option)]
    pub case: Option<u64>,

    /// folder for the inputs of all findings (default: none)
    #[argh(option)]
    pub keep: Option<std::path::PathBuf>,

    /// number of workers at a time (default: 1)
    #[argh(option, default = "1")]
    pub workers: u64,

    /// the coldwave whose worker is tried (default: the one that was built with this program)
    #[argh(option, default = "env!(\"CARGO_BIN_EXE_coldwave\").into()")]
    pub program: String,
}

/// What the arguments request.
pub enum Invocation {
    /// Try.
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
            _ => Invocation::Print("mutations: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench mutations --"], &arguments) {
        Ok(options) => options.validated().map_or_else(Invocation::Invalid, Invocation::Run),
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

/// The options under `cargo test`.
fn short_run() -> Options {
    let program = env!("CARGO_BIN_EXE_coldwave").into();
    Options { inputs: 100, paths: None, seed: None, case: None, keep: None, workers: 1, program }
}

impl Options {
    fn validated(self) -> Result<Self, String> {
        for (option, value, max) in [("--inputs", self.inputs, INPUTS_MAX), ("--workers", self.workers, 64)] {
            crate::arguments::check_range(option, value, max)?;
        }
        let paths = self.paths.as_deref().map_or(Ok(Vec::new()), DecoderPath::list)?;
        if self.case.is_some() && (paths.len() != 1 || self.seed.is_none()) {
            return Err("--case needs one path in --paths, and --seed".into());
        }
        Ok(self)
    }

    /// Returns the paths in order.
    pub fn paths(&self) -> Vec<DecoderPath> {
        let all = || DecoderPath::ALL.to_vec();
        self.paths
            .as_deref()
            .map_or_else(all, |paths| DecoderPath::list(paths).expect("the paths were validated"))
    }
}
