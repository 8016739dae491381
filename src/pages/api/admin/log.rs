//! The JSON of the last lines of the log.

use std::sync::Arc;

use serde::Serialize;

use crate::log_tail::LogLine;
use crate::pages::AdminSnapshot;
use crate::pages::api::rfc3339;
use crate::time::{Time, WallClock};

/// Lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogJson {
    /// The lines, the latest last.
    pub lines: Vec<LogLineJson>,
    /// The sequence number of the last line, for the parameter `after` of the next request.
    pub last: u64,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLineJson {
    /// The sequence number of the line.
    pub seq: u64,
    /// When it was written.
    pub at: String,
    /// `error`, `warn` or `info`.
    pub level: String,
    /// The module that wrote it.
    pub target: String,
    /// The message; control characters are escaped.
    pub text: String,
}

impl LogJson {
    /// Creates the list of the log lines of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        let (lines, last) = &snapshot.log;
        Self { lines: lines.iter().map(LogLineJson::new).collect(), last: *last }
    }
}

impl LogLineJson {
    fn new(line: &Arc<LogLine>) -> Self {
        Self {
            seq: line.number,
            at: rfc3339(WallClock::started_at(line.at), Time::START),
            level: line.level.as_str().to_ascii_lowercase(),
            target: line.target.clone(),
            text: line.text.clone(),
        }
    }
}
