//! The lists of addresses and programs of a run: those in use, and what a reload or a change of their files
//! makes of them.

use std::path::PathBuf;
use std::sync::Arc;

use super::list_watcher::{self, ListResult, ListToWatch, WatchedLists};
use crate::access_lists::{AccessList, AccessLists, LoadedLists, ReadList};
use crate::file_version::FileStamp;
use crate::net::EventLoop;
use crate::server::Server;
use crate::settings::{ListFiles, ListKind};
use crate::time::Time;
use crate::worker::{Results, Worker};

/// The lists in use, and the thread that watches their files.
pub struct ListsInUse {
    lists: Vec<ListInUse>,
    generation: u64,
    worker: Worker<WatchedLists>,
    results: Results<ListResult>,
}

/// A list in use.
struct ListInUse {
    kind: ListKind,
    path: PathBuf,
    list: Arc<AccessList>,
    /// The stamp of the file when it was read; `None` if it never was, or could not be read last.
    stamp: Option<FileStamp>,
}

impl ListsInUse {
    /// Starts the thread. There are no lists yet: they come like those of a reload.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(net: &EventLoop) -> Result<Self, String> {
        let started = list_watcher::start(net.loop_waker());
        let (worker, results) = started.map_err(|error| format!("cannot watch lists: {error}"))?;
        Ok(Self { lists: Vec::new(), generation: 0, worker, results })
    }

    /// Uses the lists of a configuration, for which `loaded` has what is in the files. A file that cannot be
    /// read keeps what was read from it before; the configuration has warned. Returns one line for each list
    /// that is another one than before.
    pub fn apply(
        &mut self,
        files: &ListFiles,
        mut loaded: LoadedLists,
        server: &mut Server,
        now: Time,
    ) -> Vec<String> {
        let before = std::mem::take(&mut self.lists);
        let (mut changes, had_lists) = (Vec::new(), !before.is_empty());
        let mut before: Vec<Option<ListInUse>> = before.into_iter().map(Some).collect();
        let mut is_same = files.len() == before.len();
        for (&kind, path) in files {
            let known = before
                .iter_mut()
                .find(|it| it.as_ref().is_some_and(|it| it.kind == kind && it.path == *path));
            let known = known.and_then(Option::take);
            let (list, change) = choose(kind, path.clone(), loaded.remove(&kind), known);
            is_same &= change.is_none();
            changes.extend(change);
            self.lists.push(list);
        }
        self.generation += 1;
        let lists =
            self.lists.iter().map(|it| ListToWatch { kind: it.kind, path: it.path.clone(), stamp: it.stamp });
        // If the thread has ended, it has logged the reason.
        let _ = self.worker.send(WatchedLists { generation: self.generation, lists: lists.collect() });
        if !is_same || had_lists == self.lists.is_empty() {
            self.publish(server, now);
        }
        changes
    }

    /// Uses what the thread has found in changed files.
    pub fn poll(&mut self, server: &mut Server, now: Time) {
        let mut has_changed = false;
        while let Some(ListResult { generation, at, list, stamp }) = self.results.poll() {
            if let Some(in_use) = self.lists.get_mut(at).filter(|_| generation == self.generation) {
                has_changed = true;
                (in_use.list, in_use.stamp) = (list, Some(stamp));
            }
        }
        if has_changed {
            self.publish(server, now);
        }
    }

    fn publish(&self, server: &mut Server, now: Time) {
        let mut lists = AccessLists::default();
        self.lists.iter().for_each(|it| lists.set(it.kind, it.list.clone()));
        server.set_access_lists(lists, now);
    }
}

/// Chooses between the list in use and what was found in its file. Returns also a line about a list that is
/// another one than before.
fn choose(
    kind: ListKind,
    path: PathBuf,
    loaded: Option<Result<ReadList, String>>,
    known: Option<ListInUse>,
) -> (ListInUse, Option<String>) {
    let (list, stamp) = match (loaded, known) {
        (Some(Ok(read)), Some(known)) if known.stamp.is_some() && known.stamp == read.stamp => {
            return (known, None);
        }
        (Some(Ok(read)), _) => (read.list, read.stamp),
        (_, Some(known)) => return (ListInUse { stamp: None, ..known }, None),
        (_, None) => (Arc::new(AccessList::empty(kind)), None),
    };
    let line = list_watcher::describe(kind, &list, &path);
    (ListInUse { kind, path, list, stamp }, Some(line))
}
