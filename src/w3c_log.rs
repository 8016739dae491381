//! The W3C log of SHOUTcast: one line for every listener that leaves, for programs that count performances.
//!
//! `docs/operations.md` has its form. sc_serv begins another line with each title; a listener
//! of coldwave has one, with the title at its end.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::log_writer::{Fallback, LogKind, LogLine, LogWriter};
use crate::session::SessionSummary;

/// The W3C log among the logs.
pub const KIND: LogKind = LogKind { name: "W3C log", fallback: Fallback::Lost };

/// A line whose time stamp is not rendered yet.
#[derive(Debug)]
pub struct W3cLine {
    at: Timestamp,
    peer: IpAddr,
    title: String,
    user_agent: String,
    status: u16,
    bytes_sent: u64,
    duration: Duration,
}

/// Returns a function that adds a line for a listener. It never blocks.
pub fn session_log(writer: LogWriter<W3cLine>) -> Box<dyn FnMut(&SessionSummary<'_>)> {
    Box::new(move |ended| {
        let line = W3cLine::from_summary(ended, Timestamp::now());
        line.into_iter().for_each(|line| writer.add(line));
    })
}

impl W3cLine {
    /// Returns the line for a session that ended at `at`; `None` if it was no listener.
    fn from_summary(ended: &SessionSummary<'_>, at: Timestamp) -> Option<Self> {
        Some(Self {
            at,
            peer: ended.info.address.ip(),
            title: ended.title?.to_owned(),
            user_agent: ended.info.user_agent.to_string(),
            status: ended.status,
            bytes_sent: ended.bytes_sent,
            duration: ended.duration,
        })
    }
}

impl LogLine for W3cLine {
    const HEADER: &'static str = concat!(
        "#Software: SHOUTcast\n#Version: coldwave ",
        env!("CARGO_PKG_VERSION"),
        "\n#Fields: c-ip c-dns date time cs-uri-stem c-status cs(User-Agent) sc-bytes x-duration \
         avgbandwidth\n",
    );

    /// Returns the complete line. The name of the client is its address, because names are not looked up, and
    /// the bandwidth is in bit/s.
    fn render(self, zone: &TimeZone) -> String {
        let Self { at, peer, status, bytes_sent, .. } = self;
        let time = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let title = utf8_percent_encode(&self.title, NON_ALPHANUMERIC);
        let agent = match self.user_agent.as_str() {
            "" => "-".to_owned(),
            agent => utf8_percent_encode(agent, NON_ALPHANUMERIC).to_string(),
        };
        let seconds = self.duration.as_secs();
        let bandwidth = (bytes_sent / seconds.max(1)).saturating_mul(8);
        format!(
            "{peer} {peer} {time} /stream?title={title} {status} {agent} {bytes_sent} {seconds} {bandwidth}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::incoming::{Incoming, parse};
    use crate::session::{CloseReason, SessionInfo};
    use crate::time::Time;

    fn line(head: &str, title: Option<&str>) -> Option<String> {
        let Incoming::Request { request, .. } = parse(head.as_bytes()) else { panic!("{head:?}") };
        let mut info = SessionInfo::new("203.0.113.9:1234".parse().expect("an address"), Time::START);
        info.note_request(&request);
        let ended = SessionSummary {
            info: &info,
            status: 200,
            bytes_sent: 13_227_794,
            duration: Duration::from_millis(811_900),
            reason: CloseReason::PeerClosed,
            title,
        };
        let at: Timestamp = "2025-03-04T10:11:12Z".parse().expect("a time");
        W3cLine::from_summary(&ended, at).map(|line| line.render(&TimeZone::UTC))
    }

    #[test]
    fn line_has_the_fields_of_sc_serv() {
        let head = "GET /live HTTP/1.1\r\nUser-Agent: WinampMPEG/5.1\r\n\r\n";
        assert_eq!(
            line(head, Some("Föhn - A b")).as_deref(),
            Some(
                "203.0.113.9 203.0.113.9 2025-03-04 10:11:12 /stream?title=F%C3%B6hn%20%2D%20A%20b 200 \
                 WinampMPEG%2F5%2E1 13227794 811 130480\n"
            )
        );
    }

    #[test]
    fn peer_input_cannot_add_fields_or_lines() {
        let text =
            line("GET /live HTTP/1.1\r\nUser-Agent: a b\tc%0a\r\n\r\n", Some("x\ny z")).expect("a line");
        assert_eq!((text.lines().count(), text.split(' ').count()), (1, 10), "{text}");
        let text = line("GET /live HTTP/1.1\r\n\r\n", Some("")).expect("a line");
        assert!(text.contains(" /stream?title= 200 - "), "{text}");
        assert_eq!(W3cLine::HEADER.lines().last().map(|fields| fields.split(' ').count()), Some(11));
    }

    #[test]
    fn session_without_a_station_has_no_line() {
        assert_eq!(line("GET /admin/ HTTP/1.1\r\n\r\n", None), None);
    }
}
