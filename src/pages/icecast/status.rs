//! Its pages for people. Their words and classes are those that scripts cut them at.

use askama::Template;

use super::source::{Source, sources};
use super::url::host_of;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::SERVER;
use crate::pages::Snapshot;

/// `/status.xsl`.
#[derive(Template)]
#[template(path = "icecast/status.xml")]
pub struct Status<'a> {
    sources: Vec<Source<'a>>,
}

impl<'a> Status<'a> {
    /// Of all sources, or of one.
    pub fn of(snapshot: &'a Snapshot, which: &StationRef, base: &str) -> Self {
        Self { sources: sources(snapshot, which, base) }
    }
}

/// `/server_version.xsl`.
#[derive(Template)]
#[template(path = "icecast/version.xml")]
pub struct Version<'a> {
    host: &'a str,
    version: &'static str,
}

impl<'a> Version<'a> {
    /// As whoever reached us at `base` sees it.
    pub fn of(base: &'a str) -> Self {
        Self { host: host_of(base), version: SERVER }
    }
}
