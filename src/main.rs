//! The program: reads the command line, loads the configuration, sets up the log and runs the server. The
//! library contains all of its parts.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use coldwave::cli::{self, Command, StartupError};
use coldwave::config::{LoadedConfig, check_summary};
use coldwave::demo;
use coldwave::encode_worker::{Launch, process};
use coldwave::log_filter::LogFilter;
use coldwave::log_tail::{LogTail, TailLogger};
use coldwave::net;
use coldwave::running_server::{self, ServerAddress};
use coldwave::settings::{Settings, station_ids};
use coldwave::signals;
use coldwave::station_id_file;
use coldwave::tls::{ClientTls, TlsSession};
use log::LevelFilter;

/// Crates of symphonia that warn about every byte of junk they skip. The AutoDJ itself logs the files that it
/// cannot play.
const SILENCED_MODULES: [&str; 2] = ["symphonia_core", "symphonia_bundle_mp3"];

fn main() -> ExitCode {
    signals::ignore();
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    let result = if arguments == [process::SUBCOMMAND] {
        process::run().map_err(StartupError::from)
    } else {
        let log_tail = log_to_stderr();
        cli::parse_args(&program, arguments, demo::directory).and_then(|command| execute(command, log_tail))
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
    let value = std::env::var_os("RUST_LOG").unwrap_or_default();
    let LogFilter { filters, problems } = LogFilter::parse(&value.to_string_lossy());
    if !filters.is_empty() {
        logger.parse_filters(&filters);
    }
    let style = std::env::var("RUST_LOG_STYLE");
    style.into_iter().for_each(|style| _ = logger.parse_write_style(&style));
    let printer = logger.build();
    let level = printer.filter().max(LevelFilter::Info);
    let tail = Arc::new(LogTail::default());
    log::set_boxed_logger(Box::new(TailLogger::new(printer, tail.clone()))).expect("no logger is set yet");
    log::set_max_level(level);
    problems.iter().for_each(|problem| log::warn!("{problem}"));
    tail
}

fn execute(command: Command, log_tail: Arc<LogTail>) -> Result<(), StartupError> {
    match command {
        Command::Run(loaded, source) => {
            loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
            loaded.notable_findings().for_each(|line| log::warn!("{line}"));
            Ok(coldwave::program::run(loaded, source, log_tail, print)?)
        }
        Command::Check(mut loaded) => {
            assign_ids(&mut loaded.settings);
            let open_files = net::raise_open_files_limit();
            let report = check_summary::report(&loaded, open_files, net::time_of_day(), Launch::Process)?;
            print(&report.text);
            if report.problems.is_empty() { Ok(()) } else { Err(report.problems.into()) }
        }
        Command::CheckAgainst(loaded, address) => {
            let findings: Vec<String> = loaded.notable_findings().collect();
            let LoadedConfig { settings, warnings, .. } = loaded;
            let from_environment = std::env::var(running_server::PASSWORD_VARIABLE).ok();
            let exchange = |to: &ServerAddress, request: &[u8]| {
                let tls = tls_session(to, settings.tls.ca.as_deref())?;
                let (timeout, max) = (running_server::TIMEOUT, running_server::RESPONSE_MAX);
                net::exchange((to.host(), to.port()), tls, request, timeout, max)
            };
            let from_environment = from_environment.as_deref();
            let preview = running_server::preview(&address, &settings, from_environment, exchange);
            let preview = preview.map_err(StartupError::from)?;
            let music = check_summary::check_music_of_reload(&settings, &preview.running, Launch::Process);
            let of_music = music.as_deref().unwrap_or_default();
            let warnings = warnings.iter().chain(&findings).chain(&preview.notes).chain(of_music);
            warnings.for_each(|line| eprintln!("coldwave: warning: {line}"));
            print(&preview.text);
            Ok(music.map(drop)?)
        }
        Command::Print(text) => {
            print(&text);
            Ok(())
        }
    }
}

/// Returns a TLS session with a running server, if its address asks for one. The authorities of `ca` are
/// trusted besides those of the system.
fn tls_session(to: &ServerAddress, ca: Option<&Path>) -> io::Result<Option<TlsSession>> {
    if !to.is_https() {
        return Ok(None);
    }
    let tls = ClientTls::load(ca).map_err(io::Error::other)?;
    tls.connect(to.host()).map(Some).map_err(io::Error::other)
}

/// Gives the stations the ids that they would have after a start.
fn assign_ids(settings: &mut Settings) {
    let known = settings.state_dir.as_deref().map(station_id_file::read).unwrap_or_default();
    station_ids::assign(&mut settings.stations, &known);
}

/// Prints to stdout. Ignores errors, because the reading end may be closed.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
