//! The master that is followed.

use crate::http::proxy::relay_path::RelayPath;
use crate::master_list::MasterLists;
use crate::settings::MasterSettings;
use crate::time::Time;

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
    /// When the last list was followed.
    pub listed_at: Option<Time>,
    /// Why the latest list was not followed; `None` if it was.
    pub last_error: Option<String>,
    /// The line about that in the log.
    pub reported_failure: Option<String>,
    /// How many mounts of the last list are not relayed, which has been logged.
    pub left_out: usize,
}
