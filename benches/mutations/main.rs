//! The mutation program: sends mutated files and frames to an encode worker and counts what they do to it.
//! See benches/README.md, or `cargo bench --bench mutations -- --help`.

#[cfg(target_os = "linux")]
#[path = "../load/arguments.rs"]
#[expect(dead_code, reason = "the load program uses more of it")]
mod arguments;
#[cfg(target_os = "linux")]
#[path = "../../tests/common/audio_folder.rs"]
#[expect(dead_code, reason = "tests use more of it")]
mod audio_folder;
#[cfg(target_os = "linux")]
mod checksums;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
#[path = "../load/failure.rs"]
mod failure;
#[cfg(target_os = "linux")]
mod file_cases;
#[cfg(target_os = "linux")]
mod findings;
#[cfg(target_os = "linux")]
mod mutator;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod seeds;
#[cfg(target_os = "linux")]
mod stream_cases;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("mutations: runs on Linux only, because it reads /proc");
}
