//! Small parts, each by itself, and how long they take. See benches/README.md.
//!
//! Every part is written once, for whoever [measures](meter::Meter) it.

mod framer;
mod listener;
mod meter;
mod pages;
mod programme;
mod requests;
mod server;
mod timeline;

fn main() {
    divan::main();
}
