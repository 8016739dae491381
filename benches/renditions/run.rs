//! Runs what the options request, and prints it.

use std::env;
use std::process::ExitCode;

use crate::changes::{self, Seam};
use crate::failure::Failure;
use crate::options::{self, Invocation, Options};
use crate::{setting, soak};

/// The exit status when something was not as it must be.
const STATUS_WRONG: u8 = 1;

/// The exit status when the program itself failed.
const STATUS_FAILED: u8 = 2;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(STATUS_WRONG),
        Err(failure) => {
            eprintln!("renditions: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match options::parse(arguments) {
        Invocation::Run(options) => measure(&options),
        Invocation::SelfTest => self_test(),
        Invocation::Print(text) => {
            println!("{text}");
            Ok(true)
        }
        Invocation::Invalid(error) => Err(error.into()),
    }
}

fn measure(options: &Options) -> Result<bool, Failure> {
    if options.changes {
        return change();
    }
    soak(&options.programme, &options.only, options.hours * 3600.0)
}

fn soak(programme: &str, only: &[String], seconds: f64) -> Result<bool, Failure> {
    let found = soak::run(programme, &setting::rungs(only), seconds)?;
    println!("{found}");
    Ok(found.is_good())
}

fn change() -> Result<bool, Failure> {
    println!("{}", Seam::HEAD);
    let seams = changes::run()?;
    for seam in &seams {
        println!("{seam}{}", if seam.is_good() { "" } else { " WRONG" });
    }
    Ok(seams.iter().all(Seam::is_good))
}

/// Runs a few seconds of everything.
fn self_test() -> Result<bool, Failure> {
    let only = ["44100-2-128".to_owned(), "22050-1-32".to_owned()];
    let is_good = soak("48000-2-192", &only, 8.0)? & soak("aac", &only, 8.0)?;
    Ok(change()? && is_good)
}
