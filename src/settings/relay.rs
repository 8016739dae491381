//! The stream that a station relays.

use std::iter;

use crate::stream_url::StreamUrl;

/// The stream of another server that a station relays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySettings {
    /// The URL of the stream.
    pub url: StreamUrl,
    /// URLs of the same stream elsewhere, in order of priority: each is tried when those before it fail.
    pub alternatives: Vec<StreamUrl>,
    /// Whether it is only fetched while the station has listeners.
    pub on_demand: bool,
}

impl RelaySettings {
    /// Returns the settings of a relay with one URL.
    pub fn new(url: StreamUrl, on_demand: bool) -> Self {
        Self { url, alternatives: Vec::new(), on_demand }
    }

    /// Returns all URLs in order of priority.
    pub fn urls(&self) -> impl Iterator<Item = &StreamUrl> {
        iter::once(&self.url).chain(&self.alternatives)
    }
}
