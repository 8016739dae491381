//! Tests of the streams of a station.

use std::time::Duration;

use super::server::{TestNetwork, TestServer};
use super::{Kind, examine, kinds};
use crate::probe::{Network, ProbeOptions, ProbeReport, ProbeStatus, ProbeTarget, find_renditions, probe};
use crate::stream_url::StreamUrl;
use crate::time::Time;

fn list_with(urls: &str) -> TestServer {
    TestServer::answering("HTTP/1.1 200 OK", &[("Content-Type", "audio/x-mpegurl")], urls.as_bytes())
}

fn not_found() -> TestServer {
    TestServer::answering("HTTP/1.1 404 Not Found", &[], b"")
}

fn find(
    url: &str,
    options: &ProbeOptions,
    network: &TestNetwork,
) -> Result<Vec<ProbeTarget>, Box<ProbeReport>> {
    find_renditions(&StreamUrl::parse_any(url).expect(url), options, network, Time::START)
}

/// Examines the station at `url`, one stream after the other.
fn examine_all(url: &str, options: &ProbeOptions, servers: Vec<TestServer>) -> Vec<ProbeReport> {
    let network = TestNetwork::new(servers);
    match find(url, options, &network) {
        Ok(targets) => targets.into_iter().map(|target| probe(target, options, &network)).collect(),
        Err(report) => vec![*report],
    }
}

#[test]
fn renditions_are_the_entries_of_the_playlist() {
    let list = list_with("http://h/live\r\nhttp://h/live-96\r\n/local/file.mp3\r\n");
    let network = TestNetwork::new([list]);
    let targets = find("http://h/live?x=y", &ProbeOptions::default(), &network).expect("renditions");
    let urls: Vec<String> = targets.iter().map(|target| target.url().to_string()).collect();
    assert_eq!(urls, ["http://h/live", "http://h/live-96"]);
    assert_eq!(network.requested(), ["http://h/live.m3u?x=y"]);
}

#[test]
fn playlist_of_each_documented_address_is_requested() {
    for (target, playlist) in [
        ("/live", "/live.m3u"),
        ("/live/", "/live.m3u"),
        ("/live;stream.mp3", "/live.m3u"),
        ("/radio/live?token=x", "/radio/live.m3u?token=x"),
        ("/listen.pls?sid=2", "/listen.pls?sid=2"),
        ("/", "/listen.m3u"),
        ("/;", "/listen.m3u"),
        ("/;stream.mp3", "/listen.m3u"),
        ("/;stream.m3u", "/listen.m3u"),
        ("/stream", "/listen.m3u"),
        ("/stream?sid=2&token=x", "/listen.m3u?sid=2&token=x"),
        ("/stream/2", "/listen.m3u?sid=2"),
        ("/;stream/2", "/listen.m3u?sid=2"),
    ] {
        let network = TestNetwork::new([not_found()]);
        drop(find(&format!("http://h{target}"), &ProbeOptions::default(), &network));
        assert_eq!(network.requested(), [format!("http://h{playlist}")], "{target}");
    }
}

#[test]
fn playlist_behind_a_redirect_is_read() {
    let redirect = TestServer::answering("HTTP/1.1 301 Moved", &[("Location", "http://h/live.m3u")], b"");
    let network = TestNetwork::new([redirect, list_with("http://h/a\nhttp://h/b\n"), TestServer::default()]);
    let options = ProbeOptions::default();
    let targets = find("https://radio.example/live", &options, &network).expect("a playlist");
    assert_eq!(targets.len(), 2);
    for target in targets {
        // Each one begins at the same time.
        network.rewind();
        let report = probe(target, &options, &network);
        assert_eq!(kinds(&report), [Kind::RedirectFromTls].into(), "what led there is reported as well");
        let via: Vec<_> = report.via.iter().map(|hop| (&*hop.url, &*hop.because)).collect();
        let expected = [
            ("https://radio.example/live.m3u", "redirect 301"),
            ("http://h/live.m3u", "playlist with 2 URLs"),
        ];
        assert_eq!(via, expected);
    }
}

#[test]
fn stream_without_a_playlist_is_examined_alone() {
    let page = TestServer::answering("HTTP/1.1 200 OK", &[("Content-Type", "text/html")], b"<html>");
    for without in [not_found(), page, list_with("# nothing\n"), TestServer::default()] {
        let servers = vec![without, TestServer::default()];
        let reports = examine_all("http://radio.example/live", &ProbeOptions::default(), servers);
        let [report] = &reports[..] else { panic!("{reports:#?}") };
        assert_eq!((&*report.url, report.status), ("http://radio.example/live", ProbeStatus::Ok));
        assert_eq!(kinds(report), [Kind::NoPlaylist].into());
        assert!(report.findings[0].message.contains("http://radio.example/live.m3u "), "{report:?}");
        assert!(report.frames > 500);
    }
}

#[test]
fn playlist_that_cannot_be_read_is_reported_unless_that_is_ignored() {
    for (ignored, status) in [(vec![], ProbeStatus::Critical), (vec![Kind::Status], ProbeStatus::Ok)] {
        let options = ProbeOptions { ignored, ..ProbeOptions::default() };
        let servers = vec![TestServer::answering("HTTP/1.1 503 Busy", &[], b"")];
        let reports = examine_all("http://h/live", &options, servers);
        let [report] = &reports[..] else { panic!("{reports:#?}") };
        assert_eq!((kinds(report), report.status), ([Kind::Status].into(), status));
    }
}

#[test]
fn playlist_and_stream_share_the_time_limit() {
    let options = ProbeOptions { timeout: Duration::from_secs(3), ..ProbeOptions::default() };
    let late = |server| TestServer { answers_after: Duration::from_millis(2500), ..server };
    let servers = vec![late(list_with("http://h/live\n")), late(TestServer::default())];
    let network = TestNetwork::new(servers);
    let target = find("http://h/live", &options, &network).expect("a playlist").remove(0);
    let report = probe(target, &options, &network);
    assert_eq!(network.now(), Time::START + options.timeout);
    assert_eq!(kinds(&report), [Kind::NoReply].into());
    let expected = "http://h/live does not answer in time; what led there had taken 2.6 s";
    assert_eq!(report.findings[0].message, expected);
    // One that answers at once is examined in the rest of the time.
    let servers = vec![late(list_with("http://h/live\n")), TestServer::default()];
    let reports = examine_all("http://h/live", &options, servers);
    assert_eq!(reports[0].status, ProbeStatus::Ok, "{:?}", reports[0].findings);
    assert!(reports[0].times.head_s.is_some_and(|at| at > 2.5));
    assert_eq!(kinds(&examine("http://h/live", &options, vec![late(TestServer::default())])), [].into());
}
