//! Runs the reload program, or the launcher that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

use crate::failure::Failure;
use crate::figures::Figures;
use crate::kernel::TcpMem;
use crate::launch::{self, Cores};
use crate::options::{self, Invocation, Options};
use crate::trial::Trial;
use crate::{discard, self_test};

/// The exit status when the reload program itself failed. Status 1 means that a check of coldwave failed.
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
            eprintln!("reloads: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// Returns whether all checks passed.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::exec_program(&arguments[1..]),
        _ => match options::parse(arguments) {
            Invocation::Run(options) => reload(&options),
            Invocation::Print(text) => {
                println!("{text}");
                Ok(true)
            }
            Invocation::Invalid(error) => Err(error.into()),
        },
    }
}

fn reload(options: &Options) -> Result<bool, Failure> {
    launch::raise_open_files_limit(options.listeners + OTHER_FILES)?;
    discard::check_support()?;
    self_test::run()?;
    exit_after(Trial::duration_max(options) + GRACE);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    let user = options.user.map_or(String::new(), |user| format!(" as user {user}"));
    let encrypted = (0..options.listeners).filter(|number| options.uses_tls(*number)).count();
    println!(
        "{} listeners, {encrypted} over TLS, {} reloads{user}; {cores}",
        options.listeners, options.reloads
    );
    println!("program: {}", options.program);
    let _tcp_mem = TcpMem::for_listeners(options.listeners)?;
    let figures = Trial { options, cores: &cores }.run()?;
    print!("{figures}");
    Ok(Figures::is_sound(&figures))
}

/// Exits this process after `limit`. Its child processes die with it.
fn exit_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("reloads: not finished after {} s, killed", limit.as_secs());
        process::exit(STATUS_FAILED.into());
    });
}
