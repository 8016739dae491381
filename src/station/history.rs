//! The history of the titles on air.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::track::TrackInfo;
use crate::icy::Title;
use crate::time::{Moment, Time};

/// The most titles that the history keeps.
pub const TITLES_MAX: usize = 200;

/// The number of the latest titles whose covers can be requested. The properties of their tracks are kept,
/// about 500 bytes each.
pub const COVERS_KEPT: usize = 20;

/// A title that returns after exactly one other title counts as continued if that one was on air for less
/// than this: it only interrupted the title. The same applies to the time in which the server was restarted.
const INTERRUPTION_MAX: Duration = Duration::from_secs(60);

/// The titles that were on air last.
#[derive(Debug, Default)]
pub struct History {
    /// The latest last.
    played: VecDeque<PlayedEntry>,
    /// When the latest title began or returned; `None` if it is from an earlier run.
    latest_since: Option<Time>,
    /// The time from the end of the earlier run to the start of this one.
    downtime: Duration,
}

#[derive(Debug)]
struct PlayedEntry {
    played: Arc<PlayedTitle>,
    /// The track, for its cover, if it is one of the latest.
    track: Option<Arc<TrackInfo>>,
}

/// One title that was, or is, on air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedTitle {
    /// The title that players showed. It is not truncated as in metadata blocks.
    pub title: Title,
    /// The user that set the title by request, else the name of the source or input that was on air.
    pub set_by: String,
    /// When its first frame was the live edge of the timeline.
    pub started_at: Moment,
    /// The [version](TrackInfo::cover_version) of the track's cover. It can be requested while the title is
    /// one of the latest [`COVERS_KEPT`].
    pub cover_version: Option<u64>,
}

impl History {
    /// Adds the titles of an earlier run, the latest first, before those of this one. That run ended
    /// `downtime` before this one began.
    pub fn restore(&mut self, titles: &[Arc<PlayedTitle>], downtime: Duration) {
        if self.played.is_empty() {
            (self.latest_since, self.downtime) = (None, downtime);
        }
        for played in titles.iter().take(TITLES_MAX - self.played.len()) {
            self.played.push_front(PlayedEntry { played: played.clone(), track: None });
        }
    }

    /// Records that `title` is on air from `now` on. Empty titles and titles that continue are not recorded.
    /// A title that continues after an interruption becomes the latest again, with the time at which it first
    /// began.
    pub(super) fn add(&mut self, title: &Title, input_name: &str, track: Option<&Arc<TrackInfo>>, now: Time) {
        if title.text.is_empty() {
            return;
        }
        let set_by = title.set_by.as_deref().unwrap_or(input_name);
        let len = self.played.len();
        match self.age_of_continued(title, set_by, now) {
            Some(0) => {
                self.latest_since.get_or_insert(now);
            }
            Some(_) => {
                self.played.swap(len - 1, len - 2);
                self.latest_since = Some(now);
            }
            None => self.push(title, set_by, track, now),
        }
    }

    /// Returns which of the latest titles continues with `title`: the latest is 0, the one before is 1.
    fn age_of_continued(&self, title: &Title, set_by: &str, now: Time) -> Option<usize> {
        let is_same =
            |entry: &PlayedEntry| entry.played.title.text == title.text && entry.played.set_by == set_by;
        let age = self.played.iter().rev().take(2).position(is_same)?;
        let interruption = match (age, self.latest_since) {
            (0, Some(_)) => Duration::ZERO,
            (0, None) => self.downtime + now.since_start(),
            (_, since) => now.since(since?),
        };
        (interruption < INTERRUPTION_MAX).then_some(age)
    }

    fn push(&mut self, title: &Title, set_by: &str, track: Option<&Arc<TrackInfo>>, now: Time) {
        if self.played.len() == TITLES_MAX {
            self.played.pop_front();
        }
        let played = PlayedTitle {
            title: title.clone(),
            set_by: set_by.to_owned(),
            started_at: now.into(),
            cover_version: track.and_then(|track| track.cover_version()),
        };
        let track = track.filter(|_| played.cover_version.is_some()).cloned();
        self.played.push_back(PlayedEntry { played: Arc::new(played), track });
        self.latest_since = Some(now);
        if let Some(past) = self.played.len().checked_sub(COVERS_KEPT + 1) {
            self.played[past].track = None;
        }
    }

    /// Returns the titles, newest first.
    pub fn latest(&self) -> impl Iterator<Item = &Arc<PlayedTitle>> {
        self.played.iter().rev().map(|entry| &entry.played)
    }

