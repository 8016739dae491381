//! Command line arguments of the benchmark programs.

/// The most listeners of a run. The usual limits of the system are higher: 20,000 open files per process and
/// 28,000 ports per address.
pub const LISTENERS_MAX: usize = 19_500;

/// The most joins per second. The listeners' process manages about 10,000.
pub const RATE_MAX: u32 = 10_000;

/// The argument that `cargo bench` passes to every benchmark.
pub const BENCH_FLAG: &str = "--bench";

/// Rewrites `--option=value` and `-h` into the forms that argh accepts, and removes cargo's own argument.
pub fn normalize(arguments: &[String]) -> Vec<String> {
    let mut plain = Vec::new();
    for argument in arguments.iter().filter(|argument| *argument != BENCH_FLAG) {
        match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => plain.extend([option.into(), value.into()]),
            _ if argument == "-h" => plain.push("--help".into()),
            _ => plain.push(argument.clone()),
        }
    }
    plain
}

/// Returns an error if the value of an option is not between 1 and `max`.
pub fn check_range(option: &str, value: u64, max: u64) -> Result<(), String> {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    Err(format!("{option} {value} is not between 1 and {max}"))
}
