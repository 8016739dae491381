//! Files that have just changed, such as uploads in progress. They are played when they have stayed the same
//! for a while.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::music::WallClockFn;
use super::scan::Track;
use crate::file_version::FileVersion;
use crate::time::Time;

/// How long a file must stay the same before it is played.
pub const SETTLE_TIME: Duration = Duration::from_secs(10);

/// How long a file must stay the same that was seen changing: uploads pause for 20 seconds and more, for
/// example when the link is lost for a moment.
pub const SETTLE_TIME_AFTER_CHANGE: Duration = Duration::from_secs(30);

/// Maximum number of files that are waited for. Further ones are looked at again in the next round.
const WAITING_MAX: usize = 1000;

/// Maximum number of recently changed files that are remembered to be complete.
const SETTLED_MAX: usize = 10_000;

/// Decides whether files have settled.
///
/// The time of modification of a file says when it was written last. A copy that keeps the time of its
/// original sets it after the last byte, so it counts as complete then. A time in the future says nothing:
/// the clock of a file server is wrong, or the time was kept. Such a file is looked at twice.
pub struct Settling {
    wall_clock: WallClockFn,
    waiting: Vec<WaitingFile>,
    /// Whether the log has named one of the files that are waited for.
    is_reported: bool,
    /// Hashes of path, length and modification time of files that changed recently, or in the future, and
    /// have settled.
    settled: HashSet<u64>,
    hasher: RandomState,
}

/// A file that has not settled yet.
struct WaitingFile {
    track: Track,
    version: FileVersion,
    /// When it was seen with this version for the first time.
    since: Time,
    /// Whether it was seen with another version before.
    has_changed: bool,
}

impl WaitingFile {
    fn look_again(&mut self, now: Time) -> bool {
        let Ok(metadata) = fs::metadata(&self.track.path) else { return false };
        let version = FileVersion::from(&metadata);
        if version != self.version {
            (self.version, self.since, self.has_changed) = (version, now, true);
        }
        metadata.is_file()
    }

    fn has_settled(&self, now: Time, today: Duration) -> bool {
        let needed = if self.has_changed { SETTLE_TIME_AFTER_CHANGE } else { SETTLE_TIME };
        now.since(self.since) >= needed || self.version.is_older_than(needed, today)
    }
}

