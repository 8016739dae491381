//! What this process is to be: the load program, or one of the children that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

use crate::failure::Failure;
use crate::kernel::TcpMem;
use crate::kind::Kind;
use crate::launch::Cores;
use crate::options::{Asked, Options};
use crate::report::{self, Round, Settings};
use crate::trial::Trial;
use crate::{bare, discard, icecast, launch, machine, mixed, options, proof, scrape, sources, storm};

/// The status that says the load program itself failed; 1 says that coldwave did.
const BROKEN: u8 = 2;

/// How much longer than its own deadlines allow a run may take before it is ended by force.
const GRACE: Duration = Duration::from_secs(60);

/// Does what the arguments say.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(sound) if sound => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("load: {failure}");
            ExitCode::from(BROKEN)
        }
    }
}

/// Whether every check of correctness was passed.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::become_program(&arguments[1..]),
        Some(storm::MODE) => storm::run(&arguments[1..]).map(|()| true),
        Some(scrape::MODE) => scrape::run(&arguments[1..]).map(|()| true),
        Some(mixed::MODE) => mixed::run(&arguments[1..]).map(|()| true),
        Some(sources::MODE) => sources::run(&arguments[1..]).map(|()| true),
        Some(icecast::MODE) => icecast::become_icecast(&arguments[1..]),
        Some(bare::MODE) => bare::run(&arguments[1..]).map(|()| true),
        _ => match options::understand(arguments) {
            Asked::Run(options) => measure(&options),
            Asked::Nothing(why) => {
                println!("{why}");
                Ok(true)
            }
            Asked::Impossible(why) => Err(why.into()),
        },
    }
}

fn measure(options: &Options) -> Result<bool, Failure> {
    let others = versions(options)?;
    launch::allow_sockets(options.sockets())?;
    discard::prove()?;
    proof::prove()?;
    end_by_force_after(options.upper_bound() + GRACE);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    println!("{}", Settings { options, cores: &cores });
    let _tcp_mem = TcpMem::for_listeners(options.listeners)?;
    let machine = machine::describe()?;

    let (mut rounds, kinds) = (Vec::new(), options.kinds());
    for number in 1..=options.rounds {
        for &kind in &kinds {
            let figures = Trial { kind, options, cores: &cores }.run()?;
            let round = Round { number, kind, figures };
            println!("{round}");
            if let Some(file) = &options.record {
                round.record(options, &machine, program(kind, &others)).append(file)?;
            }
            rounds.push(round);
        }
    }
    print!("{}", report::summary(&rounds, &kinds, options));
    Ok(rounds.iter().all(|round| !round.kind.is_coldwave() || round.figures.is_sound()))
}

/// What icecast2 says it is, if it is to be measured.
fn versions(options: &Options) -> Result<String, Failure> {
    if options.kinds().contains(&Kind::Icecast) { icecast::versions() } else { Ok(String::new()) }
}

/// What is measured, with its version.
fn program(kind: Kind, others: &str) -> String {
    match kind {
        Kind::Bare | Kind::BareMany => "the bare writer".into(),
        Kind::Icecast => others.into(),
        _ => format!("coldwave {}", env!("CARGO_PKG_VERSION")),
    }
}

/// The children die with this process, so nothing of a run outlives its bound.
fn end_by_force_after(bound: Duration) {
    thread::spawn(move || {
        thread::sleep(bound);
        eprintln!("load: not done after {} s, ended by force", bound.as_secs());
        process::exit(BROKEN.into());
    });
}
