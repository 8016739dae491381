//! Its pages for people. Their words and classes are those that scripts cut them at.

use askama::Template;

use super::source::{IcecastSource, sources};
use super::url::host_of;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::SERVER;
use crate::pages::Snapshot;

/// `/status.xsl`.
#[derive(Template)]
#[template(path = "icecast/status.xml")]
pub struct StatusPage<'a> {
    sources: Vec<IcecastSource<'a>>,
}

impl<'a> StatusPage<'a> {
    /// Of all sources, or of one.
    pub fn new(snapshot: &'a Snapshot, which: &StationRef, base: &str) -> Self {
        Self { sources: sources(snapshot, which, base) }
    }
}

/// `/server_version.xsl`.
#[derive(Template)]
#[template(path = "icecast/version.xml")]
pub struct VersionPage<'a> {
    host: &'a str,
    version: &'static str,
}

impl<'a> VersionPage<'a> {
    /// As whoever reached us at `base` sees it.
    pub fn new(base: &'a str) -> Self {
        Self { host: host_of(base), version: SERVER }
    }
}
