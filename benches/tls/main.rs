//! The TLS program: what TLS costs a coldwave besides the listening itself, which the load program measures.
//! See benches/README.md, or `cargo bench --bench tls -- --help`.
//!
//! Processes, cores, listeners and their checks are those of the load program.

#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod arguments;
#[cfg(target_os = "linux")]
#[path = "../load/discard.rs"]
mod discard;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
mod handshakes;
#[cfg(target_os = "linux")]
#[path = "../load/head.rs"]
mod head;
#[cfg(target_os = "linux")]
mod joins;
#[cfg(target_os = "linux")]
#[path = "../load/kernel.rs"]
mod kernel;
#[cfg(target_os = "linux")]
#[path = "../load/launch.rs"]
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
mod memory;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
#[path = "../load/process.rs"]
mod process;
#[cfg(target_os = "linux")]
mod replacements;
#[cfg(target_os = "linux")]
mod report;
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
mod server;
#[cfg(target_os = "linux")]
#[path = "../load/stream.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod stream;
#[cfg(target_os = "linux")]
mod tickets;
#[cfg(target_os = "linux")]
#[path = "../load/tls.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod tls;
#[cfg(target_os = "linux")]
#[path = "../load/usage.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod usage;
#[cfg(target_os = "linux")]
mod wave;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("tls: runs on Linux only, because it reads /proc and lets the kernel discard bytes");
}
