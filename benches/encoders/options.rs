//! The options of the encoder program.

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, check_range, normalize};

const NAME: &str = "cargo bench --bench encoders --";

/// The most hours of audio for each setting.
const HOURS_MAX: u64 = 240;

/// Encodes simulated audio with every setting, and checks counts, rates, lags and the frames themselves.
/// Measures CPU time and memory.
#[derive(FromArgs, Debug)]
#[argh(name = "cargo bench --bench encoders --")]
pub struct Options {
    /// hours of audio for each setting (default: 1)
    #[argh(option, default = "1.0")]
    pub hours: f64,

    /// only settings whose names contain this text, for example 44100-2-128
    #[argh(option, default = "String::new()")]
    pub only: String,

    /// compare frames and speed with the program `lame`, on this many seconds of audio
    #[argh(option)]
    pub against_lame: Option<u64>,

    /// encode values that would make LAME abort
    #[argh(switch)]
    pub hostile: bool,

    /// measure true peaks after the limiter, with 12 dB more
    #[argh(switch)]
    pub limiter: bool,

    /// measure the cost of whole conversions of files and streams
    #[argh(switch)]
    pub chains: bool,
}

/// What the arguments request.
pub enum Invocation {
    /// Measure.
    Run(Options),
    /// Run a few seconds of everything, as under `cargo test`.
    SelfTest,
    /// Print this text and exit, as for `--help`.
    Print(String),
    /// The arguments are invalid, with the reason.
    Invalid(String),
}

/// Parses the arguments after the program's name.
pub fn parse(arguments: &[String]) -> Invocation {
    if !arguments.iter().any(|argument| argument == BENCH_FLAG) {
        return Invocation::SelfTest;
    }
    let arguments = normalize(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&[NAME], &arguments) {
        Ok(options) => check(options).map_or_else(Invocation::Invalid, Invocation::Run),
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}

fn check(options: Options) -> Result<Options, String> {
    check_range("--hours", options.hours.ceil() as u64, HOURS_MAX)?;
    options.against_lame.map_or(Ok(()), |seconds| check_range("--against-lame", seconds, 3600))?;
    Ok(options)
}
