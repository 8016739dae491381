//! The program: reads the command line, loads the configuration, sets up the log and runs the server. The
//! library contains all of its parts.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use coldwave::cli::{self, Command, StartupError};
use coldwave::config::{LoadedConfig, check_summary};
use coldwave::encode_worker::{Launch, process};
use coldwave::log_tail::{LogTail, TailLogger};
use log::LevelFilter;

/// The directory with the music that coldwave plays if it is started without arguments.
const BUNDLED_STATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// Crates of symphonia that warn about every byte of junk they skip. The AutoDJ itself logs the files that it
/// cannot play.
const SILENCED_MODULES: [&str; 2] = ["symphonia_core", "symphonia_bundle_mp3"];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let result = if arguments == [process::SUBCOMMAND] {
        process::run().map_err(StartupError::from)
    } else {
        let log_tail = log_to_stderr();
        cli::parse_args(arguments, Path::new(BUNDLED_STATION)).and_then(|command| execute(command, log_tail))
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.lines().for_each(|line| eprintln!("{line}"));
            ExitCode::FAILURE
        }
    }
}

/// Logs to stderr at level info, or as `RUST_LOG` configures. The log tail always includes level info,
/// independent of `RUST_LOG`.
fn log_to_stderr() -> Arc<LogTail> {
    let mut logger = env_logger::Builder::new();
    logger.filter_level(LevelFilter::Info);
    for module in SILENCED_MODULES {
        logger.filter_module(module, LevelFilter::Off);
    }
    let printer = logger.parse_default_env().build();
    let level = printer.filter().max(LevelFilter::Info);
    let tail = Arc::new(LogTail::default());
    log::set_boxed_logger(Box::new(TailLogger::new(printer, tail.clone()))).expect("no logger is set yet");
    log::set_max_level(level);
    tail
}

fn execute(command: Command, log_tail: Arc<LogTail>) -> Result<(), StartupError> {
    match command {
        Command::Run(LoadedConfig { settings, warnings }) => {
            warnings.iter().for_each(|warning| log::warn!("{warning}"));
            Ok(coldwave::run(settings, log_tail, print)?)
        }
        Command::Check(loaded) => {
            let open_files = coldwave::net::raise_open_files_limit();
            print(&check_summary::report(&loaded, open_files, Launch::Process)?);
            Ok(())
        }
        Command::Print(text) => {
            print(&text);
            Ok(())
        }
    }
}

/// Prints to stdout. Ignores errors, because the reading end may be closed.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
