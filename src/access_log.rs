//! The access log: one line for every session that ends, in the format of Icecast and web servers.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::log_writer::{Fallback, LogKind, LogLine, LogWriter};
use crate::session::SessionSummary;

/// The access log among the logs.
pub const KIND: LogKind = LogKind { name: "access log", fallback: Fallback::Lost };

/// A line whose time stamp is not rendered yet.
#[derive(Debug)]
pub struct AccessLine {
    at: Timestamp,
    peer: IpAddr,
    rest: String,
}

/// Returns a function that adds a line for a session. It never blocks.
pub fn session_log(writer: LogWriter<AccessLine>) -> Box<dyn FnMut(&SessionSummary<'_>)> {
    Box::new(move |ended| writer.add(AccessLine::new(ended, Timestamp::now())))
}

impl AccessLine {
    /// Returns the line for a session that ended at `at`.
    fn new(ended: &SessionSummary<'_>, at: Timestamp) -> Self {
        let info = ended.info;
        let (request, status, sent) = (quoted(&info.request_line), ended.status, ended.bytes_sent);
        let (referer, agent) = (quoted(&info.referer), quoted(&info.user_agent));
        let rest = format!("{request} {status} {sent} {referer} {agent} {}", ended.duration.as_secs());
        Self { at, peer: info.address.ip(), rest }
    }
}

impl LogLine for AccessLine {
    /// Returns the complete line: the combined log format of web servers and, as in Icecast, the duration of
    /// the session in seconds.
    fn render(self, zone: &TimeZone) -> String {
        let time = self.at.to_zoned(zone.clone()).strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        format!("{} - - [{time}] {}\n", self.peer, self.rest)
    }
}

/// Quotes `text`, and escapes what would end the quotes or the line. Empty text becomes `-`.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "\"-\"".to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            _ if char.is_control() => quoted.extend(char.escape_default()),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::incoming::{Incoming, parse};
    use crate::session::{CloseReason, SessionInfo};
    use crate::time::Time;

    fn info(head: &str) -> SessionInfo {
        let Incoming::Request { request, .. } = parse(head.as_bytes()) else { panic!("{head:?}") };
        let mut info = SessionInfo::new("203.0.113.9:1234".parse().expect("an address"), Time::START);
        info.note_request(&request);
        info
    }

    fn ended(info: &SessionInfo) -> SessionSummary<'_> {
        let lasted = Duration::from_millis(77_900);
        SessionSummary {
            info,
            status: 200,
            bytes_sent: 1_234_567,
            duration: lasted,
            reason: CloseReason::PeerClosed,
            title: None,
        }
    }

    fn check(head: &str, expected: &str) {
        let at: Timestamp = "2025-03-04T10:11:12Z".parse().expect("a time");
        assert_eq!(AccessLine::new(&ended(&info(head)), at).render(&TimeZone::UTC), format!("{expected}\n"));
    }

    #[test]
    fn lines_have_the_combined_log_format() {
        check(
            "GET /live HTTP/1.1\r\nUser-Agent: VLC/3.0\r\nReferer: http://x/\r\n\r\n",
            "203.0.113.9 - - [04/Mar/2025:10:11:12 +0000] \"GET /live HTTP/1.1\" 200 1234567 \"http://x/\" \"VLC/3.0\" 77",
        );
    }

    #[test]
    fn peer_input_cannot_break_a_line_or_show_a_password() {
        check(
            "GET /a%0ab%22?pass=hackme HTTP/1.0\r\nUser-Agent: x\"y\\z\r\n\r\n",
            "203.0.113.9 - - [04/Mar/2025:10:11:12 +0000] \"GET /a\\nb\\\"?pass=*** HTTP/1.0\" 200 1234567 \"-\" \
             \"x\\\"y\\\\z\" 77",
        );
    }
}
