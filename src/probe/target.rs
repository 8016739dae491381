//! A stream to examine.

use super::finding::Findings;
use super::options::ProbeOptions;
use super::report::Hop;
use crate::stream_url::StreamUrl;
use crate::time::Time;

/// A stream to examine, and what was found out on the way to its URL.
#[derive(Debug)]
pub struct ProbeTarget {
    /// Its URL, which may also be that of a playlist.
    pub(super) url: StreamUrl,
    /// When the probe has started: the time limit begins there.
    pub(super) started: Time,
    /// The redirects and playlists that have led to the URL.
    pub(super) via: Vec<Hop>,
    pub(super) findings: Findings,
}

impl ProbeTarget {
    /// Returns the stream at `url`, which the user has given. The time limit begins at `started`.
    pub fn new(url: StreamUrl, started: Time, options: &ProbeOptions) -> Self {
        Self { url, started, via: Vec::new(), findings: Findings::new(&options.ignored) }
    }

    /// Returns the URL.
    pub fn url(&self) -> &StreamUrl {
        &self.url
    }
}
