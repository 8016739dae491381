//! The history of the titles on air.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::icy::Title;
use crate::time::Time;

/// The most titles that the history keeps.
const TITLES_MAX: usize = 200;

/// A title that returns after exactly one other title, and within this time of its own start, counts as
/// continued: only the other title interrupted it.
const INTERRUPTION_MAX: Duration = Duration::from_secs(60);

/// The titles that were on air last.
#[derive(Debug, Default)]
pub struct History {
    played: VecDeque<Arc<PlayedTitle>>,
}

/// One title that was, or is, on air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedTitle {
    /// The title that players showed. It is not truncated as in metadata blocks.
    pub title: Title,
    /// The user that set the title by request, else the name of the source or input that was on air.
    pub set_by: String,
    /// When its first frame was the live edge of the timeline.
    pub started_at: Time,
}

impl History {
    /// Records that `title` is on air from `now` on. Empty titles and titles that continue are not recorded.
    pub(super) fn add(&mut self, title: &Title, input_name: &str, now: Time) {
        let set_by = title.set_by.as_deref().unwrap_or(input_name);
        let is_same = |played: &Arc<PlayedTitle>| played.title.text == title.text && played.set_by == set_by;
        // An input that was interrupted returns with the title it had.
        let was_interrupted =
            |played: &Arc<PlayedTitle>| is_same(played) && now.since(played.started_at) < INTERRUPTION_MAX;
        let mut latest = self.played.iter().rev();
        let is_new = !latest.next().is_some_and(is_same) && !latest.next().is_some_and(was_interrupted);
        if title.text.is_empty() || !is_new {
            return;
        }
        if self.played.len() == TITLES_MAX {
            self.played.pop_front();
        }
        self.played.push_back(Arc::new(PlayedTitle {
            title: title.clone(),
            set_by: set_by.to_owned(),
            started_at: now,
        }));
    }

    /// Returns the titles, newest first.
    pub fn latest(&self) -> impl Iterator<Item = &Arc<PlayedTitle>> {
        self.played.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_keeps_each_title_once_and_a_limited_number() {
        let mut history = History::default();
        for number in 0..1000 {
            let title = Title::new(format!("{}", number / 2));
            history.add(&title, "AutoDJ", Time::START);
            history.add(&Title::default(), "AutoDJ", Time::START);
        }
        let latest: Vec<_> = history.latest().map(|played| played.title.text.as_str()).collect();
        assert_eq!((latest.len(), latest[0], latest[199]), (TITLES_MAX, "499", "300"));
        history.add(&Title::new("499"), "Nadia", Time::START);
        assert_eq!(history.latest().next().map(|played| played.set_by.as_str()), Some("Nadia"));
    }
}
