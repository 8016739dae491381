//! What is special about a station that exists only while it has a source.

use crate::settings::Account;

/// The state of an unlisted station.
#[derive(Debug, Default)]
pub struct UnlistedState {
    /// Whether its source has sent a frame. Before that, only sources find it, and it has no id.
    pub has_begun: bool,
    /// How many sources are logged in, live or not.
    pub sources: usize,
    /// The account with which the live source has logged in, if the configured one has changed since.
    pub former_account: Option<Account>,
}
