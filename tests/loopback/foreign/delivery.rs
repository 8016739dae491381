//! What listeners get: bursts, headers, and how long they may stay.

use std::time::{Duration, Instant};

use super::{ForeignServer, PASSWORD};
use crate::common::{fixture, wait_for};

/// Returns how long a new listener waits for two seconds of audio.
fn time_to_two_seconds(foreign: &ForeignServer, path: &str) -> Duration {
    let start = Instant::now();
    foreign.server.get(path).listen().until_seconds(2.0);
    start.elapsed()
}

#[test]
fn burst_of_a_mount_has_priority_over_that_of_limits() {
    let foreign = ForeignServer::with_icecast(
        "<limits><burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size></limits>\
         <mount><mount-name>/bare</mount-name><burst-size>0</burst-size></mount>",
    );
    let sources = ["/bare", "/tour"].map(|mount| foreign.source_with_audio(mount));
    // The burst of /tour is on the timeline after it has played for a while.
    for mount in ["/bare", "/tour"] {
        foreign.server.get(mount).listen().until_seconds(3.0);
    }
    let [without, with] = ["/bare", "/tour"].map(|mount| time_to_two_seconds(&foreign, mount));
    assert!(without >= Duration::from_secs(1), "{without:?} without a burst");
    assert!(with < without, "{with:?} with a burst, {without:?} without");
    drop(sources);
}

#[test]
fn headers_of_an_icecast_xml_are_those_of_its_responses() {
    let foreign = ForeignServer::with_icecast(
        "<http-headers><header name=\"Access-Control-Allow-Origin\" value=\"https://a.example\"/>\
         <header name=\"Content-Length\" value=\"5\"/></http-headers>\
         <mount><mount-name>/tour</mount-name><hidden>1</hidden><stream-name>Quiet Quay</stream-name>\
         <http-headers><header name=\"X-Programme\" value=\"night\"/></http-headers></mount>",
    );
    let _source = foreign.source_with_audio("/tour");
    wait_for("the stream", || foreign.status("/tour").contains(" 200 ").then_some(()));
    let head = foreign.server.get("/tour").open().head();
    assert_eq!(head.get("X-Programme"), Some("night"), "{head:?}");
    assert_eq!(head.get("Access-Control-Allow-Origin"), Some("https://a.example"));
    assert_eq!(head.get("Content-Length"), None);
    let status = foreign.server.get("/status-json.xsl").open().head();
    assert_eq!(status.get("Access-Control-Allow-Origin"), Some("https://a.example"));
    assert!(!foreign.server.get("/status-json.xsl").send().ok().contains("Quiet Quay"));
}

#[test]
fn limits_of_listeners_and_sources_of_an_icecast_xml_apply() {
    let foreign = ForeignServer::with_icecast(
        "<limits><header-timeout>1</header-timeout></limits>\
         <mount><mount-name>/short</mount-name><max-listener-duration>2</max-listener-duration></mount>\
         <mount><mount-name>/small</mount-name><limit-rate>67000</limit-rate></mount>",
    );
    let _source = foreign.source_with_audio("/short");
    let start = Instant::now();
    let mut listener = foreign.server.get("/short").listen();
    listener.until_end().expect("the end of the stream");
    assert!(start.elapsed() >= Duration::from_secs(2) && listener.is_whole());
    let request = crate::common::Request::new(foreign.server.address(), "SOURCE", "/small");
    let request = request.auth("source", PASSWORD).header("Content-Type", "audio/mpeg");
    let reply = request.header("ice-bitrate", "128").send();
    assert!(reply.status_line().contains(" 403 ") && reply.text().contains("max_source_bitrate (67)"));
    let mut idle = foreign.server.connect();
    idle.send(b"GET /");
    let answer = idle.read_to_end().expect("an answer and the end");
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.0 408 "));
}

#[test]
fn intro_and_recording_of_a_mount_are_those_of_an_icecast_xml() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("web")).expect("a directory");
    let intro = std::fs::read(fixture("mp3/cbr.mp3")).expect("a fixture");
    std::fs::write(folder.path().join("web/hello.mp3"), &intro).expect("a file");
    let foreign = ForeignServer::with_icecast_in(
        folder,
        "<paths><webroot>{folder}/web</webroot></paths>\
         <mount><mount-name>/tour</mount-name><burst-size>0</burst-size><intro>/hello.mp3</intro>\
         <dump-file>{folder}/dump-%Y.mp3</dump-file></mount>\n\
         <mount><mount-name>/harbour</mount-name>\
         <intro>../../../../../../../../../..{folder}/web/hello.mp3</intro></mount>",
    );
    let _sources = ["/tour", "/harbour"].map(|mount| foreign.source_with_audio(mount));
    wait_for("the recording", || {
        let mut files = std::fs::read_dir(foreign.folder.path()).expect("the folder").flatten();
        files.find(|file| file.file_name().to_string_lossy().ends_with(".mp3"))
    });
    for mount in ["/tour", "/harbour"] {
        wait_for("the stream", || foreign.status(mount).contains(" 200 ").then_some(()));
        let mut listener = foreign.server.get(mount).listen();
        listener.until_seconds(0.2);
        let first = listener.frame(0).to_vec();
        assert!(intro.windows(first.len()).any(|window| window == first), "{mount}: the intro is first");
    }
}
