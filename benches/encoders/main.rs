//! The encoder program: what the encoders produce in hours of audio, and what they cost. See
//! benches/README.md, or `cargo bench --bench encoders -- --help`.

#[cfg(target_os = "linux")]
mod against_lame;
#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod arguments;
#[cfg(target_os = "linux")]
mod chains;
#[cfg(target_os = "linux")]
mod cost;
#[cfg(target_os = "linux")]
mod decoder;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod lag;
#[cfg(target_os = "linux")]
mod limiter;
#[cfg(target_os = "linux")]
mod mpg123;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod setting;
#[cfg(target_os = "linux")]
mod signal;
#[cfg(target_os = "linux")]
mod soak;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("encoders: runs on Linux only, because it reads /proc");
}
