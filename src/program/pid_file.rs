//! The file with the number of the process, for scripts that send it signals.

use std::path::Path;

use log::warn;
use rustix::process::{Pid, test_kill_process};

use crate::open_file;

/// The longest content that is looked at.
const CONTENT_MAX: u64 = 32;

/// Writes the number of this process into a file. Without it, coldwave runs nevertheless: then the log says
/// why.
pub fn write(path: &Path) {
    if let Some(other) = other_process(path) {
        warn!(
            "the pid file {} had the number of process {other}, which still runs: scripts stop only the last \
             one that was started",
            path.display()
        );
    }
    let content = format!("{}\n", std::process::id());
    if let Err(error) = open_file::replace_readable(path, content.as_bytes()) {
        warn!("cannot write the pid file {}: {error}", path.display());
    }
}

/// Removes the file, unless it has the number of another process. A user that may not write to its directory
/// leaves it behind.
pub fn remove(path: &Path) {
    if number(path) == i32::try_from(std::process::id()).ok() {
        // Nothing depends on it.
        let _ = open_file::remove(path);
    }
}

/// Returns the number in a regular file.
fn number(path: &Path) -> Option<i32> {
    let content = open_file::read_state(path, CONTENT_MAX).ok()?;
    std::str::from_utf8(&content).ok()?.trim_ascii().parse().ok()
}

/// Returns the number of another process that the file names and that runs.
fn other_process(path: &Path) -> Option<i32> {
    let number = number(path).filter(|number| *number > 0)?;
    let process = Pid::from_raw(number).filter(|process| *process != rustix::process::getpid())?;
    let tested = test_kill_process(process);
    // A process of another user may not be asked.
    (tested.is_ok() || tested == Err(rustix::io::Errno::PERM)).then_some(number)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::process::parent_id;

    use super::*;

    #[test]
    fn only_a_regular_file_is_replaced_and_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [target, link] = ["target", "link.pid"].map(|name| folder.path().join(name));
        fs::write(&target, format!("{}\n", std::process::id())).expect("a file");
        symlink(&target, &link).expect("a link");
        write(&link);
        remove(&link);
        assert!(link.is_symlink() && target.exists());
        let own = folder.path().join("own.pid");
        write(&own);
        assert_eq!(number(&own), i32::try_from(std::process::id()).ok());
        remove(&own);
        assert!(!own.exists());
    }

    #[test]
    fn number_of_another_process_that_runs_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("coldwave.pid");
        let parent = i32::try_from(parent_id()).expect("a number");
        for (content, expected) in [
            (format!("{parent}\n"), Some(parent)),
            (format!("{}\n", std::process::id()), None),
            ("0\n".to_owned(), None),
            ("-1\n".to_owned(), None),
            ("none".to_owned(), None),
            (format!("{}\n", i32::MAX), None),
        ] {
            fs::write(&path, &content).expect("a file");
            assert_eq!(other_process(&path), expected, "{content}");
        }
    }
}
