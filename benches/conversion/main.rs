//! The conversion program: what it costs to convert the music of a station, and how fast a worker encodes
//! compared with `lame`. See benches/README.md, or `cargo bench --bench conversion -- --help`.

#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod arguments;
#[cfg(target_os = "linux")]
#[path = "../mutations/child.rs"]
#[expect(dead_code, reason = "the mutation program uses more of it")]
mod child;
#[cfg(target_os = "linux")]
mod cost;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
mod music;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
#[path = "../load/process.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod process;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod throughput;
#[cfg(target_os = "linux")]
#[path = "../load/usage.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod usage;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("conversion: runs on Linux only, because it reads /proc");
}
