//! The command line.

mod args;
mod container;
mod other_programs;
mod probe;
mod source;
mod spelling;
mod startup_error;
mod stations;
mod subcommand;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use argh::{EarlyExit, FromArgs};

use crate::config::{self, LoadedConfig};
use args::Args;
use container::ContainerConfig;
use other_programs::{OtherCommand, OtherProgram};
use probe::ProbeLine;
pub use probe::{ProbeCommand, ProbeOutput};
pub use source::ConfigSource;
use spelling::{describe_error, normalize, take_relay};
pub use startup_error::StartupError;
pub use subcommand::HealthTarget;
use subcommand::Subcommand;

/// What the command line requests.
#[derive(Debug)]
pub enum Command {
    /// Run stations. The source reads the configuration again.
    Run(LoadedConfig, ConfigSource),
    /// Run stations in another process, with these arguments, in the background.
    StartInBackground(Vec<OsString>),
    /// Print a summary of what would run. The source reads the configuration again.
    Check(LoadedConfig, ConfigSource),
    /// Print what a reload would change in the server at this address.
    CheckAgainst(LoadedConfig, String),
    /// Ask this server whether it works.
    CheckHealth(HealthTarget),
    /// Write a first configuration to this file.
    WriteConfig(PathBuf),
    /// Print this text and exit.
    Print(String),
    /// Examine streams.
    Probe(Box<ProbeCommand>),
    /// Print this line on stderr: the command line of the probe is wrong. Exit status 1 would mean faults.
    RefuseProbe(String),
}

/// Parses the path of the program and the arguments after it. Both can be those of another
/// server. Without music arguments, coldwave plays the music in the directory that `demo`
/// returns.
///
/// # Errors
/// Returns one sentence with the error and a correct example, or all errors in the configuration file.
pub fn parse_args(
    program: &OsStr,
    mut arguments: Vec<OsString>,
    demo: impl Fn() -> Result<PathBuf, String> + Send + 'static,
) -> Result<Command, StartupError> {
    let other = OtherProgram::recognise(program, &mut arguments);
    if let Some(other) = other {
        match other.parse(program, &arguments)? {
            OtherCommand::Print(text) => return Ok(Command::Print(text)),
            OtherCommand::Run { config, in_background: true } => {
                return Ok(Command::StartInBackground(other.arguments(config)));
            }
            OtherCommand::Run { config, .. } => arguments = vec!["--config".into(), config.into()],
        }
    }
    if arguments.first().is_some_and(|first| first == probe::PROBE) {
        return Ok(probe_command(arguments.split_off(1)));
    }
    let mut arguments = normalize(arguments)?;
    match Subcommand::recognise(&arguments)? {
        Some(Subcommand::Convert(file)) => {
            return config::convert(&file).map(Command::Print).map_err(StartupError);
        }
        Some(Subcommand::Health(target)) => return Ok(Command::CheckHealth(target)),
        Some(Subcommand::Init(file)) => return Ok(Command::WriteConfig(file)),
        None => {}
    }
    let environment = match ContainerConfig::recognise(&arguments)? {
        Some(ContainerConfig::AtPath(file)) => {
            arguments = vec!["--config".to_owned(), file.display().to_string()];
            None
        }
        Some(ContainerConfig::Environment(environment)) => {
            arguments.clear();
            Some(environment)
        }
        None => None,
    };
    let is_relay = take_relay(&mut arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Args::from_args(&["coldwave"], &arguments) {
        Ok(args) if args.version => Ok(Command::Print(format!("coldwave {}\n", env!("CARGO_PKG_VERSION")))),
        Ok(args) if args.example_config => Ok(Command::Print(EXAMPLE_CONFIG.to_owned())),
        Ok(args) if args.against.is_some() && !args.check => Err(AGAINST_WITHOUT_CHECK.to_owned().into()),
        Ok(args) => {
            let (is_check, against) = (args.check, args.against.clone());
            let source = ConfigSource::new(args, is_relay, environment, Box::new(demo));
            let source = source.expecting(other.map(OtherProgram::format));
            if against.is_some() && source.is_demo() {
                return Err(AGAINST_WITHOUT_CONFIGURATION.to_owned().into());
            }
            let loaded = source.read_first()?;
            if source.is_demo() {
                log::info!(target: "coldwave", "no music given: playing the demo station; your own: coldwave ~/Music");
            }
            Ok(match against {
                Some(address) => Command::CheckAgainst(loaded, address),
                None if is_check => Command::Check(loaded, source),
                None => Command::Run(loaded, source),
            })
        }
        Err(EarlyExit { output, status: Ok(()) }) => Ok(Command::Print(with_short_help(&output))),
        Err(EarlyExit { output, status: Err(()) }) => Err(describe_error(&output, &arguments).into()),
    }
}

/// A configuration with every key.
const EXAMPLE_CONFIG: &str = include_str!("../fixtures/config/example.toml");

/// Parses the arguments after `probe`.
fn probe_command(arguments: Vec<OsString>) -> Command {
    match normalize(arguments).and_then(|arguments| probe::parse(&arguments)) {
        Ok(ProbeLine::Examine(command)) => Command::Probe(command),
        Ok(ProbeLine::Help(help)) => Command::Print(with_short_help(&help)),
        Err(error) => Command::RefuseProbe(format!("coldwave: probe: {error}; see coldwave probe --help")),
    }
}

/// `--against` alone must not start a server.
const AGAINST_WITHOUT_CHECK: &str =
    "--against is for --check: coldwave --check --against http://localhost:8000 -c FILE";

/// `--against` must not compare a server with the demo station.
const AGAINST_WITHOUT_CONFIGURATION: &str = "--against compares the running server with a configuration: give it with -c FILE, or give the music that \
     the server plays";

/// Adds `-h`, which argh does not know, to the help.
fn with_short_help(help: &str) -> String {
    help.replacen("  --help, help  ", "  -h, --help    ", 1)
}

#[cfg(test)]
mod tests;
