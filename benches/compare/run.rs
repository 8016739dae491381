//! Runs the comparison, or one of the child processes that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, process, thread};

use crate::failure::Failure;
use crate::kind::ServerKind;
use crate::launch::Cores;
use crate::options::{Invocation, Options};
use crate::report::{self, Report, TrialResult};
use crate::trial::Trial;
use crate::{bare, discard, icecast, launch, machine, options, self_test};

/// The exit status when the comparison itself failed. Status 1 means that a listener was lost.
const STATUS_FAILED: u8 = 2;

/// The time by which a run may exceed the sum of its limits before it is killed.
const GRACE: Duration = Duration::from_secs(60);

/// Runs the process.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("compare: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// Returns whether no listener was lost.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::exec_program(&arguments[1..]),
        Some(bare::MODE) => bare::run(&arguments[1..]).map(|()| true),
        Some(icecast::MODE) => icecast::exec_icecast(&arguments[1..]),
        _ => match options::parse(arguments) {
            Invocation::Run(options) => compare(&options),
            Invocation::SelfTest => {
                self_test::run()?;
                println!("compare: self-test of the counts passed; nothing is measured");
                Ok(true)
            }
            Invocation::Print(text) => {
                println!("{text}");
                Ok(true)
            }
            Invocation::Invalid(error) => Err(error.into()),
        },
    }
}

fn compare(options: &Options) -> Result<bool, Failure> {
    let versions = icecast::versions()?;
    launch::raise_open_files_limit(options.listeners + 64)?;
    discard::check_support()?;
    self_test::run()?;
    exit_after(options.duration_max() + GRACE);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    println!("{}", report::heading(options, &cores));

    let mut results = Vec::new();
    for round in 1..=options.rounds {
        for kind in ServerKind::ALL {
            let figures = Trial { kind, options, cores: &cores }.run()?;
            let result = TrialResult { round, kind, figures };
            println!("{result}");
            results.push(result);
        }
    }
    let machine = &machine::describe()?;
    let report = Report { options, cores: &cores, versions: &versions, machine, results: &results };
    print!("\n{}", report.summary());
    fs::write(&options.results, report.to_markdown())?;
    println!("\nwritten to {}", options.results.display());
    Ok(results.iter().all(|result| result.kind == ServerKind::Icecast || result.figures.losses.is_empty()))
}

/// Exits this process after `limit`. Its child processes die with it.
fn exit_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("compare: not finished after {} s, killed", limit.as_secs());
        process::exit(STATUS_FAILED.into());
    });
}
