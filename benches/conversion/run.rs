//! Measures, and prints the figures and whether the goals are met.

use std::env;
use std::process::{Command, ExitCode, Stdio};

use crate::cost;
use crate::failure::Failure;
use crate::music::Music;
use crate::options::{Invocation, Options, parse};
use crate::throughput::{by_lame, by_worker};

/// The exit status when this program itself failed.
const STATUS_FAILED: u8 = 2;

/// The most that a station that converts may cost, in per cent of a core.
const COST_MAX: f64 = 2.0;

/// The least speed of a worker, as a part of that of `lame`.
const SPEED_MIN: f64 = 0.9;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("conversion: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    match parse(arguments) {
        Invocation::Run(options) => match ["ffmpeg", "lame"].iter().find(|program| !is_installed(program)) {
            Some(program) => println!("conversion: not run: {program} is not installed"),
            None => run(&options)?,
        },
        Invocation::Print(text) => println!("{text}"),
        Invocation::Invalid(error) => return Err(error.into()),
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn run(options: &Options) -> Result<(), Failure> {
    let music = Music::make()?;
    println!("{} stations, measured for {} s", options.stations, options.seconds);
    for (kind, goal) in [("mp3", None), ("flac", Some(COST_MAX))] {
        let cost = cost::measure(&music, kind, options)?;
        let total = cost.server + cost.workers;
        println!(
            "{kind}: {total:.2} % of a core for a station: server {:.2} %, {} workers {:.2} % and at most {} MiB; \
             {:.3} of the audio received{}",
            cost.server,
            cost.processes,
            cost.workers,
            cost.worker_kib.div_ceil(1024),
            cost.received,
            goal.map_or(String::new(), |goal| format!("; goal: {goal} %, {}", verdict(total <= goal))),
        );
    }
    compare(&music, options)
}

/// Lets a worker and `lame` encode the same file in turn.
fn compare(music: &Music, options: &Options) -> Result<(), Failure> {
    let mut ratios = Vec::new();
    for _ in 0..options.rounds {
        let ((worker, seconds), lame) = (by_worker(&music.wav())?, by_lame(&music.wav())?);
        let ratio = lame.as_secs_f64() / worker.as_secs_f64();
        let speed = |time: std::time::Duration| seconds / time.as_secs_f64();
        println!("worker {:.0}×, lame {:.0}× real time: {ratio:.2}", speed(worker), speed(lame));
        ratios.push(ratio);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("median {median:.2} of the speed of lame; goal: {SPEED_MIN}, {}", verdict(median >= SPEED_MIN));
    Ok(())
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}
