//! The options of the conversion program.

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, check_range, normalize};

/// Measures the CPU time of stations that convert FLAC to MP3, and of stations that pass MP3 on, and compares
/// the speed of a worker with that of the program `lame`.
#[derive(FromArgs, Debug, Clone)]
#[argh(name = "cargo bench --bench conversion --")]
pub struct Options {
    /// seconds to measure (default: 60)
    #[argh(option, default = "60")]
    pub seconds: u64,

    /// number of stations, each with a listener (default: 1)
    #[argh(option, default = "1")]
    pub stations: u64,

    /// number of encodings of the same file by the worker and by lame in turn (default: 5)
    #[argh(option, default = "5")]
    pub rounds: u64,
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

/// Parses the arguments after the program's name.
///
/// `cargo bench` adds `--bench` to the arguments. Without it the program runs under `cargo test`: without
/// arguments it makes a short run that shows that everything works. Other arguments are for a test harness,
/// which this program is not.
pub fn parse(arguments: &[String]) -> Invocation {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return match arguments {
            [] => Invocation::Run(Options { seconds: 2, stations: 1, rounds: 1 }),
            _ => Invocation::Print("conversion: not run: these arguments are not for cargo bench".into()),
        };
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&["cargo bench --bench conversion --"], &arguments) {
        Ok(options) => options.validated().map_or_else(Invocation::Invalid, Invocation::Run),
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

impl Options {
    fn validated(self) -> Result<Self, String> {
        check_range("--seconds", self.seconds, 24 * 3600)?;
        check_range("--stations", self.stations, 500)?;
        check_range("--rounds", self.rounds, 100)?;
        Ok(self)
    }
}
