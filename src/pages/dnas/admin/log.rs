//! `viewlog`: the last lines of the log.

use super::page::page;
use crate::http::request::form;
use crate::log_tail::TailLine;
use crate::pages::api::rfc3339;
use crate::pages::dnas::played::escape_html;
use crate::pages::{AdminSnapshot, RenderedPage, printable};
use crate::time::{Time, WallClock};

/// The format of the log page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// HTML.
    Page,
    /// Plain text, for `viewlog=save`.
    Text,
}

impl LogFormat {
    /// Parses the parameter `viewlog`.
    pub fn from_form(form: &form::FormData) -> Self {
        if form.text("viewlog").as_deref() == Some("save") { Self::Text } else { Self::Page }
    }

    /// Renders the page.
    pub fn render(self, snapshot: &AdminSnapshot) -> RenderedPage {
        let lines: String = snapshot.log.lines.iter().map(|line| format_line(line)).collect();
        match self {
            Self::Text => RenderedPage::ok("text/plain; charset=utf-8", lines),
            Self::Page => {
                let lines: String = lines.lines().map(|line| escape_html(line) + "\n").collect();
                page("Log", &format!("<pre>{lines}</pre>"))
            }
        }
    }
}

fn format_line(line: &TailLine) -> String {
    let at = rfc3339(WallClock::started_at(line.at), Time::START);
    format!("{at} {} {} {}\n", line.level, line.target, printable(&line.text))
}
