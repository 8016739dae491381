//! The daemon. See the library for everything it is made of.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use coldwave::cli::{self, Command, Complaint};
use coldwave::config::{Loaded, check};
use log::LevelFilter;

/// The station that is played where nothing is asked for.
const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// Parts of symphonia that warn of every byte of junk they step over. What matters of that, the AutoDJ says itself.
const NOISY: [&str; 2] = ["symphonia_core", "symphonia_bundle_mp3"];

fn main() -> ExitCode {
    log_to_stderr();
    let arguments = std::env::args_os().skip(1).collect();
    match cli::understand(arguments, Path::new(BUNDLED)).and_then(carry_out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            complaint.lines().for_each(|line| eprintln!("{line}"));
            ExitCode::FAILURE
        }
    }
}

/// Logs at level info, unless `RUST_LOG` says otherwise.
fn log_to_stderr() {
    let mut logger = env_logger::Builder::new();
    logger.filter_level(LevelFilter::Info);
    for module in NOISY {
        logger.filter_module(module, LevelFilter::Off);
    }
    logger.parse_default_env().init();
}

fn carry_out(command: Command) -> Result<(), Complaint> {
    match command {
        Command::Run(Loaded { settings, warnings }) => {
            warnings.iter().for_each(|warning| log::warn!("{warning}"));
            Ok(coldwave::run(settings, print)?)
        }
        Command::Check(loaded) => {
            print(&check::report(&loaded, coldwave::net::open_files_max())?);
            Ok(())
        }
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
