//! The rendition program: what ladders of renditions produce in hours of audio, and what they cost. See
//! benches/README.md, or `cargo bench --bench renditions -- --help`.

#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod arguments;
#[cfg(target_os = "linux")]
mod changes;
#[cfg(target_os = "linux")]
#[path = "../encoders/cost.rs"]
mod cost;
#[cfg(target_os = "linux")]
#[path = "../encoders/decoder.rs"]
mod decoder;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
#[path = "../encoders/lag.rs"]
mod lag;
#[cfg(target_os = "linux")]
#[path = "../encoders/mpg123.rs"]
mod mpg123;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod output;
#[cfg(target_os = "linux")]
mod programme;
#[cfg(target_os = "linux")]
mod reference;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod setting;
#[cfg(target_os = "linux")]
#[path = "../encoders/signal.rs"]
#[expect(dead_code, reason = "the encoder program uses more of it")]
mod signal;
#[cfg(target_os = "linux")]
mod soak;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("renditions: runs on Linux only, because it reads /proc");
}
