//! What a station requests of the reader of its music.

use crate::settings::StationIdentity;

/// Requests that the reader has not served yet.
#[derive(Debug, Default)]
pub struct ReaderRequests {
    /// Look at the music again.
    pub rescan: bool,
    /// End the named pipe that is being read: other music follows.
    pub end_pipe: bool,
    /// The station has another identity.
    pub identity: Option<StationIdentity>,
}

impl ReaderRequests {
    /// Returns whether there are any.
    pub fn are_pending(&self) -> bool {
        self.rescan || self.end_pipe || self.identity.is_some()
    }
}
