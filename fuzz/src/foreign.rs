//! Configurations of other servers.

use coldwave::config::fuzzing::load_foreign;
use coldwave::foreign_config::ForeignFormat;

/// The first byte of the input chooses the format; the rest is the file. The translation of a file without
/// errors is a valid configuration, or has errors with lines of the file.
pub fn check(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    let format = if first % 2 == 0 { ForeignFormat::Icecast } else { ForeignFormat::Shoutcast };
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    match load_foreign(format, bytes) {
        Ok(loaded) => {
            loaded.findings.iter().for_each(|finding| check_line(&finding.to_string(), lines));
            loaded.warnings.iter().for_each(|warning| check_line(warning, lines));
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a rejected file has at least one error");
            mistakes.iter().for_each(|mistake| check_line(mistake, lines));
        }
    }
}

/// Checks the form of a message, `other:12: …`, and that the file has that line. What follows from a default
/// of the other server has no line.
fn check_line(line: &str, lines: usize) {
    assert!(!line.contains(char::is_control), "{line:?}");
    let rest = line.strip_prefix("other:").expect(line);
    if let Some((number, message)) = rest.split_once(": ")
        && let Ok(number) = number.parse::<usize>()
    {
        assert!((1..=lines).contains(&number), "{line} of {lines}");
        assert!(!message.is_empty());
    }
}
