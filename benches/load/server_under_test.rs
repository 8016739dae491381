//! The server that a trial measures, and how it is started.

use std::env;
use std::process::Command;

use crate::bare;
use crate::failure::Failure;
use crate::icecast::Icecast;
use crate::kind::TrialKind;
use crate::launch::Cores;
use crate::options::Options;
use crate::process::ServerProcess;
use crate::setup::Setup;
use crate::sources::SourcesProcess;

/// A running server.
pub enum ServerUnderTest {
    /// With its configuration and its live sources.
    Coldwave {
        server: ServerProcess,
        _setup: Option<Setup>,
        _sources: Option<SourcesProcess>,
    },
    Icecast(Icecast),
    Bare(ServerProcess),
}

impl ServerUnderTest {
    /// Starts the server for a kind of trial.
    pub fn start(kind: TrialKind, options: &Options, cores: &Cores) -> Result<Self, Failure> {
        match kind {
            TrialKind::Icecast => Ok(Self::Icecast(Icecast::start(options.listeners, cores)?)),
            TrialKind::Bare | TrialKind::BareMany => {
                Ok(Self::Bare(ServerProcess::start(bare_writer(kind, options, cores)?)?))
            }
            _ => start_coldwave(kind, options, cores),
        }
    }

    pub fn process(&mut self) -> &mut ServerProcess {
        match self {
            Self::Coldwave { server, .. } | Self::Bare(server) => server,
            Self::Icecast(icecast) => &mut icecast.server,
        }
    }

    /// Returns the warnings and errors in its log.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Coldwave { server, .. } | Self::Bare(server) => warnings(&server.log()),
            Self::Icecast(icecast) => icecast.warnings(),
        }
    }
}

fn start_coldwave(kind: TrialKind, options: &Options, cores: &Cores) -> Result<ServerUnderTest, Failure> {
    let setup = Setup::create(kind, options)?;
    let program = options.program(kind).to_str().ok_or("the path of coldwave is not UTF-8")?;
    let mut command = options.in_namespace(cores.command(program)?);
    command.args(["--listen", &format!("{}:0", options.host)]);
    match &setup {
        Some(setup) => command.arg("--config").arg(setup.file()),
        None => command.arg("--").args(&options.music),
    };
    let server = ServerProcess::start(command)?;
    let sources = match kind {
        TrialKind::Live => Some(SourcesProcess::start(server.address, options.stations, options.kbps)?),
        _ => None,
    };
    Ok(ServerUnderTest::Coldwave { server, _setup: setup, _sources: sources })
}

fn bare_writer(kind: TrialKind, options: &Options, cores: &Cores) -> Result<Command, Failure> {
    let this = env::current_exe()?;
    let mut command =
        options.in_namespace(cores.command(this.to_str().ok_or("the path of this program is not UTF-8")?)?);
    let lifetime = options.trial_max(kind);
    let stations = options.stations(kind);
    command.args(bare::arguments(options.host, stations, options.kbps, options.interval(), lifetime));
    Ok(command)
}

/// Returns the lines of a log that are warnings, errors or panics.
fn warnings(log: &str) -> Vec<String> {
    let is_warning =
        |line: &&str| line.contains("WARN") || line.contains("ERROR") || line.contains("panicked");
    log.lines().filter(is_warning).map(str::to_owned).collect()
}
