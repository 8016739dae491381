//! What was on the air, and when.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::icy::Title;
use crate::time::Time;

/// How many titles are remembered.
const TITLES_MAX: usize = 200;

/// What was noted no longer ago than this, and one other since, still goes on.
const INTERRUPTION_MAX: Duration = Duration::from_secs(60);

/// The latest titles.
#[derive(Debug, Default)]
pub struct History {
    played: VecDeque<Rc<PlayedTitle>>,
}

/// One title that was, or is, on the air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedTitle {
    /// The line that players showed; not cut, as it is in their blocks.
    pub title: Title,
    /// Who set it: somebody with a password, else whoever had it on the air, a source or an input.
    pub set_by: String,
    /// When its first frame was the live edge of the timeline.
    pub started_at: Time,
}

impl History {
    /// Notes that `title` is on the air from `now` on. Nothing is noted of silence, and of what goes on as it was.
    pub(super) fn add(&mut self, title: &Title, by: &str, now: Time) {
        let by = title.set_by.as_deref().unwrap_or(by);
        let is_same = |played: &Rc<PlayedTitle>| played.title.text == title.text && played.set_by == by;
        // Whoever is only filled in for comes back with the title he had.
        let was_just_now =
            |played: &Rc<PlayedTitle>| is_same(played) && now.since(played.started_at) < INTERRUPTION_MAX;
        let mut latest = self.played.iter().rev();
        let is_news = !latest.next().is_some_and(is_same) && !latest.next().is_some_and(was_just_now);
        if title.text.is_empty() || !is_news {
            return;
        }
        if self.played.len() == TITLES_MAX {
            self.played.pop_front();
        }
        self.played.push_back(Rc::new(PlayedTitle {
            title: title.clone(),
            set_by: by.to_owned(),
            started_at: now,
        }));
    }

    /// The titles, the latest first.
    pub fn latest(&self) -> impl Iterator<Item = &Rc<PlayedTitle>> {
        self.played.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_remembered_once_and_not_for_ever() {
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
