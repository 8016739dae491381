//! Icecast's public XHTML pages. Scripts parse them by their texts and class names.

use askama::Template;

use super::source::{IcecastSource, sources};
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::SERVER;
use crate::pages::{Snapshot, host_of};

/// `/status.xsl`.
#[derive(Template)]
#[template(path = "icecast/status.xml")]
pub struct StatusPage<'a> {
    sources: Vec<IcecastSource<'a>>,
}

impl<'a> StatusPage<'a> {
    /// Creates the page with all sources, or with the one that `station_ref` refers to.
    pub fn new(snapshot: &'a Snapshot, station_ref: &StationRef, base: &str) -> Self {
        Self { sources: sources(snapshot, station_ref, base) }
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
    /// Creates the page for a client that reached the server at `base`.
    pub fn new(base: &'a str) -> Self {
        Self { host: host_of(base), version: SERVER }
    }
}
