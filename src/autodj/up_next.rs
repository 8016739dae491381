//! The next titles that a station shows: those that the reader has published, without the tracks already on
//! air.

use std::collections::VecDeque;

use super::batch::{BATCHES_WAITING, TrackSeq};

/// Maximum number of next titles. Pages show one or two; each further one is a file that is probed long
/// before it is played.
pub const TITLES_MAX: usize = 5;

/// Maximum number of tracks that the reader has started and the station has not finished: one for each
/// waiting batch, the one that is being filled and the one that is on air.
const STARTED_MAX: usize = BATCHES_WAITING + 2;

/// The next titles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpNext {
    /// The titles of the tracks that were sent last, completely or partly. Some of them were already played.
    started: VecDeque<(TrackSeq, String)>,
    /// The titles of the tracks that will be read after them.
    upcoming: Vec<String>,
}

impl UpNext {
    /// Records that the reader sends this track from now on.
    pub fn start_track(&mut self, seq: TrackSeq, title: &str) {
        if self.started.len() == STARTED_MAX {
            self.started.pop_front();
        }
        self.started.push_back((seq, title.to_owned()));
        // If this is not the expected title, the following ones are unknown.
        if self.upcoming.first().is_some_and(|expected| expected == title) {
            self.upcoming.remove(0);
        } else {
            self.upcoming.clear();
        }
    }

    /// Sets the titles that follow the latest track, and returns whether they differ from the previous ones.
    pub fn set_upcoming(&mut self, titles: Vec<String>) -> bool {
        let is_changed = self.upcoming != titles;
        self.upcoming = titles;
        is_changed
    }

    /// Returns the titles that follow this track, at most [`TITLES_MAX`].
    pub fn titles_after(&self, seq: TrackSeq) -> Vec<String> {
        let started = self.started.iter().filter(|(number, _)| *number > seq).map(|(_, title)| title);
        started.chain(&self.upcoming).take(TITLES_MAX).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_next(upcoming: &[&str]) -> UpNext {
        let mut up_next = UpNext::default();
        up_next.set_upcoming(upcoming.iter().map(|title| (*title).to_owned()).collect());
        up_next
    }

    #[test]
    fn expected_track_keeps_the_following_titles() {
        let mut up_next = up_next(&["a", "b", "c"]);
        up_next.start_track(1, "a");
        assert_eq!(
            (up_next.titles_after(0), up_next.titles_after(1)),
            (vec!["a".into(), "b".into(), "c".into()], vec!["b".into(), "c".into()])
        );
        // Number 2 was unplayable.
        up_next.start_track(3, "b");
        assert_eq!(
            (up_next.titles_after(1), up_next.titles_after(3)),
            (vec!["b".into(), "c".into()], vec!["c".into()])
        );
    }

    #[test]
    fn unexpected_track_clears_the_following_titles() {
        let mut up_next = up_next(&["a", "b"]);
        up_next.start_track(1, "x");
        assert_eq!((up_next.titles_after(0), up_next.titles_after(1)), (vec!["x".into()], Vec::new()));
        assert!(up_next.set_upcoming(vec!["y".into()]) && !up_next.set_upcoming(vec!["y".into()]));
        assert_eq!(up_next.titles_after(1), ["y"]);
    }

    #[test]
    fn started_and_next_titles_are_limited() {
        let mut up_next = UpNext::default();
        (1..1000).for_each(|seq| up_next.start_track(seq, "x"));
        assert_eq!(
            (up_next.started.len(), up_next.titles_after(0).len(), up_next.titles_after(998).len()),
            (STARTED_MAX, TITLES_MAX, 1)
        );
    }
}
