//! What will be played next, as far as the order of play tells: the titles of the tracks that wait.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::play_order::PlayOrder;
use super::probe::probe_format;
use super::scan::Track;
use super::tags::{title_by_name, track_info};
use super::up_next::TITLES_MAX;

/// Tracks that are looked into for so many titles: among those that come, there may be some that cannot be played.
const TRACKS_PROBED_MAX: usize = 2 * TITLES_MAX;

/// Looks into the tracks that come, and remembers what it saw while they wait.
#[derive(Debug, Default)]
pub struct Lookahead {
    /// What tracks are called, if they can be played: by a hash of the track, its file's length and time of change.
    cache: HashMap<u64, Option<String>>,
    hasher: RandomState,
}

impl Lookahead {
    /// What those tracks are called that `order` has after `track`, which is being read. A round after this one is
    /// foreseen as if nothing were to change till then. `is_named` says of a path whether the operator himself named it.
    /// Blocks on disk.
    pub fn titles(
        &mut self,
        order: &PlayOrder,
        track: &Track,
        is_named: impl Fn(&Track) -> bool,
    ) -> Vec<String> {
        let (mut order, mut titles, mut seen) = (order.clone(), Vec::new(), HashMap::new());
        order.mark_played(track.clone());
        for _ in 0..TRACKS_PROBED_MAX {
            let Some(next) = order.next_across_rounds() else { break };
            let found = self.title_if_playable(&next, &mut seen, is_named(&next));
            if let Some(title) = found {
                titles.push(title);
                order.mark_played(next);
            }
            if titles.len() == TITLES_MAX {
                break;
            }
        }
        self.cache = seen;
        titles
    }

    /// What a track is called, if there is one at its path. Notes it among what was `seen` this time.
    fn title_if_playable(
        &self,
        track: &Track,
        seen: &mut HashMap<u64, Option<String>>,
        is_named: bool,
    ) -> Option<String> {
        let metadata = fs::metadata(&track.path).ok()?;
        if !metadata.is_file() {
            // A FIFO, which would hold us if we opened it.
            return is_named.then(|| title_by_name(&track.path, track.title.as_deref()));
        }
        let stamp = (metadata.len(), metadata.modified().ok());
        let hash = self.hasher.hash_one((&track.path, &track.title, stamp));
        let before = || self.cache.get(&hash).cloned().unwrap_or_else(|| probe_title(track));
        seen.entry(hash).or_insert_with(before).clone()
    }
}

/// What a file is called that begins as music does. What our reading itself fails on cannot be played, either.
fn probe_title(track: &Track) -> Option<String> {
    let look = AssertUnwindSafe(|| {
        probe_format(&track.path).ok()??;
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

    fn tracks(folder: &Path, names: &[&str]) -> Vec<Track> {
        names.iter().map(|name| Track { path: folder.join(name), title: None }).collect()
    }

    fn order(tracks: Vec<Track>) -> (PlayOrder, Track) {
        let mut order = PlayOrder::new(None);
        order.replace_tracks(tracks);
        order.begin_round();
        let first = order.next().expect("a track");
        (order, first)
    }

    #[test]
    fn what_cannot_be_played_is_not_foreseen() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
        let names =
            ["cbr.mp3", "noise.mp3", "nothing.mp3", "id3v24-utf8-apic.mp3", "empty.mp3", ".", "vbr-xing.mp3"];
        let (order, first) = order(tracks(&fixtures, &names));
        let titles = Lookahead::default().titles(&order, &first, |_| false);
        assert_eq!(
            titles,
            [TAGGED, "vbr-xing", "cbr", TAGGED],
            "half of the {TRACKS_PROBED_MAX} that were looked at"
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
        let mut lookahead = Lookahead::default();
        assert_eq!(lookahead.titles(&order, &first, ALL), ["b", "a", "b", "a", "b"]);
        assert_eq!(lookahead.cache.len(), 2, "no more than there are files");
        lookahead.cache.values_mut().for_each(|title| *title = Some("as it was".into()));
        copy("id3v24-utf8-apic.mp3", "b.mp3");
        let titles = lookahead.titles(&order, &first, ALL);
        assert_eq!(titles[..2], [TAGGED, "as it was"]);
    }

    #[test]
    fn without_tracks_nothing_comes() {
        let track = Track { path: "x".into(), title: None };
        assert_eq!(Lookahead::default().titles(&PlayOrder::new(None), &track, ALL), [""; 0]);
    }
}
