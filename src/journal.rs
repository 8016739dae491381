//! The journal of systemd: whether it gets what is printed to stderr, and how lines get their priority there.

use std::env;
use std::io::{self, Write};

use log::{Level, Record};

/// The variable with the device and the inode of what a service's stderr is connected to (systemd.exec(5)).
/// Programs that a service starts inherit it, whatever their own stderr is.
const JOURNAL_STREAM: &str = "JOURNAL_STREAM";

/// Returns whether stderr is connected to the journal.
pub fn is_stderr() -> bool {
    let stream = env::var(JOURNAL_STREAM).unwrap_or_default();
    rustix::fs::fstat(io::stderr())
        .is_ok_and(|stderr| stream == format!("{}:{}", stderr.st_dev, stderr.st_ino))
}

/// Writes a record for the journal, which adds the time and the name of the program itself.
///
/// # Errors
/// Returns errors of `line`.
pub fn write(line: &mut impl Write, record: &Record<'_>) -> io::Result<()> {
    let priority = priority(record.level());
    writeln!(line, "{priority}[{:<5} {}] {}", record.level(), record.target(), record.args())
}

/// Returns what makes the rest of a line a line of this level in the journal (sd-daemon(3)). The journal
/// removes it.
pub fn priority(level: Level) -> &'static str {
    match level {
        Level::Error => "<3>",
        Level::Warn => "<4>",
        Level::Info => "<6>",
        Level::Debug | Level::Trace => "<7>",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_has_its_priority_and_no_time() {
        let mut line = Vec::new();
        let text = format_args!("/live: silence is on the air");
        let record = Record::builder().level(Level::Warn).target("coldwave::station").args(text).build();
        write(&mut line, &record).expect("memory");
        assert_eq!(line, b"<4>[WARN  coldwave::station] /live: silence is on the air\n");
    }
}
