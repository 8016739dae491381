//! The directories in which public stations are announced.

use std::time::Duration;

/// The directories in which public stations are announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorySettings {
    /// Their URLs. Never empty.
    pub urls: Vec<String>,
    /// The interval between two messages about a station to a directory that requests none.
    pub touch_interval: Duration,
    /// How long a directory may take to respond.
    pub timeout: Duration,
}

impl DirectorySettings {
    /// The default of [`touch_interval`](Self::touch_interval); dir.xiph.org expects this one.
    pub const TOUCH_INTERVAL: Duration = Duration::from_secs(200);

    /// The default of [`timeout`](Self::timeout). It is the same as Icecast's `yp-url-timeout`.
    pub const TIMEOUT: Duration = Duration::from_secs(15);
}
