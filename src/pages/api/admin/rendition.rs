//! The JSON of the encoding of a rendition.

use serde::Serialize;

use super::conversion::seconds;
use crate::pages::printable;
use crate::station::{RenditionState, RenditionStatus};

/// The encoding of a rendition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenditionStatusJson {
    /// `encoding`, `gap` or `unsupported`.
    pub state: &'static str,
    /// Why it is not encoded.
    pub reason: Option<String>,
    /// How far its live edge is behind that of its station, in seconds, rounded to milliseconds.
    pub delay_s: f64,
    /// How often silence was played because the encoder had nothing in time.
    pub gaps: u64,
    /// How much silence that was, in seconds, rounded to milliseconds.
    pub gap_s: f64,
    /// How often its encoder was started again after an error.
    pub restarts: u64,
    /// Processor time of resampling and encoding it, in seconds, rounded to milliseconds.
    pub cpu_s: f64,
    /// All of this in one line, to be shown.
    pub summary: String,
}

impl RenditionStatusJson {
    /// Creates the JSON of the encoding of a rendition.
    pub fn new(status: &RenditionStatus) -> Self {
        let reason = match &status.state {
            RenditionState::Encoding => None,
            RenditionState::Gap(reason) | RenditionState::Unsupported(reason) => Some(printable(reason)),
        };
        Self {
            state: status.state.as_str(),
            delay_s: seconds(status.delay),
            gaps: status.gaps,
            gap_s: seconds(status.gap_length),
            restarts: status.restarts,
            cpu_s: seconds(status.cpu),
            summary: summary(status, reason.as_deref()),
            reason,
        }
    }
}

/// Returns what an administrator has to know, in one line.
fn summary(status: &RenditionStatus, reason: Option<&str>) -> String {
    let RenditionStatus { gaps, gap_length, restarts, .. } = status;
    let why = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    let gaps = match gaps {
        0 => "no gaps".to_owned(),
        1 => format!("1 gap of {:.1} s", gap_length.as_secs_f64()),
        _ => format!("{gaps} gaps of {:.1} s in all", gap_length.as_secs_f64()),
    };
    format!(
        "{}{why}, {} ms behind, {gaps}, {restarts} {}, {:.1} s CPU",
        status.state.as_str(),
        status.delay.as_millis(),
        if *restarts == 1 { "restart" } else { "restarts" },
        status.cpu.as_secs_f64()
    )
}
