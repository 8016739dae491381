//! Limits how many tracks begin in a time, so that very short ones do not flood the log, the listeners, the
//! history and the disk.

use std::time::Duration;

use crate::time::{AudioTime, Time};

/// How much audio each track needs on average. Silence makes up for what is missing.
const MEAN_LENGTH_MIN: Duration = Duration::from_secs(1);

/// How much audio of earlier tracks counts. Thirty jingles of no length may follow each other.
const RESERVE_MAX: Duration = Duration::from_secs(30);

/// The shortest time between two warnings about very short tracks.
const WARNING_INTERVAL: Duration = Duration::from_secs(600);

/// How much audio was sent, less what the tracks needed.
#[derive(Debug)]
pub struct TrackPacing {
    reserve: AudioTime,
}

impl Default for TrackPacing {
    fn default() -> Self {
        Self { reserve: RESERVE_MAX.into() }
    }
}

impl TrackPacing {
    /// Adds audio that was sent.
    pub fn add(&mut self, length: AudioTime) {
        self.reserve = (self.reserve + length).min(RESERVE_MAX.into());
    }

    /// Returns how much silence has to be sent before the next track begins.
    pub fn silence_due(&self) -> AudioTime {
        AudioTime::from(MEAN_LENGTH_MIN).saturating_sub(self.reserve)
    }

    /// Records that a track begins.
    pub fn begin_track(&mut self) {
        self.reserve = self.reserve.saturating_sub(MEAN_LENGTH_MIN.into());
    }
}

/// Limits the warnings about very short tracks: a folder of damaged files may have thousands.
#[derive(Debug, Default)]
pub struct ShortTrackWarnings {
    /// The time of the last warning.
    warned_at: Option<Time>,
    /// How many tracks silence has followed since then.
    since: u64,
}

impl ShortTrackWarnings {
    /// Returns the warning about a track, `file`, that silence follows, if one is due. The first is about
    /// this track, and each later one, at most every ten minutes, has the number of tracks since the last.
    pub fn warning(&mut self, now: Time, file: &str) -> Option<String> {
        self.since += 1;
        if self.warned_at.is_some_and(|at| now.since(at) < WARNING_INTERVAL) {
            return None;
        }
        let count = std::mem::take(&mut self.since);
        let times = match self.warned_at.replace(now) {
            Some(_) if count > 1 => format!(", {count} times since the last such line"),
            _ => String::new(),
        };
        Some(format!("tracks of less than a second in a row, such as {file}: silence follows them{times}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how much silence a track list of tracks of this length needs in total.
    fn silence(tracks: u64, length: Duration) -> Duration {
        let (mut pacing, mut total) = (TrackPacing::default(), AudioTime::ZERO);
        for _ in 0..tracks {
            let due = pacing.silence_due();
            pacing.add(due);
            total += due;
            pacing.begin_track();
            pacing.add(length.into());
        }
        total.duration()
    }

    #[test]
    fn tracks_of_a_second_need_no_silence() {
        assert_eq!(silence(10_000, Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn shorter_tracks_begin_once_a_second_after_the_first_ones() {
        assert_eq!(silence(30, Duration::ZERO), Duration::ZERO);
        let frame = Duration::from_millis(25);
        let total = silence(1000, frame);
        let expected = Duration::from_secs(970) - frame * 1000;
        assert!(total.abs_diff(expected) < Duration::from_secs(1), "{total:?}");
    }

    #[test]
    fn jingles_between_songs_need_no_silence() {
        let (mut pacing, jingle) = (TrackPacing::default(), Duration::from_millis(300));
        for _ in 0..1000 {
            assert_eq!(pacing.silence_due(), AudioTime::ZERO);
            pacing.begin_track();
            pacing.add(jingle.into());
            pacing.begin_track();
            pacing.add(Duration::from_secs(180).into());
        }
    }

    #[test]
    fn many_short_tracks_cause_one_warning_in_ten_minutes() {
        let mut warnings = ShortTrackWarnings::default();
        let at = |seconds| Time::after_start(Duration::from_secs(seconds));
        let logged: Vec<(u64, String)> = (0..1300)
            .filter_map(|second| Some((second, warnings.warning(at(second), &format!("{second}.mp3"))?)))
            .collect();
        let line = |second: u64, times: &str| {
            let file = format!("{second}.mp3");
            let line = "tracks of less than a second in a row, such as";
            (second, format!("{line} {file}: silence follows them{times}"))
        };
        let times = ", 600 times since the last such line";
        assert_eq!(logged, [line(0, ""), line(600, times), line(1200, times)]);
    }
}
