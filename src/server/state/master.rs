//! The master that is followed.

use crate::http::proxy::relay_path::RelayPath;
use crate::master_list::MasterLists;
use crate::settings::MasterSettings;

/// What the server knows of its master.
#[derive(Default)]
pub struct Master {
    /// The settings; `None` without a master.
    pub settings: Option<MasterSettings>,
    /// The lists that it sends.
    pub lists: Option<Box<dyn MasterLists>>,
    /// The servers from which the mounts come, in the last list that is followed.
    pub path: RelayPath,
    /// Whether a list is followed.
    pub has_list: bool,
    /// Why the last list was not followed, if it has been logged.
    pub reported_failure: Option<String>,
    /// How many mounts of the last list are not relayed, if it has been logged.
    pub reported_left_out: usize,
}
