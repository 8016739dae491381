//! What the results are told.

use std::path::PathBuf;

use argh::{EarlyExit, FromArgs};

use crate::arguments::{CARGO, normalised};

const NAME: &str = "cargo bench --bench results --";

/// Where the records are, and where the results go, if nothing else is said.
const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/records.jsonl");
const OUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");

/// Makes RESULTS.md and its plots of what the load program has measured.
#[derive(FromArgs, Debug)]
#[argh(name = "cargo bench --bench results --")]
pub struct Options {
    /// the load program's records, a line of JSON for each turn (default: benches/records.jsonl)
    #[argh(option, default = "RECORDS.into()")]
    pub records: PathBuf,

    /// the folder for RESULTS.md and the plots (default: benches)
    #[argh(option, default = "OUT.into()")]
    pub out: PathBuf,
}

/// What the arguments ask for.
pub enum Asked {
    /// To read and to write.
    Run(Options),
    /// To check itself: `cargo test` asks.
    Test,
    /// To print this and be done.
    Nothing(String),
    /// Something that cannot be, and why.
    Impossible(String),
}

/// Understands the arguments behind the program's own name.
pub fn understand(arguments: &[String]) -> Asked {
    if !arguments.iter().any(|argument| argument == CARGO) {
        return Asked::Test;
    }
    let arguments = normalised(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Options::from_args(&[NAME], &arguments) {
        Ok(options) => Asked::Run(options),
        Err(EarlyExit { output, status: Ok(()) }) => Asked::Nothing(output),
        Err(EarlyExit { output, status: Err(()) }) => Asked::Impossible(output),
    }
}
