//! The load program: opens thousands of listeners on a coldwave of its own, checks what they hear, and says what a
//! listener costs. See benches/README.md, or `cargo bench --bench load -- --help`.

#[cfg(target_os = "linux")]
mod arguments;
#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod bounds;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod discard;
#[cfg(target_os = "linux")]
mod failure;
#[cfg(target_os = "linux")]
mod gusts;
#[cfg(target_os = "linux")]
mod head;
#[cfg(target_os = "linux")]
#[path = "../compare/icecast.rs"]
mod icecast;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod kind;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod listener;
#[cfg(target_os = "linux")]
#[path = "../compare/machine.rs"]
mod machine;
#[cfg(target_os = "linux")]
mod mixed;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod proof;
#[cfg(target_os = "linux")]
mod reading;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod scrape;
#[cfg(target_os = "linux")]
mod setup;
#[cfg(target_os = "linux")]
mod sources;
#[cfg(target_os = "linux")]
mod storm;
#[cfg(target_os = "linux")]
mod stream;
#[cfg(target_os = "linux")]
mod subject;
#[cfg(target_os = "linux")]
mod trial;
#[cfg(target_os = "linux")]
mod usage;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("load: runs on Linux only: it reads /proc and lets the kernel throw bytes away");
}
