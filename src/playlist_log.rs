//! The playlist log: one line for every title that begins on a station, in the format of Icecast.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::log_writer::{Fallback, LogKind, LogLine, LogWriter};
use crate::station::{TitleLog, TitleOnAir};

/// The playlist log among the logs.
pub const KIND: LogKind = LogKind { name: "playlist log", fallback: Fallback::Lost };

/// A line whose time stamp is not rendered yet.
#[derive(Debug)]
pub struct PlaylistLine {
    at: Timestamp,
    mount: String,
    listeners: usize,
    title: String,
}

/// Returns a function that adds a line for a title. It never blocks.
pub fn title_log(writer: LogWriter<PlaylistLine>) -> TitleLog {
    Box::new(move |title| writer.add(PlaylistLine::new(title, Timestamp::now())))
}

impl PlaylistLine {
    fn new(begun: &TitleOnAir<'_>, at: Timestamp) -> Self {
        let TitleOnAir { mount, title, listeners } = *begun;
        let title = title.replace(char::is_control, " ");
        Self { at, mount: mount.to_owned(), listeners, title }
    }
}

impl LogLine for PlaylistLine {
    /// Returns the time, the mount, the number of listeners and the title.
    fn render(self, zone: &TimeZone) -> String {
        let time = self.at.to_zoned(zone.clone()).strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        format!("{time}|{}|{}|{}\n", self.mount, self.listeners, self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_format_of_icecast_and_a_title_cannot_break_them() {
        let at = "2025-03-04T10:11:12Z".parse().expect("a time");
        let begun = TitleOnAir { mount: "/live", title: "Nina\n – Harbour | Live", listeners: 7 };
        let line = PlaylistLine::new(&begun, at).render(&TimeZone::UTC);
        assert_eq!(line, "04/Mar/2025:10:11:12 +0000|/live|7|Nina  – Harbour | Live\n");
    }
}