impl Settling {
    /// Creates a state without files. `wall_clock` is compared with the modification times of files.
    pub fn new(wall_clock: WallClockFn) -> Self {
        Self {
            wall_clock,
            waiting: Vec::new(),
            is_reported: false,
            settled: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// Returns whether a file can be played.
    pub fn is_settled(&self, path: &Path, metadata: &Metadata) -> bool {
        let version = FileVersion::from(metadata);
        if self.settled.contains(&self.hash(path, version)) {
            return true;
        }
        let is_waiting = self.waiting.iter().any(|file| file.track.path == path);
        !is_waiting && version.is_older_than(SETTLE_TIME, (self.wall_clock)())
    }

    /// Returns whether no file is waited for.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns a file that is waited for, and the number of others, once until none is waited for.
    pub fn take_unreported(&mut self) -> Option<(PathBuf, usize)> {
        let was_reported = std::mem::replace(&mut self.is_reported, !self.waiting.is_empty());
        let first = self.waiting.first().filter(|_| !was_reported)?;
        Some((first.track.path.clone(), self.waiting.len() - 1))
    }

    /// Adds a file that is not settled.
    pub fn wait_for(&mut self, track: &Track, metadata: &Metadata, now: Time) {
        let is_known = self.waiting.iter().any(|file| file.track.path == track.path);
        if !is_known && self.waiting.len() < WAITING_MAX {
            let version = FileVersion::from(metadata);
            self.waiting.push(WaitingFile { track: track.clone(), version, since: now, has_changed: false });
        }
    }

    /// Looks whether the files that are waited for have changed. Forgets those that were removed. Blocks on
    /// disk.
    pub fn look_again(&mut self, now: Time) {
        self.waiting.retain_mut(|file| file.look_again(now));
    }

    /// Returns the first file that was waited for and has settled. Blocks on disk.
    pub fn take_settled(&mut self, now: Time) -> Option<Track> {
        self.look_again(now);
        let today = (self.wall_clock)();
        let at = self.waiting.iter().position(|file| file.has_settled(now, today))?;
        let file = self.waiting.remove(at);
        Some(self.accept(file))
    }

    /// Returns whether a file that was waited for has settled. Blocks on disk.
    pub fn has_settled(&mut self, now: Time) -> bool {
        self.look_again(now);
        let today = (self.wall_clock)();
        self.waiting.iter().any(|file| file.has_settled(now, today))
    }

    /// Stops waiting for all files that have settled. Blocks on disk.
    pub fn accept_settled(&mut self, now: Time) {
        self.look_again(now);
        let today = (self.wall_clock)();
        self.accept_all(|file| file.has_settled(now, today));
    }

    /// Stops waiting for all files that have not changed since they were looked at last. Returns whether
    /// there were any. Blocks on disk.
    pub fn accept_unchanged(&mut self, now: Time) -> bool {
        self.look_again(now);
        self.accept_all(|file| !file.has_changed)
    }

    /// Stops waiting for these files. Returns whether there were any.
    fn accept_all(&mut self, is_accepted: impl Fn(&WaitingFile) -> bool) -> bool {
        let (accepted, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(is_accepted);
        let accepted: Vec<WaitingFile> = accepted;
        self.waiting = waiting;
        let any = !accepted.is_empty();
        accepted.into_iter().for_each(|file| _ = self.accept(file));
        any
    }

    fn accept(&mut self, file: WaitingFile) -> Track {
        let WaitingFile { track, version, .. } = file;
        if self.settled.len() >= SETTLED_MAX {
            self.settled.clear();
        }
        self.settled.insert(self.hash(&track.path, version));
        track
    }

    fn hash(&self, path: &Path, version: FileVersion) -> u64 {
        self.hasher.hash_one((path, version))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::UNIX_EPOCH;

    use super::*;

    /// The time of the tests, in seconds since 1970-01-01.
    const TODAY: u64 = 1_700_000_000;

    /// A file, and both clocks.
    struct Scenario {
        folder: tempfile::TempDir,
        clock: Arc<AtomicU64>,
        settling: Settling,
    }

    impl Scenario {
        fn new() -> Self {
            let clock = Arc::<AtomicU64>::default();
            let wall_clock = clock.clone();
            let today = move || Duration::from_secs(TODAY + wall_clock.load(Ordering::Relaxed));
            let folder = tempfile::tempdir().expect("a folder");
            Self { folder, clock, settling: Settling::new(Box::new(today)) }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("a.mp3")
        }

        /// Appends to the file, with a modification time of this many seconds after the start.
        fn write(&self, modified: i64) {
            let mut file = OpenOptions::new().append(true).create(true).open(self.path()).expect("a file");
            file.write_all(b"audio").expect("disk space");
            self.touch(modified);
        }

        fn touch(&self, modified: i64) {
            let modified = UNIX_EPOCH + Duration::from_secs(TODAY.strict_add_signed(modified));
            File::options()
                .append(true)
                .open(self.path())
                .and_then(|file| file.set_modified(modified))
                .expect("a file");
        }

        fn pass(&self, seconds: u64) {
            self.clock.fetch_add(seconds, Ordering::Relaxed);
        }

        fn now(&self) -> Time {
            Time::START + Duration::from_secs(self.clock.load(Ordering::Relaxed))
        }

        /// Returns whether the file is played if it is its turn now.
        fn is_played(&mut self) -> bool {
            let now = self.now();
            let metadata = fs::metadata(self.path()).expect("a file");
            let track = Track { path: self.path(), title: None };
            if self.settling.is_settled(&track.path, &metadata) {
                return true;
            }
            self.settling.wait_for(&track, &metadata, now);
            self.settling.take_settled(now).is_some()
        }
    }

    #[test]
    fn file_is_played_ten_seconds_after_its_last_change() {
        let mut test = Scenario::new();
        test.write(0);
        assert!(!test.is_played());
        test.pass(9);
        assert!(!test.is_played());
        test.pass(1);
        assert!(test.is_played() && test.is_played());
        // A tagger changes it.
        test.write(10);
        assert!(!test.is_played());
        test.pass(10);
        assert!(test.is_played());
    }

    #[test]
    fn old_file_is_played_at_once() {
        let mut test = Scenario::new();
        test.write(-10);
        assert!(test.is_played());
        assert!(test.settling.is_empty());
    }

    #[test]
    fn upload_may_stall_for_twenty_seconds() {
        let mut test = Scenario::new();
        test.write(0);
        assert!(!test.is_played());
        test.pass(5);
        test.write(5);
        for _ in 0..29 {
            assert!(!test.is_played());
            test.pass(1);
        }
        test.write(34);
        assert!(!test.is_played());
        test.pass(30);
        assert!(test.is_played());
    }

    #[test]
    fn copy_is_played_when_it_gets_the_time_of_its_original() {
        let mut test = Scenario::new();
        for second in 0..60 {
            test.write(second);
            assert!(!test.is_played(), "after {second} s");
            test.pass(1);
        }
        test.touch(-1_000_000);
        assert!(test.is_played());
    }

    #[test]
    fn time_in_the_future_delays_a_file_once() {
        let mut test = Scenario::new();
        test.write(1_000_000);
        assert!(!test.is_played());
        test.pass(9);
        assert!(!test.is_played());
        test.pass(1);
        assert!(test.is_played() && test.is_played());
        test.write(1_000_010);
        assert!(!test.is_played());
    }

    #[test]
    fn removed_file_is_forgotten() {
        let mut test = Scenario::new();
        test.write(0);
        assert!(!test.is_played());
        fs::remove_file(test.path()).expect("a file");
        test.pass(100);
        assert_eq!(test.settling.take_settled(test.now()), None);
        assert!(test.settling.is_empty());
    }

    #[test]
    fn files_that_are_waited_for_are_reported_once() {
        let mut test = Scenario::new();
        assert_eq!(test.settling.take_unreported(), None);
        test.write(0);
        assert!(!test.is_played());
        assert_eq!(test.settling.take_unreported(), Some((test.path(), 0)));
        assert_eq!(test.settling.take_unreported(), None);
        test.pass(10);
        assert!(test.is_played());
        assert_eq!(test.settling.take_unreported(), None);
        test.write(10);
        assert!(!test.is_played());
        assert_eq!(test.settling.take_unreported(), Some((test.path(), 0)), "it has changed again");
    }

    #[test]
    fn growing_file_is_not_accepted_at_the_start() {
        let mut test = Scenario::new();
        test.write(0);
        assert!(!test.is_played());
        test.write(0);
        assert!(!test.settling.accept_unchanged(test.now()));
        let mut test = Scenario::new();
        test.write(0);
        assert!(!test.is_played());
        assert!(test.settling.accept_unchanged(test.now()));
        assert!(test.is_played());
    }
}
