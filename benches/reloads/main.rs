//! The reload program: reloads the configuration of a coldwave again and again, every third time with a
//! broken one, and checks what its thousands of listeners and its live sources notice. See benches/README.md,
//! or `cargo bench --bench reloads -- --help`.
//!
//! Processes, cores, listeners and their checks are those of the load program.

#[cfg(target_os = "linux")]
mod admin;
#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
mod arguments;
#[cfg(target_os = "linux")]
mod breakage;
#[cfg(target_os = "linux")]
mod configuration;
#[cfg(target_os = "linux")]
#[path = "../load/discard.rs"]
mod discard;
#[cfg(target_os = "linux")]
mod edits;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
#[path = "../load/head.rs"]
mod head;
#[cfg(target_os = "linux")]
#[path = "../load/kernel.rs"]
mod kernel;
#[cfg(target_os = "linux")]
#[path = "../load/launch.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod launch;
#[cfg(target_os = "linux")]
#[path = "../load/listener.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod listener;
#[cfg(target_os = "linux")]
#[path = "../load/listener_pool.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod listener_pool;
#[cfg(target_os = "linux")]
#[path = "../attacks/live_source.rs"]
mod live_source;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
#[path = "../load/process.rs"]
mod process;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
#[path = "../load/sample.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod sample;
#[cfg(target_os = "linux")]
#[path = "../load/self_test.rs"]
mod self_test;
#[cfg(target_os = "linux")]
#[path = "../load/stream.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod stream;
#[cfg(target_os = "linux")]
mod target;
#[cfg(target_os = "linux")]
#[path = "../load/tls.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod tls;
#[cfg(target_os = "linux")]
mod trial;
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
    println!("reloads: runs on Linux only, because it reads /proc and lets the kernel discard bytes");
}
