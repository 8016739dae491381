//! Keys of sc_serv that name files: logs, the PID, pictures.

use std::fs;

use super::ForeignServer;
use super::shoutcast::{folder, with_lines};
use crate::common::wait_for;

#[test]
fn logs_and_pid_of_an_sc_serv_conf_are_in_its_files() {
    let mut foreign = ForeignServer::with_shoutcast(&with_lines(
        "unique=harbour\nlog=1\nlogfile={folder}/$.log\nscreenlog=0\nlogclients=1\n\
         pidfile={folder}/sc_serv.pid\nw3cenable=0\nw3clog={folder}/sc_w3c.log",
    ));
    let path = |name: &str| foreign.folder.path().join(name);
    let pid = fs::read_to_string(path("sc_serv.pid")).expect("a file");
    assert_eq!(pid, format!("{}\n", foreign.server.pid()));
    let _source = foreign.source_with_audio("/live");
    foreign.wait_for_mount("/live");
    foreign.server.get("/live").agent("Visitor/1").listen().until_seconds(1.0);
    let log = || fs::read_to_string(path("harbour.log")).unwrap_or_default();
    wait_for("the listener in the log", || log().contains("Visitor/1").then_some(()));
    assert!(!path("sc_w3c.log").exists() && !foreign.server.log().text().contains("Visitor/1"));
    foreign.server.signal("TERM");
    assert!(foreign.server.wait().success());
}

#[test]
fn picture_of_a_stream_is_that_of_the_file() {
    let picture = b"\x89PNG\r\n\x1a\n0123456789".repeat(20);
    for key in ["artworkfile", "streamartworkfile_1"] {
        let folder = folder();
        fs::write(folder.path().join("cover.png"), &picture).expect("a file");
        let lines = with_lines(&format!("{key}={{folder}}/cover.png"));
        let foreign = ForeignServer::with_file(folder, "sc_serv.conf", &lines);
        let _source = foreign.source_with_audio("/live");
        foreign.wait_for_mount("/live");
        let reply = wait_for(key, || {
            let reply = foreign.server.get("/streamart?sid=1").send();
            reply.status_line().contains(" 200 ").then_some(reply)
        });
        assert!(reply.body == picture, "{key}: {:?}", reply.head);
    }
}
