//! Runs the attack program, or one of the child processes that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

use crate::failure::Failure;
use crate::figures::Figures;
use crate::kernel::TcpMem;
use crate::launch::{self, Cores};
use crate::options::{self, Invocation, Options};
use crate::report::{self, Heading};
use crate::trial::Trial;
use crate::{attackers, discard, self_test};

/// The exit status when the attack program itself failed. Status 1 means that a check of coldwave failed.
const STATUS_FAILED: u8 = 2;

/// The time by which a run may exceed the sum of its limits before it is killed.
const GRACE: Duration = Duration::from_secs(60);

/// Open files of this program besides those of listeners.
const OTHER_FILES: usize = 64;

/// Runs the process.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("attacks: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// Returns whether all checks passed.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::exec_program(&arguments[1..]),
        Some(attackers::MODE) => attackers::run(&arguments[1..]).map(|()| true),
        _ => match options::parse(arguments) {
            Invocation::Run(options) => attack(&options),
            Invocation::Print(text) => {
                println!("{text}");
                Ok(true)
            }
            Invocation::Invalid(error) => Err(error.into()),
        },
    }
}

fn attack(options: &Options) -> Result<bool, Failure> {
    let kinds = options.kinds();
    let connections = kinds.iter().map(|kind| kind.connections(options.listeners)).max().unwrap_or_default();
    launch::raise_open_files_limit(options.listeners.max(connections) + OTHER_FILES)?;
    discard::check_support()?;
    self_test::run()?;
    exit_after(kinds.iter().map(|kind| Trial::duration_max(options, *kind)).sum::<Duration>() + GRACE);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    println!("{}", Heading { options, cores: &cores });
    let _tcp_mem = TcpMem::for_listeners(options.listeners + connections)?;

    let mut all: Vec<Figures> = Vec::new();
    for kind in kinds {
        let figures = Trial { kind, options, cores: &cores }.run()?;
        println!("{figures}");
        all.push(figures);
    }
    print!("{}", report::summary(&all));
    Ok(all.iter().all(Figures::is_sound))
}

/// Exits this process after `limit`. Its child processes die with it.
fn exit_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("attacks: not finished after {} s, killed", limit.as_secs());
        process::exit(STATUS_FAILED.into());
    });
}
