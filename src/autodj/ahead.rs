//! What will be played next, as far as the order of play tells: what those are called who wait for their turn.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::handover::Turn;
use super::list::Order;
use super::probe::format_of;
use super::scan::Track;
use super::tags::{title_by_name, track_info};

/// How many titles are told in advance. Listeners are shown one or two; each more is a file that is looked into long
/// before its turn.
pub const TITLES: usize = 5;

/// Tracks that are looked into for so many titles: among those that come, there may be some that cannot be played.
const TRACKS_MAX: usize = 2 * TITLES;

/// Tracks that can have been begun and not yet been heard: one for each hand-over that waits, that which is being filled,
/// and that which is being played.
const BEGUN_MAX: usize = super::handover::BATCHES_WAITING + 2;

/// The titles to come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Of the latest tracks that were handed over, or parts of them, each with its turn. Some were heard by now.
    begun: VecDeque<(Turn, String)>,
    /// Of those that will be read after them.
    then: Vec<String>,
}

impl Ahead {
    /// A track is handed over from now on.
    pub fn begin(&mut self, turn: Turn, title: &str) {
        if self.begun.len() == BEGUN_MAX {
            self.begun.pop_front();
        }
        self.begun.push_back((turn, title.to_owned()));
        // What was expected has come; if it is something else, nothing is known of what follows.
        if self.then.first().is_some_and(|expected| expected == title) {
            self.then.remove(0);
        } else {
            self.then.clear();
        }
    }

    /// These titles follow the latest track; says whether that is news.
    pub fn expect(&mut self, titles: Vec<String>) -> bool {
        let is_news = self.then != titles;
        self.then = titles;
        is_news
    }

    /// Those that follow the track of that turn, at most [`TITLES`].
    pub fn behind(&self, turn: Turn) -> Vec<String> {
        let begun = self.begun.iter().filter(|(other, _)| *other > turn).map(|(_, title)| title);
        begun.chain(&self.then).take(TITLES).cloned().collect()
    }
}

/// Looks into the tracks that come, and remembers what it saw while they wait for their turn.
#[derive(Debug, Default)]
pub struct Lookout {
    /// What tracks are called, if they can be played: by a hash of the track, its file's length and time of change.
    seen: HashMap<u64, Option<String>>,
    hasher: RandomState,
}

impl Lookout {
    /// What those tracks are called that `order` has after `track`, which is being read. A round after this one is
    /// foreseen as if nothing were to change till then. `is_named` says of a path whether the operator himself named it.
    /// Blocks on disk.
    pub fn titles(&mut self, order: &Order, track: &Track, is_named: impl Fn(&Track) -> bool) -> Vec<String> {
        let (mut order, mut titles, mut seen) = (order.clone(), Vec::new(), HashMap::new());
        order.heard(track.clone());
        for _ in 0..TRACKS_MAX {
            let Some(next) = order.next_of_any_round() else { break };
            let found = self.look(&next, &mut seen, is_named(&next));
            if let Some(title) = found {
                titles.push(title);
                order.heard(next);
            }
            if titles.len() == TITLES {
                break;
            }
        }
        self.seen = seen;
        titles
    }

    /// What a track is called, if there is one at its path. Notes it among what was `seen` this time.
    fn look(&self, track: &Track, seen: &mut HashMap<u64, Option<String>>, is_named: bool) -> Option<String> {
        let metadata = fs::metadata(&track.path).ok()?;
        if !metadata.is_file() {
            // A FIFO, which would hold us if we opened it.
            return is_named.then(|| title_by_name(&track.path, track.title.as_deref()));
        }
        let stamp = (metadata.len(), metadata.modified().ok());
        let hash = self.hasher.hash_one((&track.path, &track.title, stamp));
        let before = || self.seen.get(&hash).cloned().unwrap_or_else(|| title_of(track));
        seen.entry(hash).or_insert_with(before).clone()
    }
}

