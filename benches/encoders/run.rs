//! Runs what the options request, and prints it.

use std::env;
use std::process::ExitCode;

use crate::against_lame::Comparison;
use crate::failure::Failure;
use crate::options::{self, Invocation, Options};
use crate::setting::Setting;
use crate::soak::Soak;
use crate::{chains, hostile, limiter};

/// The exit status when something was not as it must be.
const STATUS_WRONG: u8 = 1;

/// The exit status when the program itself failed.
const STATUS_FAILED: u8 = 2;

/// Seconds of audio for each hostile signal.
const HOSTILE_SECONDS: f64 = 60.0;

/// Seconds of audio for each conversion.
const CHAIN_SECONDS: u64 = 60;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(STATUS_WRONG),
        Err(failure) => {
            eprintln!("encoders: {failure}");
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
    let settings = Setting::matching(&options.only);
    if let Some(seconds) = options.against_lame {
        return compare(&settings, seconds);
    }
    if options.hostile {
        return endure(&settings, HOSTILE_SECONDS);
    }
    if options.limiter {
        return limit(options.hours);
    }
    if options.chains {
        return convert(CHAIN_SECONDS);
    }
    soak(&settings, options.hours)
}

fn soak(settings: &[Setting], hours: f64) -> Result<bool, Failure> {
    println!("{}", Soak::HEAD);
    let mut is_good = true;
    for setting in settings {
        let found = Soak::run(setting, hours)?;
        println!("{found}{}", if found.is_good() { "" } else { " WRONG" });
        is_good &= found.is_good();
    }
    Ok(is_good)
}

fn compare(settings: &[Setting], seconds: u64) -> Result<bool, Failure> {
    println!("{}", Comparison::HEAD);
    let mut is_good = true;
    for setting in settings {
        let found = Comparison::run(setting, seconds)?;
        println!("{found}{}", if found.is_equal(setting) { "" } else { " DIFFERENT" });
        is_good &= found.is_equal(setting);
    }
    Ok(is_good)
}

fn endure(settings: &[Setting], seconds: f64) -> Result<bool, Failure> {
    println!("{}", hostile::HEAD);
    let mut is_good = true;
    for setting in settings {
        let (lines, is_decodable) = hostile::run(setting, seconds)?;
        lines.iter().for_each(|line| println!("{line}"));
        is_good &= is_decodable;
    }
    Ok(is_good)
}

fn limit(hours: f64) -> Result<bool, Failure> {
    let (line, is_good) = limiter::run(hours)?;
    println!("{line}");
    Ok(is_good)
}

fn convert(seconds: u64) -> Result<bool, Failure> {
    println!("{}", chains::HEAD);
    chains::run(seconds)?.iter().for_each(|line| println!("{line}"));
    Ok(true)
}

/// Runs a few seconds of everything that needs no other program.
fn self_test() -> Result<bool, Failure> {
    let settings = [Setting::new((44_100, 2, 128)), Setting::new((22_050, 1, 32))];
    let is_good = soak(&settings, 10.0 / 3600.0)? & endure(&settings[..1], 2.0)? & limit(10.0 / 3600.0)?;
    Ok(convert(2)? && is_good)
}
