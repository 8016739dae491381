//! Runs the load program, or one of the child processes that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

use crate::failure::Failure;
use crate::kernel::TcpMem;
use crate::kind::TrialKind;
use crate::launch::Cores;
use crate::options::{Invocation, Options};
use crate::report::{self, Heading, TrialResult};
use crate::trial::Trial;
use crate::{
    admin_page, bare, discard, icecast, launch, machine, mixed, options, scrape, self_test, sources, storm,
};

/// The exit status when the load program itself failed. Status 1 means that a check of coldwave failed.
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
            eprintln!("load: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// Returns whether all checks passed.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::exec_program(&arguments[1..]),
        Some(storm::MODE) => storm::run(&arguments[1..]).map(|()| true),
        Some(scrape::MODE) => scrape::run(&arguments[1..]).map(|()| true),
        Some(admin_page::MODE) => admin_page::run(&arguments[1..]).map(|()| true),
        Some(mixed::MODE) => mixed::run(&arguments[1..]).map(|()| true),
        Some(sources::MODE) => sources::run(&arguments[1..]).map(|()| true),
        Some(icecast::MODE) => icecast::exec_icecast(&arguments[1..]),
        Some(bare::MODE) => bare::run(&arguments[1..]).map(|()| true),
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
    let icecast_version = icecast_version(options)?;
    launch::raise_open_files_limit(options.open_files())?;
    discard::check_support()?;
    self_test::run()?;
    exit_after(options.duration_max() + GRACE);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    println!("{}", Heading { options, cores: &cores });
    let _tcp_mem = TcpMem::for_listeners(options.listeners)?;
    let machine = machine::describe()?;

    let (mut results, kinds) = (Vec::new(), options.kinds());
    for round in 1..=options.rounds {
        for &kind in &kinds {
            let figures = Trial { kind, options, cores: &cores }.run()?;
            let result = TrialResult { round, kind, figures };
            println!("{result}");
            if let Some(file) = &options.record {
                result.to_record(options, &machine, program(kind, &icecast_version)).append(file)?;
            }
            results.push(result);
        }
    }
    print!("{}", report::summary(&results, &kinds, options));
    Ok(results.iter().all(|result| !result.kind.is_coldwave() || result.figures.is_sound()))
}

/// Returns the version of icecast2 and ezstream if they are measured.
fn icecast_version(options: &Options) -> Result<String, Failure> {
    if options.kinds().contains(&TrialKind::Icecast) { icecast::versions() } else { Ok(String::new()) }
}

/// Returns the name and version of the measured program.
fn program(kind: TrialKind, icecast_version: &str) -> String {
    match kind {
        TrialKind::Bare | TrialKind::BareMany => "the bare writer".into(),
        TrialKind::Icecast => icecast_version.into(),
        _ if kind.is_other() => "another coldwave".into(),
        _ => format!("coldwave {}", env!("CARGO_PKG_VERSION")),
    }
}

/// Exits this process after `limit`. Its child processes die with it.
fn exit_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("load: not finished after {} s, killed", limit.as_secs());
        process::exit(STATUS_FAILED.into());
    });
}
