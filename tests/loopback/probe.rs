//! `coldwave probe` finds nothing wrong with coldwave, and says what it cannot reach.

use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::tls::Authority;
use crate::common::{BINARY, Coldwave, Finished, Program, fixture};

/// Runs `coldwave probe` with these arguments.
fn probe(arguments: &[&str]) -> Finished {
    let mut command = Command::new(BINARY);
    command.arg("probe").args(arguments).env_remove("RUST_LOG");
    Program::start(command).finish()
}

/// A coldwave with a station of MP3 and its rendition, one of AAC, and a certificate.
struct Stations {
    server: Coldwave,
    folder: tempfile::TempDir,
}

impl Stations {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new("tests");
        let tls = authority.certificate(&["127.0.0.1"]).write(folder.path(), "station");
        fs::write(folder.path().join("ca.pem"), authority.pem()).expect("the folder is writable");
        write_aac(&folder.path().join("a.aac"));
        let music = fixture("station");
        let config = format!(
            "[server]\nlisten = [\"127.0.0.1:0\"]\n{tls}\n\
             [[station]]\nname = \"Harbour FM\"\nmount = \"/live\"\nmusic = [{music:?}]\n\
             [[station.rendition]]\nmount = \"/live-64\"\nbitrate = 64\n\
             [[station]]\nmount = \"/aac\"\ncodec = \"aac\"\nmusic = [\"a.aac\"]\n"
        );
        let server = Coldwave::with_config(folder.path(), &config, 3);
        // The rendition is encoded.
        server.get("/live-64").listen().for_seconds(1.0);
        Self { server, folder }
    }

    fn url(&self, scheme: &str, mount: &str) -> String {
        format!("{scheme}://{}{mount}", self.server.address())
    }

    fn ca(&self) -> String {
        self.folder.path().join("ca.pem").to_string_lossy().into_owned()
    }
}

/// Writes ten seconds of AAC.
fn write_aac(path: &Path) {
    let frames = fs::read(fixture("aac/lc-44100-stereo-96k.aac")).expect("the fixture is readable");
    fs::write(path, frames.repeat(16)).expect("the folder is writable");
}

#[test]
fn coldwave_has_no_faults_with_mp3_aac_renditions_and_tls() {
    let stations = Stations::start();
    let (ca, live, aac) = (stations.ca(), stations.url("https", "/live"), stations.url("http", "/aac"));
    let urls = [&*live, &*aac];
    let probed = probe(&[&["--seconds", "3", "--json", "--renditions", "--ca", &ca][..], &urls].concat());
    assert_eq!(probed.stderr, "", "{probed:#?}");
    let json: Value = serde_json::from_str(&probed.stdout).expect("JSON");
    let streams = json["streams"].as_array().expect("a list");
    let mounts: Vec<&str> = streams
        .iter()
        .map(|it| it["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a URL"))
        .collect();
    assert_eq!(mounts, ["live", "live-64", "aac"], "{json:#}");
    for stream in streams {
        let findings = stream["findings"].as_array().expect("a list");
        // On a busy machine, the rendition is silent until its encoder keeps up.
        let is_late = |finding: &Value| {
            stream["audio"]["bit_rate_kbps"] == 64
                && finding["kind"].as_str().is_some_and(|kind| kind == "silence")
        };
        assert!(findings.iter().all(is_late), "{stream:#}");
        assert!(stream["frames"].as_u64().is_some_and(|frames| frames > 50), "{stream:#}");
        assert_eq!(stream["join"]["on_frame"], true, "{stream:#}");
        let title = stream["metadata"]["titles"][0]["title"].as_str().expect("a title");
        assert!(!title.is_empty(), "{stream:#}");
    }
    assert_eq!(streams[0]["name"], "Harbour FM");
    assert_eq!(streams[0]["connection"]["tls"]["version"], "TLS 1.3");
    assert_eq!(streams[1]["audio"]["bit_rate_kbps"], 64);
    assert_eq!(streams[2]["audio"]["codec"], "AAC");
}

#[test]
fn documented_addresses_lead_to_all_renditions() {
    let stations = Stations::start();
    let urls = ["/", "/;", "/stream", "/live;stream.mp3"].map(|path| stations.url("http", path));
    let urls = urls.each_ref().map(String::as_str);
    let probed = probe(&[&["--seconds", "1", "--brief", "--renditions"][..], &urls].concat());
    let mounts: Vec<&str> = probed
        .stdout
        .lines()
        .map(|line| line.rsplit_once(": ").and_then(|(url, _)| url.rsplit('/').next()).expect("a URL"))
        .collect();
    assert_eq!(mounts, ["live", "live-64"].repeat(4), "{probed:#?}");
}

#[test]
fn result_line_and_exit_status_suit_monitoring() {
    let stations = Stations::start();
    let (live, tls) = (stations.url("http", "/live"), stations.url("https", "/live"));
    let check = |arguments: &[&str], code: i32, beginning: &str| {
        let probed = probe(arguments);
        assert_eq!(probed.code, Some(code), "{arguments:?}: {probed:#?}");
        let output = if code == 3 { &probed.stderr } else { &probed.stdout };
        assert!(output.starts_with(beginning), "{arguments:?}: {probed:#?}");
    };
    check(&["--brief", "--seconds", "1", &live], 0, &format!("OK - {live}: MP3 128 kbit/s, 1.0 s heard\n"));
    let wrong = format!("WARNING - {live}: the name of the station is \"Harbour FM\", not \"Pier FM\"");
    check(&["--seconds", "1", "--name", "Pier FM", &live], 1, &wrong);
    check(&["--seconds", "1", "--name", "Pier FM", "--ignore", "name", &live], 0, "OK - ");
    check(&["--seconds", "1", &tls], 2, &format!("CRITICAL - {tls}: "));
    check(&["--seconds", "1", &stations.url("http", "/nothing")], 2, "CRITICAL - ");
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let closed = format!("http://{closed}/live");
    check(&[&closed], 2, &format!("CRITICAL - {closed}: connection refused\n"));
    check(&["--seconds", "0", &live], 3, "coldwave: probe: --seconds 0: expected 1 to 3600");
    check(&["--ca", "/nonexistent.pem", &live], 3, "coldwave: probe: --ca: /nonexistent.pem ");
}

/// Returns the exit status of a probe whose stdout is this file.
fn status_with_stdout(url: &str, stdout: impl Into<Stdio>) -> Option<i32> {
    let mut command = Command::new(BINARY);
    command.args(["probe", "--seconds", "1", url]).stdout(stdout).stderr(Stdio::null());
    Program::start_with_own_output(command).wait().code()
}

#[test]
fn report_that_is_lost_is_not_ok() {
    let stations = Stations::start();
    let live = stations.url("http", "/live");
    let full = File::options().write(true).open("/dev/full").expect("Linux has this file");
    assert_eq!(status_with_stdout(&live, full), Some(3));
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(status_with_stdout(&live, writer), Some(0));
}
