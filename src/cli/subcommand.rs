//! Command lines that begin with the name of a command: `convert`, `health` and `init`.
//!
//! `relay` is not among them: it takes the options of a server that runs.

use std::path::{Path, PathBuf};

use super::startup_error::StartupError;
use super::stations::expand_home;
use crate::config;
use crate::running_server::ServerAddress;
use crate::settings::Listen;

/// A command with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subcommand {
    /// Print another server's configuration as one of coldwave.
    Convert(PathBuf),
    /// Ask a running server whether it works.
    Health(HealthTarget),
    /// Write a first configuration to this file.
    Init(PathBuf),
}

/// Which server is asked whether it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthTarget {
    /// The server at this address.
    Address(String),
    /// The server that runs with this configuration on this machine.
    Config(PathBuf),
}

/// The server that is asked without an argument.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:8000";

/// The file that is written without an argument.
const DEFAULT_FILE: &str = "coldwave.toml";

/// What `convert` takes.
const CONVERT_USAGE: &str = "convert takes one file, an icecast.xml or sc_serv.conf, such as coldwave convert icecast.xml; to check it, \
     use coldwave --check -c FILE";

/// What `health` takes.
const HEALTH_USAGE: &str =
    "health takes the address of a server, such as coldwave health http://localhost:8000, or -c FILE";

/// What `init` takes.
const INIT_USAGE: &str = "init takes one file, such as coldwave init coldwave.toml";

impl Subcommand {
    /// Returns the command that these arguments name, if they name one. A directory with such a name can be
    /// given as `./init`.
    ///
    /// # Errors
    /// Returns one sentence about wrong arguments.
    pub fn recognise(arguments: &[String]) -> Result<Option<Self>, StartupError> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(Some(match words.as_slice() {
            ["convert", file] if !file.starts_with('-') => Self::Convert(expand_home(Path::new(file))),
            ["convert", ..] => return Err(CONVERT_USAGE.to_owned().into()),
            ["health"] => Self::Health(HealthTarget::Address(DEFAULT_ADDRESS.to_owned())),
            ["health", "-c" | "--config", file] => {
                Self::Health(HealthTarget::Config(expand_home(Path::new(file))))
            }
            ["health", address] if !address.starts_with('-') => {
                Self::Health(HealthTarget::Address((*address).to_owned()))
            }
            ["health", ..] => return Err(HEALTH_USAGE.to_owned().into()),
            ["init"] => Self::Init(DEFAULT_FILE.into()),
            ["init", file] if !file.starts_with('-') => Self::Init(expand_home(Path::new(file))),
            ["init", ..] => return Err(INIT_USAGE.to_owned().into()),
            _ => return Ok(None),
        }))
    }
}

impl HealthTarget {
    /// Returns the address of the server.
    ///
    /// # Errors
    /// Returns one sentence about the address, or the errors in the configuration file that hide the address.
    pub fn address(&self) -> Result<ServerAddress, StartupError> {
        let address = match self {
            Self::Address(address) => address.clone(),
            Self::Config(file) => {
                let listen = config::load_listen(file).map_err(StartupError)?;
                local_address(&listen)
            }
        };
        ServerAddress::parse(&address).map_err(|error| format!("health: {error}").into())
    }
}

/// Returns the address at which this machine reaches a server that listens at these, the first without TLS if
/// there is one: a certificate is seldom for a local address.
fn local_address(listen: &[Listen]) -> String {
    let chosen = listen.iter().find(|listen| !listen.tls_only).or(listen.first());
    let Some(Listen { address, .. }) = chosen else { return DEFAULT_ADDRESS.to_owned() };
    match address {
        address if !address.ip().is_unspecified() => format!("http://{address}"),
        address => format!("http://localhost:{}", address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(line: &str) -> Result<Option<Subcommand>, StartupError> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Subcommand::recognise(&arguments)
    }

    #[test]
    fn commands_have_at_most_one_argument() {
        let address = |text: &str| Some(Subcommand::Health(HealthTarget::Address(text.to_owned())));
        let init = |file: &str| Some(Subcommand::Init(file.into()));
        for (line, expected) in [
            ("health", address("http://127.0.0.1:8000")),
            ("health 9000", address("9000")),
            ("health -c a.toml", Some(Subcommand::Health(HealthTarget::Config("a.toml".into())))),
            ("init", init("coldwave.toml")),
            ("init a.toml", init("a.toml")),
            ("convert a.xml", Some(Subcommand::Convert("a.xml".into()))),
            ("./init", None),
            ("music init", None),
        ] {
            assert_eq!(recognise(line), Ok(expected), "{line}");
        }
        for line in [
            "health a b",
            "health --port 1",
            "init a b",
            "init --force",
            "convert",
            "convert a.xml b.xml",
            "convert --check a.xml",
        ] {
            let error = recognise(line).expect_err(line);
            assert!(error.lines().all(|text| text.contains(" takes ")), "{line}: {error:?}");
        }
    }

    #[test]
    fn local_address_is_one_without_tls_if_there_is_one() {
        let listen =
            |text: &str, tls_only| Listen { tls_only, ..Listen::new(text.parse().expect("an address")) };
        for (listen, expected) in [
            (vec![listen("[::]:9000", false)], "http://localhost:9000"),
            (vec![listen("0.0.0.0:443", true), listen("192.0.2.1:80", false)], "http://192.0.2.1:80"),
            (vec![listen("[::1]:443", true)], "http://[::1]:443"),
            (Vec::new(), DEFAULT_ADDRESS),
        ] {
            assert_eq!(local_address(&listen), expected);
        }
    }
}
