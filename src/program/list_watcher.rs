//! The thread that watches the files of lists, reads them when they change, and logs what becomes of them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

use crate::access_lists::{self, AccessList, ReadList};
use crate::file_version::FileStamp;
use crate::log_limiter::RECOVERY;
use crate::settings::ListKind;
use crate::worker::{
    Inbox, InboxEvent, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel,
};

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often they are looked at while they change.
const UNSETTLED_INTERVAL: Duration = Duration::from_secs(1);

/// The most results that wait.
const RESULTS_MAX: usize = 4;

/// The lists to watch, and their number among all of them.
pub struct WatchedLists {
    /// It is in each result, because those of earlier lists are obsolete.
    pub generation: u64,
    /// The lists in use.
    pub lists: Vec<ListToWatch>,
}

/// A list in use.
pub struct ListToWatch {
    /// What it is for.
    pub kind: ListKind,
    /// Its file.
    pub path: PathBuf,
    /// The stamp of the file when it was read; `None` if it could not be read, which was reported.
    pub stamp: Option<FileStamp>,
}

/// A list that has changed.
pub struct ListResult {
    /// That of the lists.
    pub generation: u64,
    /// The position among the lists.
    pub at: usize,
    /// The list to use.
    pub list: Arc<AccessList>,
    /// The stamp of the file.
    pub stamp: FileStamp,
}

/// Starts the thread. `waker` wakes the event loop when there is a result.
///
/// # Errors
/// If the system cannot start a thread.
pub fn start(waker: LoopWaker) -> io::Result<(Worker<WatchedLists>, Results<ListResult>)> {
    let (outbox, results) = result_channel(RESULTS_MAX, waker);
    let builder = WorkerBuilder::new("lists").queue(1, WhenFull::KeepNewest);
    let worker = builder.spawn(move |jobs| ListWatcher::default().work(&jobs, &outbox))?;
    Ok((worker, results))
}

