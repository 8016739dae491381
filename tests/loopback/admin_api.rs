//! What an operator does by the API, as those who listen notice it.

use std::process::Command;

use serde_json::Value;

use crate::common::{BINARY, CHECKED, Coldwave, Listening, PLAIN, Peer, fixture, track, wait_for};

/// `admin:lighthouse`.
const ADMIN: &str = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";

/// A coldwave that plays three tracks of half a minute each, and takes sources.
fn three_tracks() -> (Coldwave, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder for tests");
    for name in ["1.mp3", "2.mp3", "3.mp3"] {
        track(folder.path(), name, PLAIN, 50);
    }
    let config = folder.path().join("coldwave.toml");
    let text = "[server]\nlisten = [\"127.0.0.1:0\"]\nadmin_password = \"lighthouse\"\n\
                [[station]]\nmount = \"/live\"\nmusic = [\".\"]\nsource_password = \"deep water\"\n";
    std::fs::write(&config, text).expect("it can be written");
    let mut command = Command::new(BINARY);
    // What is printed is one thing, what is kept another.
    command.arg("--config").arg(&config).env("RUST_LOG", "error");
    (Coldwave::started(command, 1), folder)
}

/// The answer to a request of the administrator, which has to be done.
#[track_caller]
fn ask(server: &Coldwave, method: &str, path: &str, form: &str) -> Value {
    let head = format!("{method} /api/v1/admin{path} HTTP/1.1\nHost: radio.example\n{ADMIN}");
    let head = format!("{head}\nContent-Length: {}", form.len());
    let mut peer = server.connect();
    peer.send(format!("{}\r\n\r\n{form}", head.replace('\n', "\r\n")).as_bytes());
    let answer = peer.head();
    assert!(answer.status.contains(" 200 "), "{path}: {}", answer.status);
    serde_json::from_slice(&peer.read_to_end().expect("it ends")).expect("JSON")
}

fn title(server: &Coldwave) -> Value {
    ask(server, "GET", "/stations", "")["stations"][0]["title"]["text"].clone()
}

fn live(server: &Coldwave) -> Peer {
    let mut source = server.connect();
    // `source:deep water`.
    let head = "SOURCE /live HTTP/1.0\r\nAuthorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n\
                Content-Type: audio/mpeg\r\n\r\n";
    source.send(head.as_bytes());
    source.send(&std::fs::read(fixture(CHECKED)).expect("a fixture").repeat(20));
    source
}

#[test]
fn tracks_are_skipped_titles_set_and_listeners_thrown_out() {
    let (server, _folder) = three_tracks();
    let mut listening = Listening::to(server.ask("GET /live HTTP/1.0\nIcy-MetaData: 1"));
    listening.until("the first title", |it| it.titles().contains(&"1".to_owned()));
    assert_eq!(title(&server), "1");
    assert_eq!(ask(&server, "POST", "/stations/1/skip", "")["message"], "Track skipped");
    listening.until("the next track, long before its time", |it| it.titles().contains(&"2".to_owned()));
    assert!(listening.is_whole() && listening.seconds() < 25.0, "{} s", listening.seconds());
    let _source = live(&server);
    wait_for("the source", || (title(&server) != "2").then_some(()));
    ask(&server, "POST", "/stations/1/title", "song=Nadia+Karim+-+Tidewater");
    wait_for("its title", || (title(&server) == "Nadia Karim - Tidewater").then_some(()));
    let listeners = ask(&server, "GET", "/stations/1/listeners", "");
    let id = listeners["listeners"][0]["id"].as_u64().expect("one listens");
    ask(&server, "POST", "/stations/1/kick", &format!("client={id}"));
    listening.until_end().expect("he is told goodbye");
    assert!(listening.is_whole(), "no frame is torn");
    let log = ask(&server, "GET", "/log", "");
    let texts: Vec<&str> =
        log["lines"].as_array().expect("lines").iter().filter_map(|line| line["text"].as_str()).collect();
    for deed in [
        "/live: track \"1\" skipped by admin at 127.0.0.1",
        "/live: title \"Nadia Karim - Tidewater\" set by admin at 127.0.0.1",
        "/live: listeners disconnected by admin at 127.0.0.1: 1",
    ] {
        assert_eq!(texts.iter().filter(|text| **text == deed).count(), 1, "{deed}: {texts:#?}");
    }
    assert!(!log.to_string().contains("lighthouse") && !log.to_string().contains("deep water"));
    assert!(!server.log().text().contains("skipped"), "only errors are printed");
}
