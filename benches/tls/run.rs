//! Runs the TLS program, or one of the processes that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

use crate::failure::Failure;
use crate::kernel::TcpMem;
use crate::launch::{self, Cores};
use crate::options::{self, Invocation, Options, Part};
use crate::server::Context;
use crate::{discard, handshakes, joins, memory, replacements, self_test, wave};

/// The exit status when the TLS program itself failed. Status 1 means that a check of coldwave failed.
const STATUS_FAILED: u8 = 2;

/// The time after which a run is killed.
const DURATION_MAX: Duration = Duration::from_secs(3600);

/// Open files of this program besides those of listeners.
const OTHER_FILES: usize = 64;

/// Runs the process.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("tls: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// Returns whether all checks passed.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::exec_program(&arguments[1..]),
        Some(wave::MODE) => wave::run_listeners(&arguments[1..]),
        _ => match options::parse(arguments) {
            Invocation::Run(options) => measure(&options),
            Invocation::Print(text) => {
                println!("{text}");
                Ok(true)
            }
            Invocation::Invalid(error) => Err(error.into()),
        },
    }
}

fn measure(options: &Options) -> Result<bool, Failure> {
    launch::raise_open_files_limit(options.sockets() + OTHER_FILES)?;
    discard::check_support()?;
    self_test::run()?;
    exit_after(DURATION_MAX);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    println!("{cores}");
    let _tcp_mem = TcpMem::for_listeners(options.sockets())?;
    let context = Context::new(options, &cores)?;
    let mut is_sound = true;
    for part in options.parts()? {
        println!("\n{part:?}");
        is_sound &= match part {
            Part::Handshakes => handshakes::run(&context)?,
            Part::Memory => memory::run(&context)?,
            Part::Joins => joins::run(&context)?,
            Part::Wave => wave::run(&context)?,
            Part::Replacements => replacements::run(&context)?,
        };
    }
    Ok(is_sound)
}

/// Exits this process after `limit`. Its child processes die with it.
fn exit_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("tls: not finished after {} s, killed", limit.as_secs());
        process::exit(STATUS_FAILED.into());
    });
}
