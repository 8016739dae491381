//! The lines of the log about a reload.

use std::time::Duration;

use crate::reload_report::{ReloadReport, ReloadResult};

/// Logs what a reload has changed, one line a change, or why it was refused, and a summary.
pub fn log_report(report: &ReloadReport, took: Duration) {
    report.warnings.iter().for_each(|warning| log::warn!("reload: {warning}"));
    report.changes().iter().for_each(|change| log::info!("reload: {change}"));
    report.errors().iter().for_each(|error| log::error!("reload: {error}"));
    let (by, ms) = (&report.requested_by, took.as_millis());
    match report.result() {
        ReloadResult::Applied => {
            log::info!("configuration reloaded in {ms} ms, {}; requested by {by}", count(report.changes()));
        }
        ReloadResult::Unchanged => {
            log::info!("configuration reloaded in {ms} ms, nothing has changed; requested by {by}");
        }
        ReloadResult::Refused => {
            log::error!("configuration not reloaded, nothing has changed; requested by {by}");
        }
    }
}

fn count(changes: &[String]) -> String {
    match changes.len() {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    }
}
