//! Real players, and how many they are: protocol-notes/counts.md.

use crate::common::{Peer, Program};
use crate::players::cvlc;
use crate::{Station, wait_for};

/// VLC throws its first connection away, and is one listener all the same.
#[test]
fn vlc_is_one_listener() {
    let Some(station) = Station::for_programs(&[("cvlc", "vlc-bin"), ("setpriv", "util-linux")]) else {
        return;
    };
    let mut command = cvlc(station.home());
    command.arg(station.url());
    let mut vlc = Program::started(command);
    // Every listener who goes has a line in the log.
    let thrown_away = || station.server.log().count("\"GET /live HTTP/1.1\" (\"VLC/");
    wait_for("VLC to hang up on its first connection", || {
        assert!(vlc.is_running(), "VLC ended: {}", vlc.stderr.text());
        (thrown_away() == 1).then_some(())
    });
    // Listeners, whether it is up, the most listeners.
    wait_for("VLC to count", || seven(&station).starts_with("1,1,1,").then_some(()));
    // How many there ever were.
    let counts = page(&station, "/api/v1/stations/1");
    assert!(counts.contains("\"total\":1"), "{counts}");
    assert_eq!(thrown_away(), 1, "{}", station.server.log().text());
}

/// What `/7.html` says.
fn seven(station: &Station) -> String {
    let page = page(station, "/7.html");
    page.split("<body>").nth(1).unwrap_or_else(|| panic!("{page}")).to_owned()
}

fn page(station: &Station, path: &str) -> String {
    let mut peer = Peer::connect(station.server.address());
    peer.send(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
    String::from_utf8(peer.read_to_end().expect("a page")).expect("UTF-8")
}
