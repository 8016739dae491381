//! Server-sent events over real sockets, by a real clock.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::Value;

use crate::common::{Coldwave, Listening, Peer, title_text, two_tracks};

/// Someone who is told what changes.
struct Reader {
    peer: Peer,
    text: String,
}

impl Reader {
    fn of(server: &Coldwave) -> Self {
        let mut peer =
            server.ask("GET /api/v1/events HTTP/1.1\nHost: radio.example\nAccept: text/event-stream");
        let head = peer.head();
        assert_eq!(head.status, "HTTP/1.0 200 OK");
        assert_eq!(head.get("Content-Type"), Some("text/event-stream"));
        assert_eq!((head.get("Connection"), head.get("Content-Length")), (Some("close"), None));
        Self { peer, text: String::new() }
    }

    /// The data of the next event of this kind.
    fn next(&mut self, kind: &str) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.strip_prefix(&format!("event: {kind}\n")).map(data_of);
                self.text = rest.to_owned();
                if let Some(data) = data {
                    return data;
                }
            } else {
                let more = self.peer.read().expect("there is an event in time");
                assert!(!more.is_empty(), "the stream goes on");
                self.text += std::str::from_utf8(&more).expect("no character is torn between small events");
            }
        }
    }
}

fn data_of(event: &str) -> Value {
    let data = event.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event has data");
    serde_json::from_str(data).expect("JSON")
}

/// A time in seconds since 1970.
fn time(of: &Value) -> f64 {
    let time: Timestamp = of.as_str().expect("a time").parse().expect("RFC 3339");
    time.as_millisecond() as f64 / 1000.0
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// Whoever plays what he is sent from the moment at which he joined hears a title when the event says, or up to a second
/// later, as titles come only between so many bytes of audio.
#[test]
fn titles_are_told_with_the_time_at_which_they_are_heard() {
    let folder = two_tracks();
    let mut server = Coldwave::playing(&[folder.path()]);
    let mut reader = Reader::of(&server);
    let station = reader.next("station");
    assert_eq!((&station["id"], &station["mount"]), (&1.into(), &"/live".into()));
    // The burst is whole once five seconds were played.
    let first = loop {
        let title = reader.next("title");
        if time(&title["audible_at"]) > time(&title["on_air_at"]) + 4.9 {
            break title;
        }
    };
    let joined = now();
    let mut listening = server.listen_with_titles();
    let event = loop {
        let event = reader.next("title");
        if time(&event["audible_at"]) > joined + 1.0 {
            break event;
        }
    };
    assert!(time(&event["on_air_at"]) <= now(), "{event}");
    assert!((time(&event["audible_at"]) - time(&event["on_air_at"]) - 5.0).abs() < 0.1, "{event}");
    // The same title was on six seconds before, and may have been told at the beginning.
    let is_told = |text: &[u8]| !text.is_empty() && event["title"] == title_text(text).as_str();
    let heard = |it: &Listening, at: usize| {
        joined + it.frames.iter().filter(|frame| frame.end <= at).count() as f64 * 1152.0 / 44_100.0
    };
    let late = |it: &Listening| {
        let told = it.blocks.iter().filter(|(at, text)| is_told(text) && *at < it.audio.len());
        told.map(|(at, _)| heard(it, *at) - time(&event["audible_at"])).find(|late| *late > -2.0)
    };
    listening.until("the title", |it| late(it).is_some());
    let late = late(&listening).expect("it was told");
    assert!((-0.2..1.5).contains(&late), "{late} s: {event}, after {first}");
    server.signal("TERM");
    let rest = reader.peer.read_to_end().expect("it ends with a goodbye");
    let all = reader.text + std::str::from_utf8(&rest).expect("UTF-8");
    assert!(all.is_empty() || all.ends_with("\n\n"), "the last event is whole: {all:?}");
    assert!(server.wait().success());
}
