//! The titles that come next, as far as the reader knows.

use std::collections::VecDeque;

use super::batch::{BATCHES_WAITING, TrackSeq};

/// How many titles are told in advance. Listeners are shown one or two; each more is a file that is looked into long
/// before it is played.
pub const TITLES: usize = 5;

/// Tracks that can have been begun and not yet been heard: one for each batch that waits, the one that is being
/// filled and the one that is being played.
const BEGUN_MAX: usize = BATCHES_WAITING + 2;

/// The titles to come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpNext {
    /// Of the latest tracks that were sent, whole or in part. Some were heard by now.
    begun: VecDeque<(TrackSeq, String)>,
    /// Of those that will be read after them.
    then: Vec<String>,
}

impl UpNext {
    /// A track is sent from now on.
    pub fn begin(&mut self, seq: TrackSeq, title: &str) {
        if self.begun.len() == BEGUN_MAX {
            self.begun.pop_front();
        }
        self.begun.push_back((seq, title.to_owned()));
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

    /// Those that follow this track, at most [`TITLES`].
    pub fn after(&self, seq: TrackSeq) -> Vec<String> {
        let begun = self.begun.iter().filter(|(other, _)| *other > seq).map(|(_, title)| title);
        begun.chain(&self.then).take(TITLES).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_next(then: &[&str]) -> UpNext {
        let mut up_next = UpNext::default();
        up_next.expect(then.iter().map(|title| (*title).to_owned()).collect());
        up_next
    }

    #[test]
    fn what_was_expected_comes() {
        let mut up_next = up_next(&["a", "b", "c"]);
        up_next.begin(1, "a");
        assert_eq!(
            (up_next.after(0), up_next.after(1)),
            (vec!["a".into(), "b".into(), "c".into()], vec!["b".into(), "c".into()])
        );
        // A track in which nothing could be played is missing.
        up_next.begin(3, "b");
        assert_eq!((up_next.after(1), up_next.after(3)), (vec!["b".into(), "c".into()], vec!["c".into()]));
    }

    #[test]
    fn behind_what_was_not_expected_nothing_is_known() {
        let mut up_next = up_next(&["a", "b"]);
        up_next.begin(1, "x");
        assert_eq!((up_next.after(0), up_next.after(1)), (vec!["x".into()], Vec::new()));
        assert!(up_next.expect(vec!["y".into()]) && !up_next.expect(vec!["y".into()]));
        assert_eq!(up_next.after(1), ["y"]);
    }

    #[test]
    fn neither_what_was_nor_what_comes_grows() {
        let mut up_next = UpNext::default();
        (1..1000).for_each(|seq| up_next.begin(seq, "x"));
        assert_eq!(
            (up_next.begun.len(), up_next.after(0).len(), up_next.after(998).len()),
            (BEGUN_MAX, TITLES, 1)
        );
    }
}
