//! Reads the records, writes the results and prints the goals.

use std::process::ExitCode;
use std::{env, fs};

use crate::document::Document;
use crate::failure::Failure;
use crate::options::{self, Invocation, Options};
use crate::plots::Plot;
use crate::{goals, records, scenario, self_test};

/// The exit status when no results could be written.
const STATUS_FAILED: u8 = 2;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("results: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    match options::parse(arguments) {
        Invocation::Run(options) => render(&options),
        Invocation::SelfTest => {
            self_test::run()?;
            println!("results: self-test of medians, ratios, verdicts and plots passed; nothing is written");
            Ok(())
        }
        Invocation::Print(text) => {
            println!("{text}");
            Ok(())
        }
        Invocation::Invalid(error) => Err(error.into()),
    }
}

fn render(options: &Options) -> Result<(), Failure> {
    let records = records::read(&options.records)?;
    let scenarios = scenario::group_records(&records);
    let plots: Vec<(Plot, String)> =
        Plot::ALL.into_iter().filter_map(|plot| Some((plot, plot.svg(&scenarios)?))).collect();
    let available: Vec<Plot> = plots.iter().map(|(plot, _)| *plot).collect();

    let document = Document { records: &records, scenarios: &scenarios, plots: &available };
    write(options, "RESULTS.md", &document.to_markdown())?;
    for (plot, svg) in &plots {
        write(options, plot.file(), svg)?;
    }
    for plot in Plot::ALL.iter().filter(|plot| !available.contains(plot)) {
        println!("no records for {}", plot.file());
    }
    for goal in goals::evaluate(&scenarios) {
        println!("{:12} {}: {}", goal.verdict(), goal.what, goal.measured.as_deref().unwrap_or("-"));
    }
    Ok(())
}

fn write(options: &Options, file: &str, text: &str) -> Result<(), Failure> {
    let path = options.out.join(file);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("written: {}", path.display());
    Ok(())
}
