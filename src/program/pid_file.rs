//! The file with the number of the process, for scripts that send it signals.

use std::path::Path;

use log::warn;

use crate::open_file;

/// The longest content that is looked at.
const CONTENT_MAX: usize = 32;

/// Writes the number of this process into a file. Without it, coldwave runs nevertheless: then the log says
/// why.
pub fn write(path: &Path) {
    let content = format!("{}\n", std::process::id());
    if let Err(error) = open_file::replace_readable(path, content.as_bytes()) {
        warn!("cannot write the pid file {}: {error}", path.display());
    }
}

/// Removes the file, unless it has the number of another process. A user that may not write to its directory
/// leaves it behind.
pub fn remove(path: &Path) {
    let content = open_file::read_regular(path, CONTENT_MAX).unwrap_or_default();
    if content == format!("{}\n", std::process::id()).as_bytes() {
        // Nothing depends on it.
        let _ = open_file::remove(path);
    }
}
