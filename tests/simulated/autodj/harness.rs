//! An AutoDJ that plays real files by a clock that the test turns.

#![allow(dead_code, reason = "every test file uses another part of the deck")]

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

/// Long enough for any disk; only a test that fails waits that long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that the test turns.
#[derive(Clone, Default)]
pub struct Seconds(Arc<AtomicU64>);

impl Seconds {
    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn now(&self) -> Time {
        Time::START + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub struct Deck {
    pub dj: AutoDj,
    pub clock: Seconds,
    pub alerts: Receiver<()>,
    /// The track of which the last frame taken was the first.
    next: Option<(String, Vec<u8>)>,
}

impl Deck {
    pub fn new(music: &[&Path], shuffle: Option<u64>) -> Self {
        let (alert, alerts) = channel();
        let music: Vec<PathBuf> = music.iter().map(|path| path.to_path_buf()).collect();
        let alert = Box::new(move || {
            // The reader outlives the deck for a moment.
            let _ = alert.send(());
        });
        let clock = Seconds::default();
        let asked = clock.clone();
        let dj =
            AutoDj::start("/test", music, shuffle, alert, Box::new(move || asked.now())).expect("a thread");
        Self { dj, clock, alerts, next: None }
    }

    /// Waits until the AutoDJ has something to say.
    pub fn wait(&mut self) -> Readiness {
        loop {
            match self.dj.poll() {
                Readiness::Pending => {
                    self.alerts.recv_timeout(PATIENCE).expect("the reader has something in time")
                }
                readiness => return readiness,
            }
        }
    }

    /// The next tracks: their titles and all their bytes.
    pub fn tracks(&mut self, count: usize) -> Vec<(String, Vec<u8>)> {
        let mut tracks: Vec<_> = self.next.take().into_iter().collect();
        loop {
            assert_eq!(self.wait(), Readiness::Ready);
            let cue = self.dj.next_frame();
            if let Some(title) = cue.title {
                if tracks.len() == count {
                    self.next = Some((title.text.clone(), cue.frame.bytes.to_vec()));
                    return tracks;
                }
                tracks.push((title.text.clone(), Vec::new()));
            }
            tracks.last_mut().expect("a track begins with its title").1.extend_from_slice(cue.frame.bytes);
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
