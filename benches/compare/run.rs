//! What this process is to be: the comparison, or one of the children that it starts from the same binary.

use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, process, thread};

use crate::failure::Failure;
use crate::kind::Kind;
use crate::launch::Cores;
use crate::options::{Asked, Options};
use crate::report::{self, Run, Turn};
use crate::trial::Trial;
use crate::{bare, discard, icecast, launch, machine, options, proof};

/// The status that says the comparison itself failed; 1 says that a listener was lost.
const BROKEN: u8 = 2;

/// How much longer than its own deadlines allow a run may take before it is ended by force.
const GRACE: Duration = Duration::from_secs(60);

/// Does what the arguments say.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("compare: {failure}");
            ExitCode::from(BROKEN)
        }
    }
}

/// Whether all listeners were served to the end.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.first().map(String::as_str) {
        Some(launch::MODE) => launch::become_program(&arguments[1..]),
        Some(bare::MODE) => bare::run(&arguments[1..]).map(|()| true),
        Some(icecast::MODE) => icecast::become_icecast(&arguments[1..]),
        _ => match options::understand(arguments) {
            Asked::Run(options) => compare(&options),
            Asked::Test => {
                proof::prove()?;
                println!("compare: its counts are right; it measures only under cargo bench, for minutes");
                Ok(true)
            }
            Asked::Nothing(why) => {
                println!("{why}");
                Ok(true)
            }
            Asked::Impossible(why) => Err(why.into()),
        },
    }
}

fn compare(options: &Options) -> Result<bool, Failure> {
    let versions = icecast::versions()?;
    launch::allow_sockets(options.listeners + 64)?;
    discard::prove()?;
    proof::prove()?;
    end_by_force_after(options.upper_bound() + GRACE);
    let cores = Cores::choose()?;
    cores.pin_this_process()?;
    println!("{}", report::heading(options, &cores));

    let mut turns = Vec::new();
    for round in 1..=options.rounds {
        for kind in Kind::ALL {
            let figures = Trial { kind, options, cores: &cores }.run()?;
            let turn = Turn { round, kind, figures };
            println!("{turn}");
            turns.push(turn);
        }
    }
    let run =
        Run { options, cores: &cores, versions: &versions, machine: &machine::describe()?, turns: &turns };
    print!("\n{}", run.summary());
    fs::write(&options.results, run.results())?;
    println!("\nwritten to {}", options.results.display());
    Ok(turns.iter().all(|turn| turn.kind == Kind::Icecast || turn.figures.losses.is_empty()))
}

/// The children die with this process, so nothing of a run outlives its bound.
fn end_by_force_after(bound: Duration) {
    thread::spawn(move || {
        thread::sleep(bound);
        eprintln!("compare: not done after {} s, ended by force", bound.as_secs());
        process::exit(BROKEN.into());
    });
}
