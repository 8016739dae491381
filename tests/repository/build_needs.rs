//! A machine without make or a C compiler gets one sentence that says what to install, not the output of
//! LAME's configure script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use regex::Regex;

use super::{ROOT, read};

/// Reads the site file as a configure script does, on a machine that has only these programs, with these
/// environment variables.
fn configure(programs: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for program in programs {
        let path = folder.path().join(program);
        fs::write(&path, "#!/bin/sh\n").expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an executable program");
    }
    let mut shell = Command::new("/bin/sh");
    shell.args([
        "-c",
        r#"prefix=/usr; . "$CONFIG_SITE" && echo configured for "$prefix" "$1""#,
        "sh",
        "first",
    ]);
    shell
        .env_clear()
        .env("PATH", folder.path())
        .env("CONFIG_SITE", site_file())
        .envs(variables.iter().copied());
    shell.output().expect("a shell")
}

/// Returns the site file that cargo passes to LAME's configure script.
fn site_file() -> String {
    let pattern = r#"(?m)^CONFIG_SITE = \{ value = "(.+)", relative = true \}$"#;
    let settings = read(".cargo/config.toml");
    let found = Regex::new(pattern).expect("a pattern").captures(&settings).expect("CONFIG_SITE");
    Path::new(ROOT).join(&found[1]).display().to_string()
}

/// Fails unless the script stops with one line that names `missing` and both ways out.
fn assert_stopped(output: &Output, missing: &str) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for part in [&format!("`{missing}` is missing"), "apt install build-essential", "--no-default-features"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// Fails unless the script goes on, with its variables and arguments unchanged and without a message.
fn assert_configured(output: &Output) {
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "configured for /usr first\n");
}

#[test]
fn build_of_lame_without_make_or_compiler_says_what_to_install() {
    assert_stopped(&configure(&["cc"], &[]), "make");
    assert_stopped(&configure(&["make"], &[]), "cc");
    assert_configured(&configure(&["make", "cc"], &[]));
}

#[test]
fn build_of_lame_uses_the_make_and_compiler_of_the_environment() {
    let cross = [("CC", "aarch64-linux-gnu-gcc"), ("MAKE", "gmake")];
    assert_stopped(&configure(&["make", "cc", "gmake"], &cross), "aarch64-linux-gnu-gcc");
    assert_stopped(&configure(&["make", "cc", "aarch64-linux-gnu-gcc"], &cross), "gmake");
    assert_configured(&configure(&["gmake", "aarch64-linux-gnu-gcc"], &cross));
}
