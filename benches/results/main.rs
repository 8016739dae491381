//! Writes benches/RESULTS.md and its plots from the records of the load program. See benches/README.md, or
//! `cargo bench --bench results -- --help`.

#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
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
#[path = "../load/record.rs"]
mod record;
mod records;
mod run;
mod scenario;
mod self_test;
mod table;
mod tables;
mod trials;

fn main() -> std::process::ExitCode {
    run::main()
}
