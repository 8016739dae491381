//! Where the configuration comes from: a file, or the arguments of the command line.

use std::fmt;
use std::path::Path;

use super::args::Args;
use super::container::ContainerEnvironment;
use super::startup_error::StartupError;
use super::stations::{DemoDirectory, expand_home, relay_station, station};
use crate::access_lists::LoadedLists;
use crate::config::{self, ConfigCopy, IdentityPlaces, LoadedCertificates, LoadedConfig};
use crate::config_text::ConfigKind;
use crate::foreign_config::ForeignFormat;
use crate::settings::{CertificateFiles, Listen, Settings};
use crate::text::shortened;

/// Reads a configuration file.
type ReadConfiguration<'r> = &'r dyn Fn(&Path) -> Result<LoadedConfig, Vec<String>>;

/// Where the configuration comes from: a file, or arguments of the command line.
pub struct ConfigSource {
    args: Args,
    is_relay: bool,
    /// In a container without a configuration file, its environment, instead of arguments.
    environment: Option<ContainerEnvironment>,
    /// The format of a file that does not show its own, by the name of the program.
    expected: Option<ForeignFormat>,
    demo: DemoDirectory,
}

impl fmt::Debug for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigSource").field("args", &self.args).finish_non_exhaustive()
    }
}

impl ConfigSource {
    pub(super) fn new(
        args: Args,
        is_relay: bool,
        environment: Option<ContainerEnvironment>,
        demo: DemoDirectory,
    ) -> Self {
        Self { args, is_relay, environment, expected: None, demo }
    }

    /// Reads a file that does not show its format in this one.
    pub(super) fn expecting(self, expected: Option<ForeignFormat>) -> Self {
        Self { expected, ..self }
    }

    /// Reads the configuration as at the start: the same file again, or the same arguments. The process never
    /// changes its working directory, so a relative path stays valid. A pipe is refused. `in_use` are the
    /// files of certificates that need not be good any more.
    ///
    /// # Errors
    /// Returns the lines that the start would print.
    pub fn read(&self, in_use: &[CertificateFiles]) -> Result<LoadedConfig, Vec<String>> {
        let read = |path: &Path| config::load_again(path, self.expected, in_use);
        self.load(&read).map_err(|StartupError(lines)| lines)
    }

    /// Returns a copy of the configuration file, if there is one that this user can read.
    pub fn copy(&self) -> Option<ConfigCopy> {
        config::copy(&expand_home(self.args.config.as_ref()?)).ok()
    }

    /// Like [`read`](Self::read), for a copy of the file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_copy(
        &self,
        copy: &ConfigCopy,
        in_use: &[CertificateFiles],
    ) -> Result<LoadedConfig, Vec<String>> {
        let read = |path: &Path| config::load_copy(path, copy, self.expected, in_use);
        self.load(&read).map_err(|StartupError(lines)| lines)
    }

    /// Reads the configuration for the first time.
    pub(super) fn read_first(&self) -> Result<LoadedConfig, StartupError> {
        self.load(&|path: &Path| config::load_expecting(path, self.expected))
    }

    fn load(&self, read: ReadConfiguration<'_>) -> Result<LoadedConfig, StartupError> {
        match &self.environment {
            Some(environment) => environment.load(&self.demo),
            None => load(self.args.clone(), self.is_relay, &self.demo, read),
        }
    }

    /// Returns whether the addresses to listen on are those of a configuration file.
    pub fn listens_as_file_says(&self) -> bool {
        self.args.config.is_some() && self.args.listen.is_empty()
    }

    /// Returns whether the demo station is played, because there is nothing else.
    pub(super) fn is_demo(&self) -> bool {
        self.args.config.is_none() && self.args.music.is_empty() && self.environment.is_none()
    }
}

fn load(
    args: Args,
    is_relay: bool,
    demo: &DemoDirectory,
    read: ReadConfiguration<'_>,
) -> Result<LoadedConfig, StartupError> {
    let listen = listen_addresses(&args.listen)?;
    let mut loaded = match &args.config {
        Some(_) if is_relay => return Err(conflicts_with_config("a relay", "relay = \"http://…\"")),
        Some(_) if !args.music.is_empty() => {
            let music = args.music.iter().map(|path| format!("{:?}", path.to_string_lossy()));
            let music = music.take(3).collect::<Vec<_>>().join(", ");
            return Err(conflicts_with_config("music", &format!("music = [{music}]")));
        }
        Some(_) if args.shuffle => return Err(conflicts_with_config("--shuffle", "shuffle = true")),
        Some(name) => read(&expand_home(name)).map_err(StartupError)?,
        None => {
            let station = if is_relay { relay_station(&args)? } else { station(args, demo)? };
            let settings = Settings::new(vec![station]);
            let certificates = LoadedCertificates::new();
            LoadedConfig {
                settings,
                warnings: Vec::new(),
                findings: Vec::new(),
                certificates,
                lists: LoadedLists::new(),
                listen_at: None,
                identity_at: IdentityPlaces::default(),
                kind: ConfigKind::Coldwave,
            }
        }
    };
    if !listen.is_empty() {
        override_listen(&mut loaded, listen);
    }
    Ok(loaded)
}

/// Uses the addresses of `--listen`, and warns about others in the file: a reload cannot move there.
fn override_listen(loaded: &mut LoadedConfig, listen: Vec<Listen>) {
    if let Some(at) = loaded.listen_at.as_ref().filter(|_| loaded.settings.listen != listen) {
        let warning = format!("{at}: [server] listen is ignored: --listen is in force");
        loaded.warnings.insert(0, warning);
    }
    loaded.settings.listen = listen;
}

/// Returns the addresses of all `--listen`. Names are looked up each time.
fn listen_addresses(arguments: &[String]) -> Result<Vec<Listen>, String> {
    let mut all: Vec<Listen> = Vec::new();
    let parsed = arguments.iter().map(|text| parse_listen(text)).collect::<Result<Vec<_>, _>>()?;
    for listen in parsed.into_iter().flatten() {
        if let Some(other) = all.iter().find(|other| other.overlaps(listen.address)) {
            let (address, other) = (listen.address, other.address);
            return Err(format!("--listen {address} is covered by --listen {other}: leave one of them out"));
        }
        all.push(listen);
    }
    Ok(all)
}

fn conflicts_with_config(what: &str, key: &str) -> StartupError {
    format!(
        "--config cannot be combined with {what} on the command line: leave out one of them, or write {key} into \
         a [[station]] of the file"
    )
    .into()
}

/// The most bytes of an invalid `--listen` in its error.
const LISTEN_SHOWN_MAX: usize = 100;

/// Parses a `--listen`, and looks its name up.
fn parse_listen(text: &str) -> Result<Vec<Listen>, String> {
    config::parse_listen_address(text).map_err(|reason| {
        let text = shortened(text, LISTEN_SHOWN_MAX);
        format!(
            "--listen {text:?} {reason}; give one such as 127.0.0.1:8000, localhost:8000 or [::1]:8000, or only a port"
        )
    })
}
