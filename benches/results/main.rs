//! The results: makes benches/RESULTS.md and its plots of the records that the load program keeps. See
//! benches/README.md, or `cargo bench --bench results -- --help`.

#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program needs more of it")]
mod arguments;
mod chart;
mod document;
#[path = "../load/failure.rs"]
mod failure;
mod goals;
mod groups;
mod numbers;
mod options;
mod plots;
mod proof;
#[path = "../load/record.rs"]
mod record;
mod records;
mod run;
mod scenario;
mod table;
mod tables;
mod turns;

fn main() -> std::process::ExitCode {
    run::main()
}
