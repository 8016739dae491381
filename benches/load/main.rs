//! The load program: starts a coldwave, connects thousands of listeners to it, checks what they receive and
//! measures the cost of a listener. See benches/README.md, or `cargo bench --bench load -- --help`.

#[cfg(target_os = "linux")]
mod admin_page;
mod arguments;
#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod bounds;
#[cfg(target_os = "linux")]
mod discard;
#[cfg(target_os = "linux")]
mod failure;
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
mod listener_pool;
#[cfg(target_os = "linux")]
#[path = "../compare/machine.rs"]
mod machine;
#[cfg(target_os = "linux")]
mod mixed;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod pacing;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod sample;
#[cfg(target_os = "linux")]
mod scrape;
#[cfg(target_os = "linux")]
mod self_test;
#[cfg(target_os = "linux")]
mod server_under_test;
#[cfg(target_os = "linux")]
mod setup;
#[cfg(target_os = "linux")]
mod sources;
#[cfg(target_os = "linux")]
mod storm;
#[cfg(target_os = "linux")]
mod stream;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the TLS program uses more of it")]
mod tls;
#[cfg(target_os = "linux")]
mod trial;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the TLS program uses more of it")]
mod usage;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("load: runs on Linux only, because it reads /proc and lets the kernel discard bytes");
}
