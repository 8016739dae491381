//! Actions of the administrator's API, and their effect on listeners.

use std::process::Command;

use serde_json::Value;

use crate::common::{BINARY, CHECKED, Coldwave, PLAIN, Peer, Request, fixture, track, wait_for};

/// Starts a coldwave that plays three tracks of half a minute each and accepts sources.
fn three_tracks() -> (Coldwave, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["1.mp3", "2.mp3", "3.mp3"] {
        track(folder.path(), name, PLAIN, 50);
    }
    let config = folder.path().join("coldwave.toml");
    let text = "[server]\nlisten = [\"127.0.0.1:0\"]\nadmin_password = \"lighthouse\"\n\
                [[station]]\nmount = \"/live\"\nmusic = [\".\"]\nsource_password = \"deep water\"\n";
    std::fs::write(&config, text).expect("the folder is writable");
    let mut command = Command::new(BINARY);
    // The log of the API is independent of what is printed.
    command.arg("--config").arg(&config).env("RUST_LOG", "error");
    (Coldwave::start(command, 1), folder)
}

/// Sends a request of the administrator, which must succeed, and returns the reply.
#[track_caller]
fn request(server: &Coldwave, method: &str, path: &str, form: &str) -> Value {
    let request = Request::new(server.address(), method, &format!("/api/v1/admin{path}")).http11();
    let request = request.header("Host", "radio.example").auth("admin", "lighthouse");
    let reply = request.body(form).send();
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{path}");
    reply.json()
}

fn title(server: &Coldwave) -> Value {
    request(server, "GET", "/stations", "")["stations"][0]["title"]["text"].clone()
}

fn go_live(server: &Coldwave) -> Peer {
    let request = Request::new(server.address(), "SOURCE", "/live").auth("source", "deep water");
    let mut source = request.header("Content-Type", "audio/mpeg").open();
    source.send(&std::fs::read(fixture(CHECKED)).expect("a fixture").repeat(20));
    source
}

#[test]
fn api_skips_a_track_sets_a_title_and_kicks_a_listener() {
    let (server, _folder) = three_tracks();
    let mut listener = server.get("/live").header("Icy-MetaData", "1").listen();
    listener.until("the first title", |it| it.titles().contains(&"1".to_owned()));
    assert_eq!(title(&server), "1");
    assert_eq!(request(&server, "POST", "/stations/1/skip", "")["message"], "Track skipped");
    listener.until("the next track, long before the end of the first", |it| {
        it.titles().contains(&"2".to_owned())
    });
    assert!(listener.is_whole() && listener.seconds() < 25.0, "{} s", listener.seconds());
    let _source = go_live(&server);
    wait_for("the source", || (title(&server) != "2").then_some(()));
    request(&server, "POST", "/stations/1/title", "song=Nadia+Karim+-+Tidewater");
    wait_for("its title", || (title(&server) == "Nadia Karim - Tidewater").then_some(()));
    let listeners = request(&server, "GET", "/stations/1/listeners", "");
    let id = listeners["listeners"][0]["id"].as_u64().expect("a listener");
    request(&server, "POST", "/stations/1/kick", &format!("client={id}"));
    listener.until_end().expect("the stream ends cleanly");
    assert!(listener.is_whole(), "the stream ends at a frame boundary");
    let log = request(&server, "GET", "/log", "");
    let texts: Vec<&str> =
        log["lines"].as_array().expect("lines").iter().filter_map(|line| line["text"].as_str()).collect();
    for action in [
        "/live: track \"1\" skipped by admin at 127.0.0.1",
        "/live: title \"Nadia Karim - Tidewater\" set by admin at 127.0.0.1",
        "/live: listeners disconnected by admin at 127.0.0.1: 1",
    ] {
        assert_eq!(texts.iter().filter(|text| **text == action).count(), 1, "{action}: {texts:#?}");
    }
    assert!(!log.to_string().contains("lighthouse") && !log.to_string().contains("deep water"));
    assert!(!server.log().text().contains("skipped"), "only errors are printed");
}
