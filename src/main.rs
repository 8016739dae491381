//! The program: reads the command line, loads the configuration, sets up the log and runs the server. The
//! library contains all of its parts.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use coldwave::cli::{self, Command, StartupError};
use coldwave::config::{LoadedConfig, check_summary};
use coldwave::demo;
use coldwave::encode_worker::{Launch, process};
use coldwave::log_output::LogOutput;
use coldwave::net;
use coldwave::running_server::{self, ServerAddress};
use coldwave::settings::{Settings, station_ids};
use coldwave::signals;
use coldwave::station_id_file;
use coldwave::tls::{ClientTls, TlsSession};

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
        let output = LogOutput::install(&SILENCED_MODULES);
        cli::parse_args(&program, arguments, demo::directory).and_then(|command| execute(command, output))
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.lines().for_each(|line| eprintln!("{line}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command, output: LogOutput) -> Result<(), StartupError> {
    match command {
        Command::Run(loaded, source) => Ok(coldwave::program::run(loaded, source, output, print)?),
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
