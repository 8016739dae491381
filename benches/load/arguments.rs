//! What programs that measure make of their arguments.

/// Listeners that one run may open. The system's own limits, 20,000 files a process and 28,000 ports an address in
/// the usual configuration, are above.
pub const LISTENERS_MAX: usize = 19_500;

/// Joins a second that may be asked for; the client itself manages about 10,000.
pub const RATE_MAX: u32 = 10_000;

/// What cargo tells every benchmark.
pub const CARGO: &str = "--bench";

/// Puts `--option=value` and `-h` into the forms that argh takes, and leaves out what is cargo's.
pub fn normalised(arguments: &[String]) -> Vec<String> {
    let mut plain = Vec::new();
    for argument in arguments.iter().filter(|argument| *argument != CARGO) {
        match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => plain.extend([option.into(), value.into()]),
            _ if argument == "-h" => plain.push("--help".into()),
            _ => plain.push(argument.clone()),
        }
    }
    plain
}

/// Refuses a number that an option cannot have.
pub fn within(option: &str, value: u64, max: u64) -> Result<(), String> {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    Err(format!("{option} {value} is not between 1 and {max}"))
}
