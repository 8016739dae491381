//! What the log says about changes of the input on air: which input has failed, and how long silence and
//! stalls have lasted.

use std::time::Duration;

use log::Level;

use crate::log_limiter::{RECOVERY, excerpt};
use crate::time::Time;

/// The log target of lines about what is on air: the station, not this module.
pub const TARGET: &str = "coldwave::station";

/// What was on air, as far as the next lines need it.
#[derive(Debug, Default)]
pub struct OnAirLog {
    /// The input on air, and since when. `None` before the first one, and during silence.
    input: Option<(String, Time)>,
    /// Since when there has been silence that is a fault.
    silent_since: Option<Time>,
    /// The input that has stalled last and was not on air since.
    stalled: Option<(String, Time)>,
    /// Whether the next silence is no fault.
    is_silence_expected: bool,
}

/// A line about another input on air.
#[derive(Debug, PartialEq, Eq)]
pub struct OnAirLine {
    pub level: Level,
    pub target: &'static str,
    /// The line without the station.
    pub text: String,
}

impl OnAirLog {
    /// Makes the next silence no fault: a relay on demand without listeners plays nothing.
    pub fn expect_silence(&mut self) {
        self.is_silence_expected = true;
    }

    /// Notes that an input has stalled.
    pub fn note_stall(&mut self, name: &str, now: Time) {
        self.stalled = Some((name.to_owned(), now));
    }

    /// Notes that `name` is on air, or silence if it is empty. Returns the line about it.
    ///
    /// Silence at the start is no fault: a station without music waits for its first source. Of a relay that
    /// cannot be reached and of music that cannot be played, the log has lines of their own.
    pub fn switch_to(&mut self, name: &str, now: Time) -> OnAirLine {
        let left = self.input.take();
        let is_expected = std::mem::take(&mut self.is_silence_expected);
        if name.is_empty() {
            return self.begin_silence(left.filter(|_| !is_expected), now);
        }
        self.input = Some((name.to_owned(), now));
        let stalled = self.stalled.take_if(|(stalled, _)| stalled == name).map(|(_, since)| since);
        let recovered = match (self.silent_since.take(), stalled) {
            (Some(since), _) => Some(format!(", after {} of silence", seconds(now.since(since)))),
            (None, Some(since)) => Some(format!(" again, {} after its stall", seconds(now.since(since)))),
            (None, None) => None,
        };
        let target = if recovered.is_some() { RECOVERY } else { TARGET };
        let text = format!("{} is on the air{}", excerpt(name), recovered.unwrap_or_default());
        OnAirLine { level: Level::Info, target, text }
    }

    fn begin_silence(&mut self, left: Option<(String, Time)>, now: Time) -> OnAirLine {
        let Some((left, since)) = left else {
            return OnAirLine {
                level: Level::Info,
                target: TARGET,
                text: "silence is on the air".to_owned(),
            };
        };
        self.silent_since.get_or_insert(now);
        let (left, lasted) = (excerpt(&left), seconds(now.since(since)));
        let text = format!("silence is on the air; {left} was on the air for {lasted}");
        OnAirLine { level: Level::Warn, target: TARGET, text }
    }
}

fn seconds(length: Duration) -> String {
    format!("{:.1} s", length.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    /// Returns level, target and text of the line about `name`.
    fn switch(log: &mut OnAirLog, name: &str, seconds: u64) -> (Level, &'static str, String) {
        let OnAirLine { level, target, text } = log.switch_to(name, at(seconds));
        (level, target, text)
    }

    fn line(level: Level, target: &'static str, text: &str) -> (Level, &'static str, String) {
        (level, target, text.to_owned())
    }

    #[test]
    fn silence_names_what_was_on_air_and_its_end_says_how_long_it_was() {
        let mut log = OnAirLog::default();
        assert_eq!(switch(&mut log, "", 0), line(Level::Info, TARGET, "silence is on the air"));
        assert_eq!(switch(&mut log, "nina", 5), line(Level::Info, TARGET, "nina is on the air"));
        let silence = "silence is on the air; nina was on the air for 60.0 s";
        assert_eq!(switch(&mut log, "", 65), line(Level::Warn, TARGET, silence));
        let end = "AutoDJ is on the air, after 3.0 s of silence";
        assert_eq!(switch(&mut log, "AutoDJ", 68), line(Level::Info, RECOVERY, end));
        assert_eq!(switch(&mut log, "nina", 70), line(Level::Info, TARGET, "nina is on the air"));
    }

    #[test]
    fn silence_of_an_idle_relay_is_no_fault() {
        let mut log = OnAirLog::default();
        switch(&mut log, "the relay", 0);
        log.expect_silence();
        assert_eq!(switch(&mut log, "", 5), line(Level::Info, TARGET, "silence is on the air"));
        switch(&mut log, "the relay", 6);
        assert_eq!(switch(&mut log, "", 9).0, Level::Warn, "this time it is lost");
    }

    #[test]
    fn return_of_an_input_says_how_long_ago_it_stalled() {
        let mut log = OnAirLog::default();
        switch(&mut log, "nina", 0);
        log.note_stall("nina", at(10));
        assert_eq!(switch(&mut log, "AutoDJ", 10), line(Level::Info, TARGET, "AutoDJ is on the air"));
        let back = "nina is on the air again, 20.0 s after its stall";
        assert_eq!(switch(&mut log, "nina", 30), line(Level::Info, RECOVERY, back));
        switch(&mut log, "AutoDJ", 40);
        assert_eq!(switch(&mut log, "nina", 41), line(Level::Info, TARGET, "nina is on the air"));
    }
}
