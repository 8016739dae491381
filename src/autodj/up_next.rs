//! The titles that come next, as far as the reader knows.

use std::collections::VecDeque;

use super::batch::{BATCHES_WAITING, TrackSeq};

/// How many titles are told in advance. Listeners are shown one or two; each more is a file that is looked into long
/// before it is played.
pub const TITLES_MAX: usize = 5;

/// Tracks that can have been begun and not yet been heard: one for each batch that waits, the one that is being
/// filled and the one that is being played.
const STARTED_MAX: usize = BATCHES_WAITING + 2;

/// The titles to come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpNext {
    /// Of the latest tracks that were sent, whole or in part. Some were heard by now.
    started: VecDeque<(TrackSeq, String)>,
    /// Of those that will be read after them.
    upcoming: Vec<String>,
}

impl UpNext {
    /// A track is sent from now on.
    pub fn start_track(&mut self, seq: TrackSeq, title: &str) {
        if self.started.len() == STARTED_MAX {
            self.started.pop_front();
        }
        self.started.push_back((seq, title.to_owned()));
        // What was expected has come; if it is something else, nothing is known of what follows.
        if self.upcoming.first().is_some_and(|expected| expected == title) {
            self.upcoming.remove(0);
        } else {
            self.upcoming.clear();
        }
    }

    /// These titles follow the latest track; says whether that is news.
    pub fn set_upcoming(&mut self, titles: Vec<String>) -> bool {
        let is_news = self.upcoming != titles;
        self.upcoming = titles;
        is_news
    }

    /// Those that follow this track, at most [`TITLES`].
    pub fn titles_after(&self, seq: TrackSeq) -> Vec<String> {
        let begun = self.started.iter().filter(|(other, _)| *other > seq).map(|(_, title)| title);
        begun.chain(&self.upcoming).take(TITLES_MAX).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_next(then: &[&str]) -> UpNext {
        let mut up_next = UpNext::default();
        up_next.set_upcoming(then.iter().map(|title| (*title).to_owned()).collect());
        up_next
    }

    #[test]
    fn what_was_expected_comes() {
        let mut up_next = up_next(&["a", "b", "c"]);
        up_next.start_track(1, "a");
        assert_eq!(
            (up_next.titles_after(0), up_next.titles_after(1)),
            (vec!["a".into(), "b".into(), "c".into()], vec!["b".into(), "c".into()])
        );
        // A track in which nothing could be played is missing.
        up_next.start_track(3, "b");
        assert_eq!(
            (up_next.titles_after(1), up_next.titles_after(3)),
            (vec!["b".into(), "c".into()], vec!["c".into()])
        );
    }

    #[test]
    fn behind_what_was_not_expected_nothing_is_known() {
        let mut up_next = up_next(&["a", "b"]);
        up_next.start_track(1, "x");
        assert_eq!((up_next.titles_after(0), up_next.titles_after(1)), (vec!["x".into()], Vec::new()));
        assert!(up_next.set_upcoming(vec!["y".into()]) && !up_next.set_upcoming(vec!["y".into()]));
        assert_eq!(up_next.titles_after(1), ["y"]);
    }

    #[test]
    fn neither_what_was_nor_what_comes_grows() {
        let mut up_next = UpNext::default();
        (1..1000).for_each(|seq| up_next.start_track(seq, "x"));
        assert_eq!(
            (up_next.started.len(), up_next.titles_after(0).len(), up_next.titles_after(998).len()),
            (STARTED_MAX, TITLES_MAX, 1)
        );
    }
}
