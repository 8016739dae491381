//! Reads the records, writes the results, and says what was missed.

use std::process::ExitCode;
use std::{env, fs};

use crate::document::Document;
use crate::failure::Failure;
use crate::options::{self, Asked, Options};
use crate::plots::Plot;
use crate::{goals, proof, records, scenario};

/// The status that says that there are no results.
const BROKEN: u8 = 2;

/// Does what the arguments say.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("results: {failure}");
            ExitCode::from(BROKEN)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    match options::understand(arguments) {
        Asked::Run(options) => render(&options),
        Asked::Test => {
            proof::prove()?;
            println!(
                "results: medians, ratios, verdicts and plots are right; it writes only under cargo bench"
            );
            Ok(())
        }
        Asked::Nothing(why) => {
            println!("{why}");
            Ok(())
        }
        Asked::Impossible(why) => Err(why.into()),
    }
}

fn render(options: &Options) -> Result<(), Failure> {
    let records = records::read(&options.records)?;
    let scenarios = scenario::of(&records);
    let plots: Vec<(Plot, String)> =
        Plot::ALL.into_iter().filter_map(|plot| Some((plot, plot.svg(&scenarios)?))).collect();
    let drawn: Vec<Plot> = plots.iter().map(|(plot, _)| *plot).collect();

    write(
        options,
        "RESULTS.md",
        &Document { records: &records, scenarios: &scenarios, drawn: &drawn }.text(),
    )?;
    for (plot, svg) in &plots {
        write(options, plot.file(), svg)?;
    }
    for plot in Plot::ALL.iter().filter(|plot| !drawn.contains(plot)) {
        println!("no records for {}", plot.file());
    }
    for goal in goals::of(&scenarios) {
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