    /// Returns the track of one of the latest titles whose cover has this version.
    pub fn track_with_cover(&self, version: u64) -> Option<&Arc<TrackInfo>> {
        let latest = self.played.iter().rev().take(COVERS_KEPT).filter_map(|entry| entry.track.as_ref());
        latest.into_iter().find(|track| track.cover_version() == Some(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::{ArtworkLocation, EmbeddedArtwork};

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    fn add(history: &mut History, title: &str, seconds: u64) {
        history.add(&Title::new(title), "AutoDJ", None, at(seconds));
    }

    fn texts(history: &History) -> Vec<&str> {
        history.latest().map(|played| played.title.text.as_str()).collect()
    }

    #[test]
    fn history_keeps_each_title_once_and_a_limited_number() {
        let mut history = History::default();
        for number in 0..1000 {
            add(&mut history, &format!("{}", number / 2), 0);
            add(&mut history, "", 0);
        }
        let latest = texts(&history);
        assert_eq!((latest.len(), latest[0], latest[199]), (TITLES_MAX, "499", "300"));
        history.add(&Title::new("499"), "Nadia", None, Time::START);
        assert_eq!(history.latest().next().map(|played| played.set_by.as_str()), Some("Nadia"));
    }

    #[test]
    fn title_that_was_interrupted_for_less_than_a_minute_is_listed_once_as_the_latest() {
        let interrupted_at = |begin: u64| {
            let mut history = History::default();
            add(&mut history, "A", 0);
            add(&mut history, "B", begin);
            assert_eq!(texts(&history), ["B", "A"]);
            add(&mut history, "A", begin + 59);
            history
        };
        // The interruption counts, not how long the title was on air before.
        for begin in [1, 50, 200, 2000] {
            assert_eq!(texts(&interrupted_at(begin)), ["A", "B"]);
        }
        let mut history = interrupted_at(2000);
        assert_eq!(history.latest().next().map(|played| played.started_at), Some(at(0).into()));
        add(&mut history, "B", 3000);
        assert_eq!(texts(&history), ["B", "A", "B"], "it was off the air for a long time");
        add(&mut history, "A", 3060);
        assert_eq!(
            texts(&history),
            ["A", "B", "A", "B"],
            "an interruption of a minute is a title of its own"
        );
    }

    #[test]
    fn title_before_a_restart_continues_only_after_a_short_one() {
        let titles = |names: &[&str]| -> Vec<Arc<PlayedTitle>> {
            let title = |name: &&str| PlayedTitle {
                title: Title::new(*name),
                set_by: "AutoDJ".into(),
                started_at: Moment::EarlierRun(Duration::from_secs(7)),
                cover_version: None,
            };
            names.iter().map(|name| Arc::new(title(name))).collect()
        };
        for (downtime, returns, expected) in [
            (5, 10, vec!["A", "B"]),
            (5, 55, vec!["A", "A", "B"]),
            (60, 0, vec!["A", "A", "B"]),
            (30 * 3600, 1, vec!["A", "A", "B"]),
        ] {
            let mut history = History::default();
            history.restore(&titles(&["A", "B"]), Duration::from_secs(downtime));
            assert_eq!(texts(&history), ["A", "B"]);
            add(&mut history, "A", returns);
            add(&mut history, "A", returns + 600);
            assert_eq!(texts(&history), expected, "{downtime} s, {returns} s");
        }
        let mut history = History::default();
        history.restore(&titles(&["A", "B"]), Duration::ZERO);
        add(&mut history, "B", 1);
        assert_eq!(texts(&history), ["B", "A", "B"], "how long A was on air is not known");
        let many: Vec<String> = (0..500).map(|number| number.to_string()).collect();
        let many = titles(&many.iter().map(String::as_str).collect::<Vec<_>>());
        history.restore(&many, Duration::ZERO);
        assert_eq!(texts(&history)[..4], ["B", "A", "B", "0"], "titles that are there stay the latest");
        assert_eq!((texts(&history).len(), texts(&history)[199]), (TITLES_MAX, "196"));
        let mut history = History::default();
        history.restore(&many, Duration::ZERO);
        assert_eq!((texts(&history).len(), texts(&history)[199]), (TITLES_MAX, "199"));
    }

    #[test]
    fn covers_of_the_latest_titles_are_found_by_their_versions() {
        let location = ArtworkLocation::Worker;
        let track = |len| {
            let artwork = Some(EmbeddedArtwork { mime: "image/png".into(), len, location });
            Arc::new(TrackInfo { artwork, ..TrackInfo::default() })
        };
        let mut history = History::default();
        let tracks: Vec<_> = (1..=30).map(track).collect();
        for (number, track) in tracks.iter().enumerate() {
            history.add(&Title::new(number.to_string()), "AutoDJ", Some(track), at(0));
        }
        let found = |track: &Arc<TrackInfo>| {
            let version = track.cover_version().expect("a cover");
            history.track_with_cover(version).is_some_and(|found| Arc::ptr_eq(found, track))
        };
        let is_found: Vec<_> = tracks.iter().map(found).collect();
        assert_eq!(is_found, (0..30).map(|number| number >= 10).collect::<Vec<_>>());
        let kept = history.played.iter().filter(|entry| entry.track.is_some()).count();
        assert_eq!((kept, history.track_with_cover(1)), (COVERS_KEPT, None));
    }
}
