//! The pages of SHOUTcast's own server that anybody may see (protocol-notes/pages.md).

mod operator;
mod seven;

pub use operator::OperatorPage;

use super::{Facts, Shown};
use crate::http::form::Form;
use crate::http::which::Which;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Page {
    /// `/7.html`: seven numbers and words.
    Seven(Which),
    /// `/currentsong`: the title alone.
    CurrentSong(Which),
}

impl Page {
    /// The page at `path`, if there is one.
    pub fn of(path: &str, form: &Form) -> Option<Self> {
        Some(match path {
            "/7" | "/7.html" => Self::Seven(form.station()),
            "/currentsong" => Self::CurrentSong(form.station()),
            _ => return None,
        })
    }

    /// The page as of `facts`; that there is no such station, where there is not.
    pub fn render(&self, facts: &Facts) -> Shown {
        match self {
            Self::Seven(which) => match facts.find(which) {
                Some(station) => Shown::ok("text/html", seven::render(facts, station)),
                None => Shown::not_found(),
            },
            Self::CurrentSong(which) => match facts.find(which) {
                Some(station) => Shown::ok("text/plain; charset=utf-8", super::plain(&station.title.text)),
                None => Shown::not_found(),
            },
        }
    }
}
