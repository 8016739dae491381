//! Unlisted stations over real sockets, on a server whose configuration has no station.

use std::fs;
use std::net::SocketAddr;

use crate::common::{CHECKED, Coldwave, Listener, Peer, Request, fixture, wait_for};

const CONFIG: &str = "[server]\nlisten = ['127.0.0.1:0']\nadmin_password = 'high water'\nmetrics = 'public'\n\
    [unlisted]\nsource_password = 'a long swim'\nmax = 5\nmax_silence_s = 1\n";

/// Logs a source in at this mount.
fn log_in(address: SocketAddr, mount: &str) -> Peer {
    let request = Request::new(address, "SOURCE", mount).auth("source", "a long swim");
    request.header("Content-Type", "audio/mpeg").header("ice-name", "Harbour tour").open()
}

/// Returns a few seconds of audio.
fn audio() -> Vec<u8> {
    fs::read(fixture(CHECKED)).expect("a fixture").repeat(5)
}

fn listen(server: &Coldwave, path: &str) -> Listener {
    server.get(path).http11().header("Host", "radio.example").agent("tests").listen()
}

fn status(server: &Coldwave, path: &str) -> String {
    server.get(path).send().status_line().to_owned()
}

#[test]
fn source_creates_a_station_on_a_server_without_any() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Coldwave::with_config(folder.path(), CONFIG, 1);
    assert!(server.url().ends_with('/'), "{}", server.url());
    assert!(status(&server, "/").contains(" 200 ") && status(&server, "/tour").contains(" 404 "));
    let mut source = log_in(server.address(), "/tour");
    assert!(source.head().status.contains(" 200 "));
    assert!(status(&server, "/tour").contains(" 404 "), "it has sent no audio");
    source.send(&audio());
    wait_for("the station", || {
        let stations = server.get("/api/v1/stations").send().json();
        (stations["stations"][0]["name"] == "Harbour tour").then_some(())
    });
    let mut listener = listen(&server, "/tour");
    listener.until_seconds(2.0);
    drop(source);
    listener.until_end().expect("the server ends the stream");
    assert!(listener.is_whole(), "the last frame is complete");
    wait_for("the end of the station", || status(&server, "/tour").contains(" 404 ").then_some(()));
    let log = server.log().text();
    assert!(log.contains("/tour: unlisted station begins, id 1"), "{log}");
    assert!(log.contains("/tour: unlisted station ends without a source; disconnecting 1 listener"), "{log}");
}

/// Memory and open files of many stations, one after the other, are those of a few.
#[test]
fn stations_that_come_and_go_leave_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Coldwave::with_config(folder.path(), CONFIG, 1);
    let frames = fs::read(fixture(CHECKED)).expect("a fixture");
    let cycle = |from: usize, count: usize| {
        for number in from..from + count {
            let mut source = log_in(server.address(), &format!("/tour/{number}"));
            if number % 3 != 0 {
                let _ = source.try_send(&frames);
            }
            let _ = source.head();
        }
        wait_for("the end of all stations", || {
            let stations = server.get("/api/v1/stations").send().json();
            stations["stations"].as_array().is_some_and(Vec::is_empty).then_some(())
        });
    };
    cycle(0, 200);
    let (memory, descriptors) = (resident(server.pid()), server.descriptors());
    for round in 1..10 {
        cycle(round * 200, 200);
    }
    let growth = resident(server.pid()).saturating_sub(memory);
    assert!(growth < 1024 * 1024, "{growth} bytes more after 1,800 sources");
    wait_for("closed connections", || (server.descriptors() <= descriptors + 2).then_some(()));
}

/// Returns the resident memory of a process in bytes.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc shows processes");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the resident memory");
    let kilobytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}
