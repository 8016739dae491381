//! Starts processes on chosen cores, and ends them when their parent process ends.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, fmt};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failure::Failure;

/// The first argument of a process that executes another program, which follows.
pub const MODE: &str = "launch";

/// The argument of [`exec_program`] for "do not change the core".
pub const ANY_CORE: &str = "any";

/// The cores of the server and of the listeners.
///
/// They are different, so that the listeners' work does not slow down the server. Each side has one core, so
/// that its cache is not shared.
pub struct Cores {
    /// The server's core and the listeners' core, if there are two.
    pair: Option<(usize, usize)>,
}

impl Cores {
    /// Chooses the first two cores that this process may use.
    pub fn choose() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        Ok(Self { pair: cores.next().zip(cores.next()) })
    }

    /// Moves this process to the listeners' core.
    pub fn pin_this_process(&self) -> Result<(), Failure> {
        self.pair.map_or(Ok(()), |(_, listeners)| pin(listeners))
    }

    /// Returns the server's core.
    pub fn server_core(&self) -> Option<usize> {
        self.pair.map(|(server, _)| server)
    }

    /// Returns a command for a program on the server's core. The program dies when this process does.
    pub fn command(&self, program: &str) -> Result<Command, Failure> {
        let mut command = Command::new(env::current_exe()?);
        let core = self.pair.map_or(ANY_CORE.into(), |(server, _)| server.to_string());
        command.args([MODE, &core, program]);
        Ok(command)
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pair {
            Some((server, listeners)) => write!(f, "server on core {server}, listeners on core {listeners}"),
            None => {
                write!(f, "NOT pinned: this process may use one core only, so the figures are not reliable")
            }
        }
    }
}

/// Returns a command for this program in another mode, on any core. The program dies when this process does.
pub fn child_command(mode: &str) -> Result<Command, Failure> {
    let this = env::current_exe()?;
    let mut command = Command::new(&this);
    command.args([MODE, ANY_CORE]).arg(this).arg(mode);
    Ok(command)
}

fn pin(core: usize) -> Result<(), Failure> {
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(None, &only)?)
}

/// Pins this process to a core and executes a program: `<core> <program> <argument>…`.
///
/// Core and death signal survive the exec, and the process id stays, so the measured process is the program
/// itself.
pub fn exec_program(arguments: &[String]) -> Result<bool, Failure> {
    let [core, program, arguments @ ..] = arguments else {
        return Err("launch: expected <core> <program>".into());
    };
    if core != ANY_CORE {
        pin(core.parse()?)?;
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Err(Command::new(program).args(arguments).exec().into())
}

/// Raises the open-file limit of this process to the hard limit. Child processes inherit it.
///
/// # Errors
/// If the hard limit is below `needed`.
pub fn raise_open_files_limit(needed: usize) -> Result<(), Failure> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    match maximum {
        Some(maximum) if maximum < needed as u64 => {
            Err(format!("{needed} open files are needed, {maximum} are allowed (ulimit -Hn)").into())
        }
        _ => Ok(()),
    }
}
