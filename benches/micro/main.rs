//! Small parts, each by itself: how long they take, by divan, and how many instructions the hot ones need, for
//! `benches/instructions`. See benches/README.md.
//!
//! Every part is written once, for whoever [measures](meter::Meter) it.

mod counting;
mod framer;
mod listener;
mod meter;
mod pages;
mod programme;
mod requests;
mod server;
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
