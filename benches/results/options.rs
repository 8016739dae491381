//! The options of the results program.

use std::path::PathBuf;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{BENCH_FLAG, normalize};

const NAME: &str = "cargo bench --bench results --";

/// The default paths of the records and of the results.
const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/records.jsonl");
const OUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");

/// Writes RESULTS.md and its plots from the records of the load program.
#[derive(FromArgs, Debug)]
#[argh(name = "cargo bench --bench results --")]
pub struct Options {
    /// the load program's records, a line of JSON for each trial (default: benches/records.jsonl)
    #[argh(option, default = "RECORDS.into()")]
    pub records: PathBuf,

    /// the folder for RESULTS.md and the plots (default: benches)
    #[argh(option, default = "OUT.into()")]
    pub out: PathBuf,
}

/// What the arguments request.
pub enum Invocation {
    /// Write the results.
    Run(Options),
    /// Run the self-test, as under `cargo test`.
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
        Ok(options) => Invocation::Run(options),
        Err(EarlyExit { output, status: Ok(()) }) => Invocation::Print(output),
        Err(EarlyExit { output, status: Err(()) }) => Invocation::Invalid(output),
    }
}
