//! The master whose mounts are relayed.

use std::time::Duration;

use crate::stream_url::StreamUrl;

/// The server whose list of mounts is followed: each of them is relayed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterSettings {
    /// Its address, with the login for its list and its streams. The path is `/`.
    pub url: StreamUrl,
    /// How often the list is read.
    pub interval: Duration,
    /// Whether the streams are fetched only while there are listeners.
    pub on_demand: bool,
    /// The most mounts that are relayed.
    pub max: usize,
}

impl MasterSettings {
    /// The default of the user, as in Icecast.
    pub const USER: &str = "relay";

    /// The default of [`interval`](Self::interval), as in Icecast.
    pub const INTERVAL: Duration = Duration::from_secs(120);

    /// The default of [`max`](Self::max).
    pub const MAX: usize = 100;
}
