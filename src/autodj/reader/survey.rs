//! The survey of the music after the start of a station: the log says early which files are left out, and not
//! when it is their turn.

use crate::autodj::file_type::file_type;
use crate::autodj::left_out_types::LeftOutTypes;
use crate::autodj::play_order::PlayOrder;
use crate::autodj::scan::Track;

/// Maximum number of files that are examined, spread evenly over the music.
const SURVEYED_MAX: usize = 10_000;

/// Maximum number of files of one reason that the log names. There may be thousands.
const NAMED_MAX: usize = 10;

/// Maximum number of reasons that are counted. Those that follow have no lines.
const REASONS_MAX: usize = 100;

/// What is known about the files that are left out.
#[derive(Default)]
pub(super) struct Survey {
    /// The music at the start and the number of the next track; `None` before the survey begins.
    progress: Option<(PlayOrder, usize)>,
    /// The files that are left out, until the log has their types.
    types: LeftOutTypes,
    /// Whether the log has the types.
    is_over: bool,
    /// How many files the log has named for each reason.
    named: Vec<NamedFiles>,
}

/// The files that the log has named for one reason.
struct NamedFiles {
    reason: String,
    count: usize,
    /// Whether the log says that there are more.
    is_limit_logged: bool,
}

impl Survey {
    /// Returns whether the log has the types of files that are left out.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns the next file to examine, of those in `order` at the first call.
    pub(super) fn next_track(&mut self, order: &PlayOrder) -> Option<Track> {
        let (order, next) = self.progress.get_or_insert_with(|| (order.clone(), 0));
        let track = order.tracks().get(*next).cloned();
        *next += step(order);
        track
    }

    /// Returns how many files were examined, and of how many; `None` if it was all of them.
    pub(super) fn sample(&self) -> Option<(usize, usize)> {
        let (order, next) = self.progress.as_ref()?;
        let (tracks, step) = (order.tracks().len(), step(order));
        let examined = (*next / step).min(tracks.div_ceil(step));
        (examined < tracks).then_some((examined, tracks))
    }

    /// Counts a file that is left out.
    pub(super) fn add(&mut self, track: &Track, reason: &str) {
        if !self.is_over {
            self.types.add(&file_type(&track.path, None), reason, &track.path);
        }
    }

    /// Ends the survey, and returns one line for each type and reason; nothing if it has ended before.
    pub(super) fn finish(&mut self) -> Vec<String> {
        (self.progress, self.is_over) = (None, true);
        std::mem::take(&mut self.types).lines()
    }

    /// Returns what the log says about a file that is left out: nothing if it has named many files for this
    /// reason. Those of the start are counted by type.
    pub(super) fn sentence(&mut self, reason: &str, sentence: String) -> Option<String> {
        let Self { is_over, named, .. } = self;
        let at = named.iter().position(|known| known.reason == reason).unwrap_or(named.len());
        if at == named.len() {
            if at == REASONS_MAX {
                return None;
            }
            named.push(NamedFiles { reason: reason.to_owned(), count: 0, is_limit_logged: false });
        }
        let files = &mut named[at];
        files.count += 1;
        if files.count <= NAMED_MAX {
            return Some(sentence);
        }
        let is_due = *is_over && !std::mem::replace(&mut files.is_limit_logged, *is_over);
        is_due.then(|| format!("further files are left out without a line for each: {reason}"))
    }
}

/// Returns the distance between two files that are examined.
fn step(order: &PlayOrder) -> usize {
    order.tracks().len().div_ceil(SURVEYED_MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_ten_thousand_files_are_examined_over_all_of_the_music() {
        for (tracks, examined, last) in [(3, 3, 2), (10_000, 10_000, 9_999), (25_000, 8_334, 24_999)] {
            let (mut order, mut survey) = (PlayOrder::new(None), Survey::default());
            let track = |n: usize| Track { path: n.to_string().into(), title: None };
            order.replace_tracks((0..tracks).map(track).collect());
            let found: Vec<Track> = std::iter::from_fn(|| survey.next_track(&order)).collect();
            assert_eq!((found.len(), found.last()), (examined, Some(&track(last))), "{tracks}");
            assert_eq!(survey.sample(), (examined < tracks).then_some((examined, tracks)));
            order.replace_tracks(Vec::new());
            assert_eq!(survey.next_track(&order), None, "the music at the start counts");
        }
    }

    #[test]
    fn log_names_ten_files_of_each_reason() {
        let mut survey = Survey::default();
        let lines = |survey: &mut Survey, reason: &str| {
            let named = |_| survey.sentence(reason, "skipping a".to_owned());
            (0..10_000).filter_map(named).collect::<Vec<_>>()
        };
        assert_eq!(lines(&mut survey, "damaged"), ["skipping a"; NAMED_MAX], "they are counted");
        survey.is_over = true;
        let further = "further files are left out without a line for each: damaged";
        assert_eq!(lines(&mut survey, "damaged"), [further]);
        let found = lines(&mut survey, "HE-AAC");
        assert_eq!((found.len(), found[NAMED_MAX].contains("further")), (NAMED_MAX + 1, true));
        let others = (0..1_000).filter_map(|n| survey.sentence(&n.to_string(), String::new()));
        assert_eq!(others.count(), REASONS_MAX - 2);
    }
}
