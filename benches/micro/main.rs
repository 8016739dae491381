//! Micro-benchmarks of single parts: their times, measured by divan, and the instructions of the hot ones,
//! for `benches/instructions`. See benches/README.md.
//!
//! Every part is written once and works with any [`Meter`](meter::Meter).

mod counting;
mod framer;
mod listener;
mod meter;
mod pages;
mod requests;
mod server;
mod test_station;
mod timeline;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("count") {
        return counting::main(arguments.next().as_deref());
    }
    divan::main();
    ExitCode::SUCCESS
}
