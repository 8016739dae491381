//! Replies to requests for a reload of the configuration (protocol-notes/reload.md, "Answers").

use askama::Template;
use serde::Serialize;

use super::format::AdminFormat;
use super::reply::{HTML, XML, allowed_in_xml};
use crate::http::response::reply::{Status, private};
use crate::reload_report::{ReloadReport, ReloadResult};

/// The first line of a reply while the reload goes on.
const RUNNING: &str = "Configuration reload still running, see the log for the result";

/// A report in coldwave's own API.
#[derive(Debug, Serialize)]
struct JsonReport<'a> {
    result: &'static str,
    changes: &'a [String],
    errors: &'a [String],
    warnings: &'a [String],
}

/// A report in text, for XML and HTML.
struct TextReport {
    status: Status,
    title: &'static str,
    summary: String,
    /// Changes or errors, and then warnings.
    lines: Vec<String>,
    is_success: bool,
}

/// Returns the reply with the report of a reload: 200 if the configuration was read without errors, otherwise
/// 422.
pub fn reply(report: &ReloadReport, format: AdminFormat) -> Vec<u8> {
    if format == AdminFormat::Api {
        let json = JsonReport {
            result: report.result().as_str(),
            changes: report.changes(),
            errors: report.errors(),
            warnings: &report.warnings,
        };
        return json.reply(status(report.result()));
    }
    TextReport::new(report).reply(format)
}

/// Returns the reply to a client that has waited for too long: 202, because the reload goes on.
pub fn running(format: AdminFormat) -> Vec<u8> {
    if format == AdminFormat::Api {
        let json = JsonReport { result: "running", changes: &[], errors: &[], warnings: &[] };
        return json.reply(Status::Accepted);
    }
    let (status, title, lines) = (Status::Accepted, "Admin request accepted", Vec::new());
    TextReport { status, title, summary: RUNNING.to_owned(), lines, is_success: true }.reply(format)
}

fn status(result: ReloadResult) -> Status {
    match result {
        ReloadResult::Applied | ReloadResult::Unchanged => Status::Ok,
        ReloadResult::Refused => Status::UnprocessableContent,
    }
}

impl JsonReport<'_> {
    fn reply(&self, status: Status) -> Vec<u8> {
        let body = serde_json::to_vec(self).expect("a report is valid JSON");
        private(status, "application/json", &body, &[])
    }
}

impl TextReport {
    fn new(report: &ReloadReport) -> Self {
        let result = report.result();
        let is_success = result != ReloadResult::Refused;
        let summary = match result {
            ReloadResult::Applied => format!("Configuration reloaded, changes: {}", report.changes().len()),
            ReloadResult::Unchanged => "Configuration reloaded, nothing has changed".to_owned(),
            ReloadResult::Refused => {
                format!("Configuration refused, nothing has changed, errors: {}", report.errors().len())
            }
        };
        let lines = report.changes().iter().chain(report.errors()).cloned();
        let warnings = report.warnings.iter().map(|warning| format!("warning: {warning}"));
        Self {
            status: status(result),
            title: if is_success { "Admin request successful" } else { "Admin request failed" },
            summary,
            lines: lines.chain(warnings).collect(),
            is_success,
        }
    }

    fn reply(self, format: AdminFormat) -> Vec<u8> {
        let Self { status, title, summary, lines, is_success } = self;
        let (content_type, body) = match format {
            AdminFormat::Icecast => {
                let return_code = u8::from(is_success);
                (XML, XmlReport { summary: &summary, lines, return_code }.render())
            }
            _ => (HTML, HtmlReport { title, summary: &summary, lines }.render()),
        };
        let body = body.expect("writing to a String does not fail, and no filter of the template does");
        private(status, content_type, allowed_in_xml(&body).as_bytes(), &[])
    }
}

#[derive(Template)]
#[template(path = "reload.xml")]
struct XmlReport<'a> {
    summary: &'a str,
    lines: Vec<String>,
    return_code: u8,
}

#[derive(Template)]
#[template(path = "reload.html")]
struct HtmlReport<'a> {
    title: &'a str,
    summary: &'a str,
    lines: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;

    fn report(outcome: Result<&[&str], &[&str]>) -> ReloadReport {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        ReloadReport {
            requested_by: "admin at 127.0.0.1".into(),
            outcome: outcome.map(owned).map_err(owned),
            warnings: vec!["radio.toml: all users of this machine can read its passwords".into()],
        }
    }

    #[test]
    fn reports_match_the_recordings_in_every_dialect() {
        let applied = report(Ok(&["/live: burst_s: 5 -> 10", "/live: dj \"<anna>\": removed"]));
        let unchanged = ReloadReport { warnings: Vec::new(), ..report(Ok(&[])) };
        let refused = ReloadReport {
            warnings: Vec::new(),
            ..report(Err(&["radio.toml:3: [[station]] mont: unknown key, did you mean \"mount\"?"]))
        };
        for (name, report) in [("applied", applied), ("unchanged", unchanged), ("refused", refused)] {
            golden::check(&format!("reload-{name}"), &reply(&report, AdminFormat::Icecast));
            golden::check(&format!("reload-{name}-dnas"), &reply(&report, AdminFormat::Dnas));
            golden::check(&format!("reload-{name}-api"), &reply(&report, AdminFormat::Api));
            assert_eq!(reply(&report, AdminFormat::IcecastHtml), reply(&report, AdminFormat::Dnas));
        }
        golden::check("reload-running", &running(AdminFormat::Icecast));
        golden::check("reload-running-dnas", &running(AdminFormat::Dnas));
        golden::check("reload-running-api", &running(AdminFormat::Api));
    }

    #[test]
    fn status_tells_a_script_whether_the_configuration_applies() {
        for (outcome, expected) in
            [(Ok(&["a"][..]), "200 OK"), (Ok(&[]), "200 OK"), (Err(&["b"][..]), "422 Unprocessable Content")]
        {
            for format in
                [AdminFormat::Dnas, AdminFormat::Icecast, AdminFormat::IcecastHtml, AdminFormat::Api]
            {
                let bytes = String::from_utf8(reply(&report(outcome), format)).unwrap();
                assert!(bytes.split("\r\n").next().unwrap().ends_with(expected), "{bytes}");
            }
        }
    }
}
