//! Reads the titles of the next tracks ahead of time, so that they can be shown.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::inspector::{Inspector, NotPlayable};
use super::play_order::PlayOrder;
use super::scan::Track;
use super::tags::title_by_name;
use super::up_next::TITLES_MAX;
use crate::encode_worker::JobError;

/// Maximum number of tracks that are probed for [`TITLES_MAX`] titles: some of them may be unplayable.
const TRACKS_PROBED_MAX: usize = 2 * TITLES_MAX;

/// Probes the next tracks and caches the results until they are played.
pub struct Lookahead {
    inspector: Inspector,
    /// The title of each track, `None` if it is unplayable. The key is a hash of the track and of its file's
    /// length and modification time.
    cache: HashMap<u64, Option<String>>,
    hasher: RandomState,
}

impl Lookahead {
    /// Creates a lookahead with an empty cache.
    pub fn new(inspector: Inspector) -> Self {
        Self { inspector, cache: HashMap::new(), hasher: RandomState::new() }
    }

    /// Returns the titles of the tracks that follow `track`, the one that is being read, in `order`. Assumes
    /// that the list does not change. `is_named` returns whether the operator named a track's path, and
    /// `is_settled` whether its file does not change at present. Blocks on disk.
    pub fn titles(
        &mut self,
        order: &PlayOrder,
        track: &Track,
        is_named: impl Fn(&Track) -> bool,
        is_settled: impl Fn(&Track, &Metadata) -> bool,
    ) -> Vec<String> {
        let (mut order, mut titles, mut seen) = (order.clone(), Vec::new(), HashMap::new());
        order.mark_played(track.clone());
        for _ in 0..TRACKS_PROBED_MAX {
            let Some(next) = order.next_across_rounds() else { break };
            let found = self.title_if_playable(&next, &mut seen, is_named(&next), &is_settled);
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

    /// Returns the title of a track if it is playable, and adds the result to `seen`.
    fn title_if_playable(
        &self,
        track: &Track,
        seen: &mut HashMap<u64, Option<String>>,
        is_named: bool,
        is_settled: impl Fn(&Track, &Metadata) -> bool,
    ) -> Option<String> {
        let metadata = fs::metadata(&track.path).ok()?;
        if !metadata.is_file() {
            // A FIFO cannot be read ahead.
            return is_named
                .then(|| title_by_name(&track.path, track.title.as_deref(), self.inspector.charset));
        }
        if !is_settled(track, &metadata) {
            return None;
        }
        let stamp = (metadata.len(), metadata.modified().ok());
        let hash = self.hasher.hash_one((&track.path, &track.title, stamp));
        let cached_or_probed = || self.cache.get(&hash).cloned().unwrap_or_else(|| self.probe_title(track));
        seen.entry(hash).or_insert_with(cached_or_probed).clone()
    }

    /// Returns the title of a file that can be played. A file on which the parser panics counts as
    /// unplayable.
    fn probe_title(&self, track: &Track) -> Option<String> {
        let inspect = AssertUnwindSafe(|| match self.inspector.inspect(track) {
            Ok(inspected) => Some(inspected.title),
            Err(NotPlayable::Worker(JobError::Died { times: 2.., .. })) => None,
            Err(NotPlayable::Worker(_)) => {
                Some(title_by_name(&track.path, track.title.as_deref(), self.inspector.charset))
            }
            Err(_) => None,
        });
        catch_unwind(inspect).ok()?
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::play_plan::PlayPlan;
    use super::*;

    /// The title of the fixture with tags.
    const TAGGED: &str = "Sigur Ósk - It's only 'snow'; no stream 🌨";

    const ALL: fn(&Track) -> bool = |_| true;
    const SETTLED: fn(&Track, &Metadata) -> bool = |_, _| true;

    fn lookahead() -> Lookahead {
        Lookahead::new(Inspector {
            encoder: None,
            plan: PlayPlan::default(),
            charset: encoding_rs::WINDOWS_1252,
        })
    }

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
    fn unplayable_files_are_left_out() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
        let names =
            ["cbr.mp3", "noise.mp3", "nothing.mp3", "id3v24-utf8-apic.mp3", "empty.mp3", ".", "vbr-xing.mp3"];
        let (order, first) = order(tracks(&fixtures, &names));
        let titles = lookahead().titles(&order, &first, |_| false, SETTLED);
        assert_eq!(
            titles,
            [TAGGED, "vbr-xing", "cbr", TAGGED],
            "half of the {TRACKS_PROBED_MAX} that were probed"
        );
    }

    #[test]
    fn file_is_probed_once_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = |from: &str, to: &str| {
            let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
            fs::copy(fixtures.join(from), folder.path().join(to)).expect("disk space");
        };
        copy("cbr.mp3", "a.mp3");
        copy("cbr.mp3", "b.mp3");
        let (order, first) = order(tracks(folder.path(), &["a.mp3", "b.mp3"]));
        let mut lookahead = lookahead();
        assert_eq!(lookahead.titles(&order, &first, ALL, SETTLED), ["b", "a", "b", "a", "b"]);
        assert_eq!(lookahead.cache.len(), 2, "one entry for each file");
        lookahead.cache.values_mut().for_each(|title| *title = Some("cached".into()));
        copy("id3v24-utf8-apic.mp3", "b.mp3");
        let titles = lookahead.titles(&order, &first, ALL, SETTLED);
        assert_eq!(titles[..2], [TAGGED, "cached"]);
    }

    #[test]
    fn empty_order_has_no_next_titles() {
        let track = Track { path: "x".into(), title: None };
        assert_eq!(lookahead().titles(&PlayOrder::new(None), &track, ALL, SETTLED), [""; 0]);
    }
}
