//! Server-sent events over real sockets and in real time.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::Value;

use crate::common::{Coldwave, Listener, Peer, title_text, two_tracks};

/// A reader of events.
struct Reader {
    peer: Peer,
    text: String,
}

impl Reader {
    fn start(server: &Coldwave) -> Self {
        let request = server.get("/api/v1/events").http11().header("Host", "radio.example");
        let mut peer = request.header("Accept", "text/event-stream").open();
        let head = peer.head();
        assert_eq!(head.status, "HTTP/1.0 200 OK");
        assert_eq!(head.get("Content-Type"), Some("text/event-stream"));
        assert_eq!((head.get("Connection"), head.get("Content-Length")), (Some("close"), None));
        Self { peer, text: String::new() }
    }

    /// Returns the data of the next event of this kind.
    fn next(&mut self, kind: &str) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.strip_prefix(&format!("event: {kind}\n")).map(data_of);
                self.text = rest.to_owned();
                if let Some(data) = data {
                    return data;
                }
            } else {
                let more = self.peer.read().expect("an event arrives in time");
                assert!(!more.is_empty(), "the event stream has ended");
                self.text +=
                    std::str::from_utf8(&more).expect("characters are not split between small events");
            }
        }
    }
}

fn data_of(event: &str) -> Value {
    let data = event.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event has data");
    serde_json::from_str(data).expect("JSON")
}

/// Parses a time into seconds since 1970.
fn time(text: &Value) -> f64 {
    let time: Timestamp = text.as_str().expect("a time").parse().expect("RFC 3339");
    time.as_millisecond() as f64 / 1000.0
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// A listener that plays from the moment at which it joined gets a title at the time in its event, or up to a
/// second later, because titles arrive only at the metadata interval.
#[test]
fn title_is_audible_at_the_time_in_its_event() {
    let folder = two_tracks();
    let mut server = Coldwave::with_music(&[folder.path()]);
    let mut reader = Reader::start(&server);
    let station = reader.next("station");
    assert_eq!((&station["id"], &station["mount"]), (&1.into(), &"/live".into()));
    // The burst is complete after five seconds.
    let first = loop {
        let title = reader.next("title");
        if time(&title["audible_at"]) > time(&title["on_air_at"]) + 4.9 {
            break title;
        }
    };
    let joined = now();
    let mut listener = server.listen_with_titles();
    let event = loop {
        let event = reader.next("title");
        if time(&event["audible_at"]) > joined + 1.0 {
            break event;
        }
    };
    assert!(time(&event["on_air_at"]) <= now(), "{event}");
    assert!((time(&event["audible_at"]) - time(&event["on_air_at"]) - 5.0).abs() < 0.1, "{event}");
    // The same title was on the air six seconds before, and may have been sent at the start.
    let is_title = |text: &[u8]| !text.is_empty() && event["title"] == title_text(text).as_str();
    let played_at = |it: &Listener, at: usize| {
        joined + it.frames.iter().filter(|frame| frame.end <= at).count() as f64 * 1152.0 / 44_100.0
    };
    let late = |it: &Listener| {
        let blocks = it.blocks.iter().filter(|(at, text)| is_title(text) && *at < it.audio.len());
        blocks.map(|(at, _)| played_at(it, *at) - time(&event["audible_at"])).find(|late| *late > -2.0)
    };
    listener.until("the title", |it| late(it).is_some());
    let late = late(&listener).expect("the title has arrived");
    assert!((-0.2..1.5).contains(&late), "{late} s: {event}, after {first}");
    server.signal("TERM");
    let rest = reader.peer.read_to_end().expect("the stream ends cleanly");
    let all = reader.text + std::str::from_utf8(&rest).expect("UTF-8");
    assert!(all.is_empty() || all.ends_with("\n\n"), "the last event is whole: {all:?}");
    assert!(server.wait().success());
}
