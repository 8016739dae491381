//! State files with one line of JSON for each station, across restarts. A damaged line costs only itself.

use std::io::{self, ErrorKind};
use std::path::Path;

use log::warn;
use serde::Serialize;

use crate::open_file;

/// Maximum number of lines that are kept: four times the most stations that a configuration can have, since
/// the lines of removed stations stay.
pub const LINES_MAX: usize = 4000;

/// The longest file that is read, in bytes: that many lines with the longest mounts.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Reads the file at `path`, each line of it with `parse_line`, which returns the error of an invalid line in
/// one sentence. Logs the first invalid line. A missing file has no lines.
///
/// # Errors
/// Those of the file, and that it is longer than [`FILE_BYTES_MAX`].
pub fn read<T>(path: &Path, parse_line: impl Fn(&str) -> Result<T, String>) -> io::Result<Vec<T>> {
    let text = match open_file::read_state(path, FILE_BYTES_MAX) {
        Ok(text) if text.len() as u64 > FILE_BYTES_MAX => {
            return Err(io::Error::other("the file is too long"));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        text => text?,
    };
    let (lines, invalid) = parse(&String::from_utf8_lossy(&text), parse_line);
    if let Some((number, reason)) = invalid.first() {
        let (path, count) = (path.display(), invalid.len());
        warn!("{path}:{number}: {reason} ({count} invalid lines are ignored)");
    }
    Ok(lines)
}

/// Replaces the file at `path` with `header`, a comment, and these lines.
///
/// # Errors
/// Those of the file system.
pub fn write<T: Serialize>(path: &Path, header: &str, lines: &[T]) -> io::Result<()> {
    let to_text = |line| serde_json::to_string(line).expect("texts and numbers can be written") + "\n";
    let lines: String = lines.iter().map(to_text).collect();
    open_file::replace(path, (header.to_owned() + &lines).as_bytes())
}

/// Returns the lines of `text` that are not empty and no comments, and the number and the error of each
/// invalid one.
pub fn parse<T>(
    text: &str,
    parse_line: impl Fn(&str) -> Result<T, String>,
) -> (Vec<T>, Vec<(usize, String)>) {
    let (mut lines, mut invalid) = (Vec::new(), Vec::new());
    for (at, text) in text.lines().enumerate() {
        match text.trim() {
            "" => {}
            comment if comment.starts_with('#') => {}
            text => match parse_line(text) {
                Ok(line) => lines.push(line),
                Err(reason) => invalid.push((at + 1, reason)),
            },
        }
    }
    lines.truncate(LINES_MAX);
    (lines, invalid)
}
