//! The JSON of the last lines of the log.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::http::request::station_ref::StationRef;
use crate::log_tail::{LogExcerpt, TailLine};
use crate::pages::AdminSnapshot;
use crate::pages::api::rfc3339;
use crate::time::{Time, WallClock};

/// Lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogJson {
    /// The boot id of the server, for the parameter `boot` of the next request: the sequence numbers begin
    /// again when the server is restarted.
    pub boot: String,
    /// The lines, the latest last.
    pub lines: Vec<LogLineJson>,
    /// The sequence number of the last line, for the parameter `after` of the next request.
    pub last: u64,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLineJson {
    /// The sequence number of the line.
    pub seq: u64,
    /// When it was written.
    pub at: String,
    /// `error`, `warn` or `info`.
    pub level: String,
    /// The module that wrote it.
    pub target: String,
    /// The id of the station that it is about; `None` if it is about none, or about several.
    pub station: Option<u32>,
    /// The message; control characters are escaped.
    pub text: String,
}

/// The stations that lines may be about.
#[derive(Debug, Default)]
struct LoggedStations<'a> {
    /// The ids by their mounts.
    ids: HashMap<&'a str, u32>,
    /// The station that requests mean which name none.
    default: Option<u32>,
}

impl LogJson {
    /// Creates the list of the log lines of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        let LogExcerpt { boot_id, lines, last } = &snapshot.log;
        let stations = snapshot.stations.iter().map(|it| &it.public);
        let ids = stations.map(|station| (station.mount.as_str(), station.id)).collect();
        let default = snapshot.public.find(&StationRef::Default).map(|it| it.id);
        let stations = LoggedStations { ids, default };
        Self {
            boot: boot_id.clone(),
            lines: lines.iter().map(|line| LogLineJson::new(line, &stations)).collect(),
            last: *last,
        }
    }
}

impl LogLineJson {
    fn new(line: &Arc<TailLine>, stations: &LoggedStations<'_>) -> Self {
        Self {
            seq: line.number,
            at: rfc3339(WallClock::started_at(line.at), Time::START),
            level: line.level.as_str().to_ascii_lowercase(),
            target: line.target.clone(),
            station: stations.station_of(&line.text),
            text: line.text.clone(),
        }
    }
}

impl LoggedStations<'_> {
    /// Returns the station that a line is about. Lines of a station begin with its mount, those of encode
    /// workers have it after `for` or `of`, those of failed logins after `at`, and those of sessions have the
    /// target of the quoted request line.
    fn station_of(&self, text: &str) -> Option<u32> {
        if let Some((mount, _)) = text.split_once(": ").filter(|(start, _)| start.starts_with('/')) {
            return self.ids.get(mount).copied();
        }
        if text.starts_with("encode worker ") {
            let begin = text.rfind(" for /").or_else(|| text.rfind(" stream of /"))?;
            let mount = text[begin..].split([' ', ';']).find(|word| word.starts_with('/'))?;
            return self.ids.get(mount).copied();
        }
        if let Some((_, request_line)) = text.split_once(" bytes: \"") {
            return self.resolve(request_line.split(' ').nth(1)?);
        }
        let text = without_quoted(text);
        let (_, place) = text.split_once(" at /")?;
        let mount = format!("/{}", place.split([' ', ',']).next()?);
        self.ids.get(mount.as_str()).copied()
    }

    /// Returns the station that the target of a request refers to.
    fn resolve(&self, target: &str) -> Option<u32> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let sid = query.split('&').find_map(|pair| pair.strip_prefix("sid="));
        let named = sid.map_or(Some(StationRef::Default), StationRef::parse_id)?;
        StationRef::stream_readings(path, named).find_map(|reading| match reading {
            StationRef::Default => self.default,
            StationRef::Id(id) => self.ids.values().find(|known| **known == id).copied(),
            StationRef::Mount(mount) => self.ids.get(mount.as_str()).copied(),
        })
    }
}

/// Returns a text without what is in quotation marks: a client chooses that.
fn without_quoted(text: &str) -> String {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut is_kept = |char| {
        let is_mark = char == '"' && !is_escaped;
        is_escaped = is_quoted && char == '\\' && !is_escaped;
        is_quoted ^= is_mark;
        !is_quoted && !is_mark
    };
    text.chars().filter(|char| is_kept(*char)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_station_that_it_is_about() {
        let ids = [("/live", 1), ("/live-64", 2), ("/a:b", 3)].into();
        let stations = LoggedStations { ids, default: Some(1) };
        for (text, station) in [
            ("/live: silent for too long; disconnecting 3 listeners", Some(1)),
            ("/live-64: now playing \"a: b at /live\"", Some(2)),
            ("/a:b: clock stalled for 5.0s, resuming at the live edge", Some(3)),
            ("/gone: station removed, 2 sessions closed", None),
            ("203.0.113.9:4011: authentication failed for \"x\" at /live (\"butt 0.1.37\")", Some(1)),
            ("203.0.113.9:4011: authentication failed for \"x\" at the administration", None),
            (
                "203.0.113.9:4011 was kicked after 2.0 s and 9 bytes: \"GET /live?x=1 HTTP/1.1\" (\"VLC\")",
                Some(1),
            ),
            ("203.0.113.9:4011 closed after 2.0 s and 9 bytes: \"GET /live-64 HTTP/1.1\" (\"VLC\")", Some(2)),
            (
                "203.0.113.9:4011: authentication failed for \"x at /live \\\" at /live y\" at /live-64",
                Some(2),
            ),
            ("203.0.113.9:4011: authentication failed for \"x at /live y\" at the administration", None),
            ("203.0.113.9:4011: authentication failed for \"x\" at /a:b, which has no such user", Some(3)),
            ("203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET / HTTP/1.1\" (\"VLC at /a:b\")", Some(1)),
            ("203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET /; HTTP/1.1\" (\"VLC\")", Some(1)),
            ("203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET /?sid=2 HTTP/1.1\" (\"VLC\")", Some(2)),
            ("203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET /?sid=7 HTTP/1.1\" (\"VLC\")", None),
            ("203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET /stream/2 HTTP/1.1\" (\"VLC\")", Some(2)),
            (
                "203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET /live-64/;a.mp3 HTTP/1.1\" (\"\")",
                Some(2),
            ),
            ("203.0.113.9:1 closed after 2.0 s and 9 bytes: \"GET /other HTTP/1.1\" (\"VLC\")", None),
            (
                "encode worker 1 (pid 7) died: signal 6 (SIGABRT) while decoding /m/a for /b.flac for /live; \
                 restarting",
                Some(1),
            ),
            (
                "encode worker 1 died: signal 9 (SIGKILL) while encoding the stream of /live-64; restarting",
                Some(2),
            ),
            ("encode worker 1 died: signal 9 (SIGKILL) with jobs of /live, /live-64; restarting", None),
            (
                "source x at 203.0.113.9:1 refused: no station has the mount \"/x\"; the mounts are /live",
                None,
            ),
            ("shutting down", None),
            ("", None),
        ] {
            assert_eq!(stations.station_of(text), station, "{text}");
        }
    }
}
