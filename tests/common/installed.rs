//! Programs that tests need and that may not be installed.

use std::env;
use std::io::Write;

/// Returns whether `program` is installed. If not, reports it, or fails the test where all programs are
/// required.
#[track_caller]
pub fn is_available(program: &str, package: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|folder| folder.join(program).is_file());
    found || report_missing(&format!("{program} is not installed: it is in Debian's package {package}"))
}

/// Returns whether all of these programs, given with their packages, are installed. Reports each that is not.
#[track_caller]
pub fn are_available(programs: &[(&str, &str)]) -> bool {
    let available = programs.iter().filter(|(program, package)| is_available(program, package)).count();
    available == programs.len()
}

/// Reports what is missing and returns false, or fails the test where all programs are required.
#[track_caller]
pub fn report_missing(missing: &str) -> bool {
    let required = ["CI", "COLDWAVE_TEST_PROGRAMS"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|it| !it.is_empty()));
    assert!(!required, "{missing}; tests/run installs it");
    // Not a macro: the output of macros is shown for failed tests only.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {missing}; tests/run installs it");
    false
}
