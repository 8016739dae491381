//! The AutoDJ against real files: what it hands over is the files' frames, in order, with their titles.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use coldwave::audio::Framer;
use coldwave::autodj::AutoDj;
use coldwave::station::{Input, Readiness};

/// Long enough for any disk; only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

struct Deck {
    dj: AutoDj,
    alerts: Receiver<()>,
    /// The track of which the last frame taken was the first.
    next: Option<(String, Vec<u8>)>,
}

impl Deck {
    fn new(music: &[&Path], shuffle: Option<u64>) -> Self {
        let (alert, alerts) = channel();
        let music: Vec<PathBuf> = music.iter().map(|path| path.to_path_buf()).collect();
        let alert = Box::new(move || {
            // The reader outlives the deck for a moment.
            let _ = alert.send(());
        });
        Self { dj: AutoDj::start("/test", music, shuffle, alert).expect("a thread"), alerts, next: None }
    }

    /// Waits until the AutoDJ has something to say.
    fn wait(&mut self) -> Readiness {
        loop {
            match self.dj.poll() {
                Readiness::Late => {
                    self.alerts.recv_timeout(PATIENCE).expect("the reader has something in time")
                }
                readiness => return readiness,
            }
        }
    }

    /// The next tracks: their titles and all their bytes.
    fn tracks(&mut self, count: usize) -> Vec<(String, Vec<u8>)> {
        let mut tracks: Vec<_> = self.next.take().into_iter().collect();
        loop {
            assert_eq!(self.wait(), Readiness::Ready);
            let cue = self.dj.take();
            if let Some(title) = cue.title {
                if tracks.len() == count {
                    self.next = Some((title.to_owned(), cue.frame.bytes.to_vec()));
                    return tracks;
                }
                tracks.push((title.to_owned(), Vec::new()));
            }
            tracks.last_mut().expect("a track begins with its title").1.extend_from_slice(cue.frame.bytes);
        }
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn frames_of(path: &Path) -> Vec<u8> {
    let mut framer = Framer::new();
    framer.push(&fs::read(path).expect("a file"));
    framer.finish();
    let mut bytes = Vec::new();
    while let Some(frame) = framer.next_frame() {
        bytes.extend_from_slice(frame.bytes);
    }
    bytes
}

#[test]
fn a_folder_is_played_in_order_over_and_over() {
    let mut files: Vec<PathBuf> = fs::read_dir(fixture("station"))
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "mp3"));
    files.sort();
    assert_eq!(files.len(), 3);
    let tracks = Deck::new(&[&fixture("station")], None).tracks(7);
    for (at, (title, bytes)) in tracks.iter().enumerate() {
        assert!(title.starts_with("Coldwave Ensemble - "), "{title}");
        assert_eq!(title, &tracks[at % 3].0);
        assert!(*bytes == frames_of(&files[at % 3]), "{title}: the frames of the file as they are");
    }
}

#[test]
fn a_file_without_frames_is_left_out() {
    let (cbr, noise) = (fixture("mp3/cbr.mp3"), fixture("mp3/noise.mp3"));
    let tracks = Deck::new(&[&noise, &cbr, &fixture("mp3/empty.mp3")], None).tracks(3);
    for (title, bytes) in tracks {
        assert_eq!(title, "cbr");
        assert_eq!(bytes, frames_of(&cbr));
    }
}

#[test]
fn with_nothing_to_play_it_says_so() {
    for nothing in ["mp3/noise.mp3", "mp3/empty.mp3", "mp3/layer2.mp3", "nowhere"] {
        let mut deck = Deck::new(&[&fixture(nothing)], None);
        assert_eq!(deck.wait(), Readiness::Idle, "{nothing}");
        assert_eq!(deck.dj.poll(), Readiness::Idle);
    }
}

#[test]
fn shuffled_by_a_seed_everything_is_played_once_a_round() {
    let folder = fixture("station");
    let titles = |seed| -> Vec<String> {
        Deck::new(&[&folder], Some(seed)).tracks(6).into_iter().map(|(title, _)| title).collect()
    };
    let played = titles(5);
    for round in played.chunks(3) {
        let mut round = round.to_vec();
        round.sort();
        round.dedup();
        assert_eq!(round.len(), 3, "{played:?}");
    }
    assert_ne!(played[2], played[3]);
    assert_eq!(played, titles(5));
}

#[test]
fn a_file_that_is_replaced_is_played_anew_in_the_next_round() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.mp3");
    fs::copy(fixture("mp3/cbr.mp3"), &path).expect("a copy");
    let mut deck = Deck::new(&[folder.path()], None);
    let before = frames_of(&path);
    assert_eq!(deck.tracks(1)[0].1, before);
    fs::copy(fixture("mp3/vbr-xing.mp3"), folder.path().join("y.mp3")).expect("a copy");
    fs::remove_file(&path).expect("it was there");
    let after = frames_of(&folder.path().join("y.mp3"));
    // What was read ahead is still played.
    let next = (0..100).find_map(|_| deck.tracks(1).into_iter().find(|(title, _)| title == "y"));
    assert_eq!(next.expect("the new file is played").1, after);
}
