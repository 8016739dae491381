//! Where processes run, and that none of them outlives the one that started it.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, fmt};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failure::Failure;

/// The first argument of a process that becomes the program named behind it.
pub const MODE: &str = "launch";

/// What stands for "where this process is" in the arguments of [`become_program`].
pub const ANYWHERE: &str = "any";

/// Which cores the two sides of a measurement run on.
///
/// Apart from each other, so that the listeners' work does not slow the server's; each on one, so that its caches stay
/// its own.
pub struct Cores {
    /// The server's and the listeners', where there are two.
    apart: Option<(usize, usize)>,
}

impl Cores {
    /// Takes the first two cores that this process may use.
    pub fn choose() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        Ok(Self { apart: cores.next().zip(cores.next()) })
    }

    /// Moves this process to the listeners' core.
    pub fn pin_this_process(&self) -> Result<(), Failure> {
        self.apart.map_or(Ok(()), |(_, listeners)| pin(listeners))
    }

    /// The core that the server has to itself, as far as other processes let it.
    pub fn of_server(&self) -> Option<usize> {
        self.apart.map(|(server, _)| server)
    }

    /// A command for a program on the server's core, which dies when this process does.
    pub fn command(&self, program: &str) -> Result<Command, Failure> {
        let mut command = Command::new(env::current_exe()?);
        let core = self.apart.map_or(ANYWHERE.into(), |(server, _)| server.to_string());
        command.args([MODE, &core, program]);
        Ok(command)
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.apart {
            Some((server, listeners)) => write!(f, "server on core {server}, listeners on core {listeners}"),
            None => {
                write!(f, "NOT pinned: this process may use one core only, so the figures are worth little")
            }
        }
    }
}

/// A command for this program in another mode, anywhere, which dies when this process does.
pub fn child(mode: &str) -> Result<Command, Failure> {
    let this = env::current_exe()?;
    let mut command = Command::new(&this);
    command.args([MODE, ANYWHERE]).arg(this).arg(mode);
    Ok(command)
}

fn pin(core: usize) -> Result<(), Failure> {
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(None, &only)?)
}

/// Pins this process to a core and becomes a program: `<core> <program> <argument>…`.
///
/// Both settings survive the change of program, and the process id stays, so what is measured is that program alone.
pub fn become_program(arguments: &[String]) -> Result<bool, Failure> {
    let [core, program, arguments @ ..] = arguments else {
        return Err("launch: say a core and a program".into());
    };
    if core != ANYWHERE {
        pin(core.parse()?)?;
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Err(Command::new(program).args(arguments).exec().into())
}

/// Raises this process's limit of open files, which its children inherit, as far as it may, and says so if that is
/// too little.
pub fn allow_sockets(sockets: usize) -> Result<(), Failure> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    match maximum {
        Some(maximum) if maximum < sockets as u64 => {
            Err(format!("{sockets} open files are needed, {maximum} are allowed (ulimit -Hn)").into())
        }
        _ => Ok(()),
    }
}