/// What a file is called that begins as music does. What our reading itself fails on cannot be played, either.
fn title_of(track: &Track) -> Option<String> {
    let look = AssertUnwindSafe(|| {
        format_of(&track.path).ok()??;
        let mut file = File::open(&track.path).ok()?;
        Some(track_info(&track.path, &mut file, track.title.as_deref()).0)
    });
    catch_unwind(look).ok()?
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What the file is called that has tags.
    const TAGGED: &str = "Sigur Ósk - It's only 'snow'; no stream 🌨";

    const ALL: fn(&Track) -> bool = |_| true;

    fn ahead(then: &[&str]) -> Ahead {
        let mut ahead = Ahead::default();
        ahead.expect(then.iter().map(|title| (*title).to_owned()).collect());
        ahead
    }

    #[test]
    fn what_was_expected_comes() {
        let mut ahead = ahead(&["a", "b", "c"]);
        ahead.begin(1, "a");
        assert_eq!(
            (ahead.behind(0), ahead.behind(1)),
            (vec!["a".into(), "b".into(), "c".into()], vec!["b".into(), "c".into()])
        );
        // A turn in which nothing could be played is missing.
        ahead.begin(3, "b");
        assert_eq!((ahead.behind(1), ahead.behind(3)), (vec!["b".into(), "c".into()], vec!["c".into()]));
    }

    #[test]
    fn behind_what_was_not_expected_nothing_is_known() {
        let mut ahead = ahead(&["a", "b"]);
        ahead.begin(1, "x");
        assert_eq!((ahead.behind(0), ahead.behind(1)), (vec!["x".into()], Vec::new()));
        assert!(ahead.expect(vec!["y".into()]) && !ahead.expect(vec!["y".into()]));
        assert_eq!(ahead.behind(1), ["y"]);
    }

    #[test]
    fn neither_what_was_nor_what_comes_grows() {
        let mut ahead = Ahead::default();
        (1..1000).for_each(|turn| ahead.begin(turn, "x"));
        assert_eq!(
            (ahead.begun.len(), ahead.behind(0).len(), ahead.behind(998).len()),
            (BEGUN_MAX, TITLES, 1)
        );
    }

    fn tracks(folder: &Path, names: &[&str]) -> Vec<Track> {
        names.iter().map(|name| Track { path: folder.join(name), title: None }).collect()
    }

    fn order(tracks: Vec<Track>) -> (Order, Track) {
        let mut order = Order::new(None);
        order.replace(tracks);
        order.begin();
        let first = order.next().expect("a track");
        (order, first)
    }

    #[test]
    fn what_cannot_be_played_is_not_foreseen() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
        let names =
            ["cbr.mp3", "noise.mp3", "nothing.mp3", "id3v24-utf8-apic.mp3", "empty.mp3", ".", "vbr-xing.mp3"];
        let (order, first) = order(tracks(&fixtures, &names));
        let titles = Lookout::default().titles(&order, &first, |_| false);
        assert_eq!(
            titles,
            [TAGGED, "vbr-xing", "cbr", TAGGED],
            "half of the {TRACKS_MAX} that were looked at"
        );
    }

    #[test]
    fn a_file_is_looked_into_once_while_it_waits_and_again_when_it_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = |from: &str, to: &str| {
            let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
            fs::copy(fixtures.join(from), folder.path().join(to)).expect("room");
        };
        copy("cbr.mp3", "a.mp3");
        copy("cbr.mp3", "b.mp3");
        let (order, first) = order(tracks(folder.path(), &["a.mp3", "b.mp3"]));
        let mut lookout = Lookout::default();
        assert_eq!(lookout.titles(&order, &first, ALL), ["b", "a", "b", "a", "b"]);
        assert_eq!(lookout.seen.len(), 2, "no more than there are files");
        lookout.seen.values_mut().for_each(|title| *title = Some("as it was".into()));
        copy("id3v24-utf8-apic.mp3", "b.mp3");
        let titles = lookout.titles(&order, &first, ALL);
        assert_eq!(titles[..2], [TAGGED, "as it was"]);
    }

    #[test]
    fn without_tracks_nothing_comes() {
        let track = Track { path: "x".into(), title: None };
        assert_eq!(Lookout::default().titles(&Order::new(None), &track, ALL), [""; 0]);
    }
}
