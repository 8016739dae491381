//! Programs of others that tests need, and that may not be there.

use std::env;
use std::io::Write;

/// Whether `program` can be run; if not, that is said, or fails the test where all are wanted.
#[track_caller]
pub fn is_here(program: &str, package: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|folder| folder.join(program).is_file());
    found || is_left_out(&format!("{program} is not installed: it is in Debian's package {package}"))
}

/// Whether all of these can be run, each with its package; each that cannot is told of.
#[track_caller]
pub fn are_here(programs: &[(&str, &str)]) -> bool {
    let here = programs.iter().filter(|(program, package)| is_here(program, package)).count();
    here == programs.len()
}

/// Says that something is missing, or fails the test where all are wanted.
#[track_caller]
pub fn is_left_out(missing: &str) -> bool {
    let wanted = ["CI", "COLDWAVE_TEST_PROGRAMS"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|it| !it.is_empty()));
    assert!(!wanted, "{missing}; tests/run installs it");
    // Not a macro: what those print is shown of failed tests alone.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {missing}; tests/run installs it");
    false
}
