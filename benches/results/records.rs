//! Reads the records that the load program appends: a line of JSON for each trial.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::record::Record;

/// Returns all records of a file, in their order.
pub fn read(path: &Path) -> Result<Vec<Record>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|failure| format!("{}: {failure}", path.display()).into())
}

/// Parses the records. A line that is not a record is an error: if it were skipped, the results would be
/// incomplete without notice.
pub fn parse(text: &str) -> Result<Vec<Record>, Failure> {
    let records = text.lines().enumerate().map(|(at, line)| {
        serde_json::from_str(line).map_err(|error| format!("line {} is not a record: {error}", at + 1).into())
    });
    records.collect()
}
