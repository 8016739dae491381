//! The options of the rendition program.

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, check_range, normalize};

const NAME: &str = "cargo bench --bench renditions --";

/// The most hours of audio.
const HOURS_MAX: u64 = 240;

/// Encodes a simulated programme as a ladder of eight renditions, and checks counts, rates, lags and the
/// frames themselves. Measures CPU time and memory.
#[derive(FromArgs, Debug)]
#[argh(name = "cargo bench --bench renditions --")]
pub struct Options {
    /// hours of audio (default: 1)
    #[argh(option, default = "1.0")]
    pub hours: f64,

    /// only renditions whose names contain this text, for example 44100-2-128; can be repeated
    #[argh(option)]
    pub only: Vec<String>,

    /// format of the programme, for example 48000-2-192, or aac, a fixture of AAC-LC at 44.1 kHz (default:
    /// 44100-2-192)
    #[argh(option, default = "String::from(\"44100-2-192\")")]
    pub programme: String,

    /// measure what changes of bit rates and restarts in mid-programme add to the audio
    #[argh(switch)]
    pub changes: bool,
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
    Ok(options)
}
