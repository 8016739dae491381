//! How real players are counted (protocol-notes/counts.md).

use crate::common::Program;
use crate::players::cvlc;
use crate::{Station, wait_for};

/// VLC closes its first connection and opens another, and counts once.
#[test]
fn vlc_is_one_listener() {
    let Some(station) = Station::for_programs(&[("cvlc", "vlc-bin"), ("setpriv", "util-linux")]) else {
        return;
    };
    let mut command = cvlc(station.home());
    command.arg(station.url());
    let mut vlc = Program::start(command);
    // The log has a line for every listener that leaves.
    let closed = || station.server.log().count("\"GET /live HTTP/1.1\" (\"VLC/");
    wait_for("VLC to close its first connection", || {
        assert!(vlc.is_running(), "VLC exited: {}", vlc.stderr.text());
        (closed() == 1).then_some(())
    });
    // The fields are listeners, status and peak.
    wait_for("VLC to count", || seven(&station).starts_with("1,1,1,").then_some(()));
    // The total of all sessions.
    let counts = page(&station, "/api/v1/stations/1");
    assert!(counts.contains("\"total\":1"), "{counts}");
    assert_eq!(closed(), 1, "{}", station.server.log().text());
}

/// Returns the fields of `/7.html`.
fn seven(station: &Station) -> String {
    let page = page(station, "/7.html");
    page.split("<body>").nth(1).unwrap_or_else(|| panic!("{page}")).to_owned()
}

fn page(station: &Station, path: &str) -> String {
    station.server.get(path).send().ok()
}
