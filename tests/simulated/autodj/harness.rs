//! An AutoDJ that plays real files, with a clock that the test advances.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use coldwave::audio::Framer;
use coldwave::autodj::AutoDj;
use coldwave::station::{Input, Readiness};
use coldwave::time::Time;

/// Long enough for any disk; only a failing test waits that long.
pub const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A clock in whole seconds that the test advances.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
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
        let (alert, alerts) = channel();
        let music: Vec<PathBuf> = music.iter().map(|path| path.to_path_buf()).collect();
        let alert = Box::new(move || {
            // The reader thread may outlive the harness for a moment.
            let _ = alert.send(());
        });
        let clock = TestClock::default();
        let reader_clock = clock.clone();
        let dj = AutoDj::start("/test", music, shuffle, alert, Box::new(move || reader_clock.now()))
            .expect("a thread");
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
