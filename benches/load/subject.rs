//! What is tried: which server, and how it is started.

use std::env;
use std::process::Command;

use crate::bare;
use crate::failure::Failure;
use crate::icecast::Icecast;
use crate::kind::Kind;
use crate::launch::Cores;
use crate::options::Options;
use crate::process::Server;
use crate::setup::Setup;
use crate::sources::Sources;

/// A server that listeners can join.
pub enum Subject {
    /// With what it plays, and who plays it.
    Coldwave {
        server: Server,
        _setup: Option<Setup>,
        _sources: Option<Sources>,
    },
    Icecast(Icecast),
    Bare(Server),
}

impl Subject {
    /// Starts what is to be tried.
    pub fn start(kind: Kind, options: &Options, cores: &Cores) -> Result<Self, Failure> {
        match kind {
            Kind::Icecast => Ok(Self::Icecast(Icecast::start(options.listeners, cores)?)),
            Kind::Bare | Kind::BareMany => Ok(Self::Bare(Server::start(bare_writer(kind, options, cores)?)?)),
            Kind::Titles | Kind::Plain | Kind::Many | Kind::Live => start_coldwave(kind, options, cores),
        }
    }

    pub fn server(&mut self) -> &mut Server {
        match self {
            Self::Coldwave { server, .. } | Self::Bare(server) => server,
            Self::Icecast(icecast) => &mut icecast.server,
        }
    }

    /// What it has logged that an operator should see.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Coldwave { server, .. } | Self::Bare(server) => warnings(&server.log()),
            Self::Icecast(icecast) => icecast.warnings(),
        }
    }
}

fn start_coldwave(kind: Kind, options: &Options, cores: &Cores) -> Result<Subject, Failure> {
    let setup = Setup::of(kind, options)?;
    let mut command = options.side(cores.command(env!("CARGO_BIN_EXE_coldwave"))?);
    command.args(["--listen", &format!("{}:0", options.host)]);
    match &setup {
        Some(setup) => command.arg("--config").arg(setup.file()),
        None => command.arg("--").args(&options.music),
    };
    let server = Server::start(command)?;
    let sources = match kind {
        Kind::Live => Some(Sources::begin(server.address, options.stations, options.kbps)?),
        _ => None,
    };
    Ok(Subject::Coldwave { server, _setup: setup, _sources: sources })
}

fn bare_writer(kind: Kind, options: &Options, cores: &Cores) -> Result<Command, Failure> {
    let this = env::current_exe()?;
    let mut command =
        options.side(cores.command(this.to_str().ok_or("the path of this program is no text")?)?);
    let lifetime = options.trial_max(kind);
    let stations = options.stations(kind);
    command.args(bare::arguments(options.host, stations, options.kbps, options.interval(), lifetime));
    Ok(command)
}

/// The lines of a log that an operator should see.
fn warnings(log: &str) -> Vec<String> {
    let warns = |line: &&str| line.contains("WARN") || line.contains("ERROR") || line.contains("panicked");
    log.lines().filter(warns).map(str::to_owned).collect()
}
