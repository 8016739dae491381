//! The comparison: the same listeners on coldwave, on Debian's icecast2 and on the bare writer, in turns. See
//! benches/README.md, or `cargo bench --bench compare -- --help`.
//!
//! Processes, cores and listeners are the load program's. Only [`stream`] is another one: where the load program stops
//! at the first byte that does not belong there, this one counts such bytes and goes on.

#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
mod arguments;
#[cfg(target_os = "linux")]
#[path = "../load/bare.rs"]
mod bare;
#[cfg(target_os = "linux")]
mod bounds;
#[cfg(target_os = "linux")]
#[path = "../load/crowd.rs"]
#[expect(dead_code, reason = "the load program needs more of it")]
mod crowd;
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
#[expect(dead_code, reason = "the load program needs more of it")]
mod launch;
#[cfg(target_os = "linux")]
#[path = "../load/listener.rs"]
#[expect(dead_code, reason = "the load program needs more of it")]
mod listener;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
#[path = "../load/process.rs"]
mod process;
#[cfg(target_os = "linux")]
mod proof;
#[cfg(target_os = "linux")]
#[path = "../load/reading.rs"]
#[expect(dead_code, reason = "the load program needs more of it")]
mod reading;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod stream;
#[cfg(target_os = "linux")]
mod trial;
#[cfg(target_os = "linux")]
#[path = "../load/usage.rs"]
#[expect(dead_code, reason = "the load program needs more of it")]
mod usage;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("compare: runs on Linux only: it reads /proc and lets the kernel throw bytes away");
}