/// Describes a list that is in force from now on.
pub fn describe(kind: ListKind, list: &AccessList, path: &Path) -> String {
    let entries = match list.len() {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    format!("{}: {entries} in force, from {}", kind.key(), path.display())
}

/// The state of the thread.
#[derive(Default)]
struct ListWatcher {
    generation: u64,
    lists: Vec<WatchedList>,
}

struct WatchedList {
    kind: ListKind,
    path: PathBuf,
    /// The stamp at the last look.
    seen: Option<FileStamp>,
    /// The stamp with which the file was read last, whatever was in it.
    read: Option<FileStamp>,
    /// Whether it was reported that the file cannot be read.
    is_unreadable: bool,
}

impl ListWatcher {
    fn work(&mut self, jobs: &Inbox<WatchedLists>, outbox: &Outbox<ListResult>) {
        loop {
            let event = match self.interval() {
                None => jobs.next(),
                Some(interval) => jobs.next_within(interval),
            };
            match event {
                InboxEvent::Job(lists) => self.watch(lists),
                InboxEvent::Timeout => {
                    if !self.look().into_iter().all(|result| outbox.send(result)) {
                        return;
                    }
                }
                InboxEvent::Flush => {}
                InboxEvent::Closed => return,
            }
        }
    }

    fn watch(&mut self, watched: WatchedLists) {
        let list = |ListToWatch { kind, path, stamp }| {
            let is_unreadable = stamp.is_none();
            WatchedList { kind, path, seen: stamp, read: stamp, is_unreadable }
        };
        self.generation = watched.generation;
        self.lists = watched.lists.into_iter().map(list).collect();
    }

    /// Returns how long to wait for the next look; `None` if there is nothing to look at.
    fn interval(&self) -> Option<Duration> {
        let is_unsettled = self.lists.iter().any(|list| list.seen != list.read);
        let interval = if is_unsettled { UNSETTLED_INTERVAL } else { LOOK_INTERVAL };
        (!self.lists.is_empty()).then_some(interval)
    }

    /// Looks at all files once.
    fn look(&mut self) -> Vec<ListResult> {
        let generation = self.generation;
        let found = self.lists.iter_mut().enumerate().filter_map(|(at, watched)| {
            let (stamp, ReadList { list, .. }) = watched.look()?;
            Some(ListResult { generation, at, list, stamp })
        });
        found.collect()
    }
}

impl WatchedList {
    /// Looks at the file. It is read if it has changed since the last time, but not since the last look, so
    /// that it is whole.
    fn look(&mut self) -> Option<(FileStamp, ReadList)> {
        let stamp = FileStamp::read(&self.path);
        let is_same = std::mem::replace(&mut self.seen, stamp) == stamp;
        if !is_same || self.read == stamp {
            return None;
        }
        self.read = stamp;
        match access_lists::read(self.kind, &self.path) {
            Ok(read) => {
                self.log_read(&read);
                Some((stamp?, read))
            }
            Err(reason) => {
                self.note_unreadable(&reason);
                None
            }
        }
    }

    fn log_read(&mut self, read: &ReadList) {
        let line = describe(self.kind, &read.list, &self.path);
        match std::mem::take(&mut self.is_unreadable) {
            true => info!(target: RECOVERY, "{line}: the file can be read"),
            false => info!("{line}: the file has changed"),
        }
        for remark in &read.remarks {
            warn!("{}: {}: {remark}", self.kind.key(), self.path.display());
        }
    }

    fn note_unreadable(&mut self, reason: &str) {
        if !std::mem::replace(&mut self.is_unreadable, true) {
            let (key, path) = (self.kind.key(), self.path.display());
            warn!("{key}: {path} {reason}: what was read from it last stays in force");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    struct Watched {
        folder: TempDir,
        watcher: ListWatcher,
    }

    impl Watched {
        /// Watches a file that has this text, or does not exist.
        fn start(text: Option<&str>) -> Self {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("bans.txt");
            text.iter().for_each(|text| fs::write(&path, text).expect("room"));
            let mut watcher = ListWatcher::default();
            let list = ListToWatch { kind: ListKind::DenyIp, stamp: FileStamp::read(&path), path };
            watcher.watch(WatchedLists { generation: 7, lists: vec![list] });
            Self { folder, watcher }
        }

        fn write(&self, text: &str) {
            // Another file, so that the stamp is another one however coarse the clock of the disk is.
            let new = self.folder.path().join("new");
            fs::write(&new, text).expect("room");
            fs::rename(new, self.folder.path().join("bans.txt")).expect("a file");
        }

        /// Looks twice and returns the number of entries that were read.
        fn look(&mut self) -> Vec<usize> {
            let results = (0..2).flat_map(|_| self.watcher.look()).collect::<Vec<_>>();
            assert!(results.iter().all(|result| (result.generation, result.at) == (7, 0)));
            results.iter().map(|result| result.list.len()).collect()
        }
    }

    #[test]
    fn changed_file_is_read_once_when_it_no_longer_changes() {
        let mut watched = Watched::start(Some("203.0.113.9\n"));
        assert_eq!((watched.watcher.interval(), watched.look()), (Some(LOOK_INTERVAL), vec![]));
        watched.write("203.0.113.9\n203.0.113.10\n");
        assert!(watched.watcher.look().is_empty(), "it may be written now");
        assert_eq!(watched.watcher.interval(), Some(UNSETTLED_INTERVAL));
        assert_eq!(watched.look(), [2]);
        assert_eq!((watched.watcher.interval(), watched.look()), (Some(LOOK_INTERVAL), vec![]));
    }

    #[test]
    fn file_that_disappears_leaves_the_list_and_is_read_when_it_comes_back() {
        let mut watched = Watched::start(Some("203.0.113.9\n"));
        fs::remove_file(watched.folder.path().join("bans.txt")).expect("a file");
        assert_eq!(watched.look(), Vec::<usize>::new());
        assert!(watched.watcher.lists[0].is_unreadable);
        watched.write("");
        assert_eq!(watched.look(), [0]);
        assert!(!watched.watcher.lists[0].is_unreadable);
        let mut later = Watched::start(None);
        assert_eq!(later.look(), Vec::<usize>::new());
        later.write("203.0.113.9\n");
        assert_eq!(later.look(), [1]);
    }

    #[test]
    fn without_lists_there_is_nothing_to_look_at() {
        assert_eq!(ListWatcher::default().interval(), None);
    }
}
