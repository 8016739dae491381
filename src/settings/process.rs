//! The settings of the process.

use std::path::PathBuf;

/// The settings of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessSettings {
    /// The file with the number of the process.
    pub pid_file: Option<PathBuf>,
    /// The user that the process becomes when it has opened its ports.
    pub user: Option<String>,
    /// The group, if it is not that of the user.
    pub group: Option<String>,
}
