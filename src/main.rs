//! The program: reads the command line, loads the configuration, sets up the log and runs the server. The
//! library contains all of its parts.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use coldwave::background;
use coldwave::cli::{self, Command, ConfigSource, ProbeCommand, StartupError};
use coldwave::config::{LoadedConfig, check_summary};
use coldwave::demo;
use coldwave::encode_worker::{Launch, process};
use coldwave::journal;
use coldwave::log_output::LogOutput;
use coldwave::net;
use coldwave::new_config;
use coldwave::program::UserChange;
use coldwave::running_server::{self, ServerAddress};
use coldwave::settings::{Settings, station_ids};
use coldwave::signals;
use coldwave::station_id_file;
use coldwave::tls::{ClientTls, TlsSession};
use log::Level;

/// Crates of symphonia that warn about every byte of junk they skip. The AutoDJ itself logs the files that it
/// cannot play.
const SILENCED_MODULES: [&str; 2] = ["symphonia_core", "symphonia_bundle_mp3"];

fn main() -> ExitCode {
    signals::ignore();
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    let mut arguments: Vec<OsString> = arguments.collect();
    let result = if arguments == [process::SUBCOMMAND] {
        process::run().map(|()| ExitCode::SUCCESS).map_err(StartupError::from)
    } else {
        let is_detached = arguments.first().is_some_and(|first| first == background::SUBCOMMAND);
        let mut name = program.as_os_str();
        if is_detached {
            // The rest are coldwave's own arguments, whatever the name of the program is.
            name = OsStr::new("coldwave");
            arguments.remove(0);
            background::detach();
        }
        let output = LogOutput::install(&SILENCED_MODULES);
        let command = cli::parse_args(name, arguments, demo::directory);
        command.and_then(|command| execute(command, &program, is_detached, output))
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            let priority = if journal::is_stderr() { journal::priority(Level::Error) } else { "" };
            error.lines().for_each(|line| eprintln!("{priority}{line}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(
    command: Command,
    program: &OsStr,
    is_detached: bool,
    output: LogOutput,
) -> Result<ExitCode, StartupError> {
    let done: Result<(), StartupError> = match command {
        Command::Probe(command) => return Ok(run_probe(&command)),
        Command::RefuseProbe(line) => return Ok(refuse_probe(&line)),
        Command::Run(loaded, source) => {
            let started = || {
                if is_detached {
                    leave_terminal()
                }
            };
            Ok(coldwave::program::run(loaded, source, output, print, started)?)
        }
        Command::StartInBackground(arguments) => {
            let started = background::start(program, &arguments, print_bytes);
            match started.map_err(|error| format!("cannot start in the background: {error}"))? {
                true => Ok(()),
                // It has printed what is wrong.
                false => Err(Vec::new().into()),
            }
        }
        Command::Check(mut loaded, source) => {
            assign_ids(&mut loaded.settings);
            let open_files = net::raise_open_files_limit();
            let report = check_summary::report(&loaded, open_files, net::time_of_day(), Launch::Process)?;
            let user = coldwave::program::plan_user(&loaded)?;
            print(&report.text);
            check_user(user, &loaded, &source)?;
            if report.problems.is_empty() { Ok(()) } else { Err(report.problems.into()) }
        }
        Command::CheckAgainst(loaded, address) => {
            let findings: Vec<String> = loaded.notable_findings().collect();
            let LoadedConfig { settings, warnings, .. } = loaded;
            let from_environment = std::env::var(running_server::PASSWORD_VARIABLE).ok();
            let ca = settings.tls.ca.as_deref();
            let exchange =
                |to: &ServerAddress, request: &[u8]| exchange(to, ca, running_server::TIMEOUT, request);
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
        Command::CheckHealth(target) => {
            let address = target.address()?;
            let exchange = |to: &ServerAddress, request: &[u8]| {
                exchange(to, None, running_server::HEALTH_TIMEOUT, request)
            };
            running_server::check_health(&address, exchange)?;
            print(&format!("{address} works\n"));
            Ok(())
        }
        Command::WriteConfig(file) => {
            new_config::write(&file)?;
            print(&new_config::next_steps(&file));
            Ok(())
        }
        Command::Print(text) => {
            print(&text);
            Ok(())
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// The exit status of a probe that could not examine anything, as of monitoring plug-ins.
const PROBE_FAILED: u8 = 3;

/// Examines streams and prints the report.
fn run_probe(command: &ProbeCommand) -> ExitCode {
    match coldwave::program::run_probe(command) {
        Ok(result) => match write_stdout(result.text.as_bytes()) {
            // The reader has closed the pipe, as `head -1` does: it has what it wanted.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                refuse_probe(&format!("coldwave: probe: the report cannot be written: {error}"))
            }
            _ => ExitCode::from(result.status),
        },
        Err(error) => refuse_probe(&format!("coldwave: probe: {error}")),
    }
}

/// Sends a request to a running server and returns the response.
fn exchange(to: &ServerAddress, ca: Option<&Path>, timeout: Duration, request: &[u8]) -> io::Result<Vec<u8>> {
    let tls = tls_session(to, ca)?;
    net::exchange((to.host(), to.port()), tls, request, timeout, running_server::RESPONSE_MAX)
}

fn refuse_probe(line: &str) -> ExitCode {
    eprintln!("{line}");
    ExitCode::from(PROBE_FAILED)
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

/// Prints what the user that coldwave would become cannot do. Becomes that user.
fn check_user(user: UserChange, loaded: &LoadedConfig, source: &ConfigSource) -> Result<(), StartupError> {
    for (label, text) in coldwave::program::check_user(user, loaded, source)? {
        print(&format!("  {label:<12}{text}\n"));
    }
    Ok(())
}

/// Tells the process that waits that this one runs.
fn leave_terminal() {
    if let Err(error) = background::finish_start() {
        log::warn!("cannot leave the terminal: {error}");
    }
}

/// Prints to stdout. Ignores errors, because the reading end may be closed.
fn print(text: &str) {
    print_bytes(text.as_bytes());
}

fn print_bytes(bytes: &[u8]) {
    let _ = write_stdout(bytes);
}

fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}
