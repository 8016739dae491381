//! The daemon. See the library for everything it is made of.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use coldwave::cli::{self, Command};
use env_logger::Env;

/// The station that is played where nothing is asked for.
const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// What is logged where `RUST_LOG` says nothing. The parts of symphonia below warn of every byte of junk that they step
/// over; what matters of that, the AutoDJ says itself.
const LOG_DEFAULT: &str = "info,symphonia_core=off,symphonia_bundle_mp3=off,symphonia_metadata=off";

fn main() -> ExitCode {
    env_logger::Builder::from_env(Env::default().default_filter_or(LOG_DEFAULT)).init();
    let arguments = std::env::args_os().skip(1).collect();
    match cli::understand(arguments, Path::new(BUNDLED)).and_then(carry_out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("coldwave: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> Result<(), String> {
    match command {
        Command::Run(settings) => coldwave::run(settings, print),
        Command::Print(text) => {
            print(&text);
            Ok(())
        }
    }
}

/// Prints to whoever reads stdout, if there still is someone.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
