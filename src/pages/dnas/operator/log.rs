//! `viewlog`: the last lines of the log.

use super::page::page;
use crate::http::request::form;
use crate::log_tail::LogLine;
use crate::pages::api::rfc3339;
use crate::pages::dnas::played::html;
use crate::pages::{AdminSnapshot, Shown, plain};
use crate::time::{Time, WallClock};

/// What it is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A page for people.
    Page,
    /// With `viewlog=save`, text.
    Text,
}

impl Form {
    /// What `viewlog` says.
    pub fn of(form: &form::FormData) -> Self {
        if form.text("viewlog").as_deref() == Some("save") { Self::Text } else { Self::Page }
    }

    /// The page.
    pub fn show(self, snapshot: &AdminSnapshot) -> Shown {
        let lines: String = snapshot.log.0.iter().map(|line| shown(line)).collect();
        match self {
            Self::Text => Shown::ok("text/plain; charset=utf-8", lines),
            Self::Page => {
                let lines: String = lines.lines().map(|line| html(line) + "\n").collect();
                page("Log", &format!("<pre>{lines}</pre>"))
            }
        }
    }
}

fn shown(line: &LogLine) -> String {
    let at = rfc3339(WallClock::started_at(line.at), Time::START);
    format!("{at} {} {} {}\n", line.level, line.target, plain(&line.text))
}
