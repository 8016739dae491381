//! An AutoDJ that plays real files, with a clock that the test advances.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use coldwave::audio::Framer;
use coldwave::autodj::{AutoDj, MusicServices, MusicSettings, WallClockFn};
use coldwave::station::{Input, Readiness};
use coldwave::time::Time;

/// Long enough for any disk; only a failing test waits that long.
pub const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// The bytes of a track that is much longer than the reader reads ahead. A change of the file while its first
/// frames play happens before the reader reaches its end.
pub const LONG_TRACK_BYTES: usize = 600_000;

/// A temporary folder of music.
pub struct MusicFolder {
    folder: tempfile::TempDir,
    are_all_long: bool,
}

impl MusicFolder {
    /// Creates a folder of short tracks. Tracks whose names end with `+` are long.
    pub fn new(names: &[&str]) -> Self {
        Self::create(names, false)
    }

    /// Creates a folder of long tracks.
    pub fn with_long_tracks(names: &[&str]) -> Self {
        Self::create(names, true)
    }

    fn create(names: &[&str], are_all_long: bool) -> Self {
        let folder = Self { folder: tempfile::tempdir().expect("a temporary folder"), are_all_long };
        names.iter().for_each(|name| folder.add(name));
        // Otherwise a file that the test adds may fall into the same tick of the file system's clock.
        File::open(folder.root())
            .and_then(|dir| dir.set_modified(SystemTime::UNIX_EPOCH))
            .expect("a temporary folder");
        folder
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(format!("{name}.mp3"))
    }

    pub fn add(&self, name: &str) {
        let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
        let is_long = self.are_all_long || name.ends_with('+');
        let times = if is_long { LONG_TRACK_BYTES / bytes.len() } else { 1 };
        fs::write(self.path(name), bytes.repeat(times)).expect("the folder is writable");
    }
}

/// A clock in whole seconds that the test advances.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// Returns a function that returns the time of day, which is the real one at first.
    pub fn wall_clock(&self) -> WallClockFn {
        let clock = self.clone();
        let start = SystemTime::UNIX_EPOCH.elapsed().expect("a date after 1970");
        Box::new(move || start + clock.now().since_start())
    }

    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn now(&self) -> Time {
        Time::START + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub struct AutoDjHarness {
    pub dj: AutoDj,
    pub clock: TestClock,
    pub alerts: Receiver<()>,
    /// The title and the first frame of the next track, if the last call of [`tracks`](Self::tracks) took
    /// them.
    next: Option<(String, Vec<u8>)>,
}

impl AutoDjHarness {
    pub fn new(music: &[&Path], shuffle: Option<u64>) -> Self {
        let music: Vec<PathBuf> = music.iter().map(|path| path.to_path_buf()).collect();
        Self::start(MusicSettings { shuffle, ..MusicSettings::new("/test", music) }, |services| services)
    }

    /// Starts an AutoDJ that compares the times of files with the clock of the test.
    pub fn with_file_times(music: &Path) -> Self {
        let clock = TestClock::default();
        let wall_clock = clock.wall_clock();
        let settings = MusicSettings::new("/test", vec![music.to_owned()]);
        Self::start_with_clock(settings, clock, |services| MusicServices { wall_clock, ..services })
    }

    /// Starts an AutoDJ with the services that `change` returns.
    pub fn start(settings: MusicSettings, change: impl FnOnce(MusicServices) -> MusicServices) -> Self {
        Self::start_with_clock(settings, TestClock::default(), change)
    }

    fn start_with_clock(
        settings: MusicSettings,
        clock: TestClock,
        change: impl FnOnce(MusicServices) -> MusicServices,
    ) -> Self {
        let (alert, alerts) = channel();
        let alert = Box::new(move || {
            // The reader thread may outlive the harness for a moment.
            let _ = alert.send(());
        });
        let reader_clock = clock.clone();
        let services = change(MusicServices::new(alert, Box::new(move || reader_clock.now())));
        let dj = AutoDj::start(settings, services).expect("a thread");
        Self { dj, clock, alerts, next: None }
    }

    /// Waits until the AutoDJ is ready or idle.
    pub fn wait(&mut self) -> Readiness {
        loop {
            match self.dj.poll() {
                Readiness::Pending => {
                    self.alerts.recv_timeout(READ_TIMEOUT).expect("the reader alerts in time")
                }
                readiness => return readiness,
            }
        }
    }

    /// Plays `count` tracks and returns their titles and bytes.
    pub fn tracks(&mut self, count: usize) -> Vec<(String, Vec<u8>)> {
        let mut tracks: Vec<_> = self.next.take().into_iter().collect();
        loop {
            assert_eq!(self.wait(), Readiness::Ready);
            let next = self.dj.next_frame();
            if let Some(title) = next.title {
                if tracks.len() == count {
                    self.next = Some((title.text.clone(), next.frame.bytes.to_vec()));
                    return tracks;
                }
                tracks.push((title.text.clone(), Vec::new()));
            }
            tracks.last_mut().expect("a track begins with its title").1.extend_from_slice(next.frame.bytes);
        }
    }
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub fn frames_of(path: &Path) -> Vec<u8> {
    let mut framer = Framer::new();
    framer.push(&fs::read(path).expect("a file"));
    framer.finish();
    let mut bytes = Vec::new();
    while let Some(frame) = framer.next_frame() {
        bytes.extend_from_slice(frame.bytes);
    }
    bytes
}
