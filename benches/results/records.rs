//! The records as the load program keeps them: a line of JSON for each turn.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::record::Record;

/// All records of a file, in their order.
pub fn read(path: &Path) -> Result<Vec<Record>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|failure| format!("{}: {failure}", path.display()).into())
}

/// A line that is no record is not left out: the results would say too little, and nobody would know.
pub fn parse(text: &str) -> Result<Vec<Record>, Failure> {
    let records = text.lines().enumerate().map(|(at, line)| {
        serde_json::from_str(line).map_err(|error| format!("line {} is no record: {error}", at + 1).into())
    });
    records.collect()
}
