//! The comparison: the same listeners on coldwave, on Debian's icecast2 and on the bare writer, in turn. See
//! benches/README.md, or `cargo bench --bench compare -- --help`.
//!
//! Processes, cores and listeners are those of the load program. Only [`stream`] differs: the load program
//! stops at the first wrong byte of a stream, this program counts wrong bytes and continues.

#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
mod arguments;
#[cfg(target_os = "linux")]
#[path = "../load/bare.rs"]
mod bare;
#[cfg(target_os = "linux")]
mod bounds;
#[cfg(target_os = "linux")]
#[path = "../load/discard.rs"]
mod discard;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
#[path = "../load/head.rs"]
mod head;
#[cfg(target_os = "linux")]
mod icecast;
#[cfg(target_os = "linux")]
mod kind;
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
mod machine;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
#[path = "../load/process.rs"]
mod process;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
#[path = "../load/sample.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod sample;
#[cfg(target_os = "linux")]
mod self_test;
#[cfg(target_os = "linux")]
mod stream;
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
    println!("compare: runs on Linux only, because it reads /proc and lets the kernel discard bytes");
}
