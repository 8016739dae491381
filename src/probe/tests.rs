//! Tests with a simulated server, into which faults are built.

mod renditions;
mod server;

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::audio::{Codec, Frame, FrameChecker, Header};
use crate::http::request::RequestRefusal;
use crate::stream_url::StreamUrl;
use crate::time::Time;
use FindingKind as Kind;
use server::{End, TestNetwork, TestServer};

fn examine(url: &str, options: &ProbeOptions, servers: Vec<TestServer>) -> ProbeReport {
    let network = TestNetwork::new(servers);
    let url = StreamUrl::parse_any(url).expect(url);
    let report = probe(ProbeTarget::new(url, network.now(), options), options, &network);
    let limit = options.timeout + options.seconds + Duration::from_secs(1);
    assert!(network.now() <= Time::START + limit, "it took {:?}", network.now());
    report
}

fn examine_one(server: TestServer) -> ProbeReport {
    examine("http://radio.example/live", &ProbeOptions::default(), vec![server])
}

fn kinds(report: &ProbeReport) -> BTreeSet<Kind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

/// Changes a server so that something is wrong with it.
type Change = fn(&mut TestServer);

/// The changes of a server, and the findings: exactly these.
const FAULTS: &[(Change, &[Kind])] = &[
    (
        |it| it.failure = Some(ConnectFailure::Unreachable("connection refused".to_owned())),
        &[Kind::Unreachable],
    ),
    (|it| it.failure = Some(ConnectFailure::Tls("its certificate has expired".to_owned())), &[Kind::Tls]),
    (|it| it.answers_after = Duration::from_secs(60), &[Kind::NoReply]),
    (|it| it.status = "SSH-2.0-OpenSSH_9.9".to_owned(), &[Kind::NotHttp]),
    (|it| it.headers = vec![("X", "y".repeat(60)); 5000], &[Kind::NotHttp]),
    (|it| it.status = "HTTP/1.0 404 File Not Found".to_owned(), &[Kind::Status]),
    (|it| it.status = "HTTP/1.0 302 Found".to_owned(), &[Kind::Redirect]),
    (
        |it| *it = TestServer::answering("HTTP/1.0 302 Found", &[("Location", "/live")], b""),
        &[Kind::Redirect],
    ),
    (
        |it| {
            *it =
                TestServer::answering("HTTP/1.0 200 OK", &[("Content-Type", "audio/x-mpegurl")], b"#EXTM3U\n")
        },
        &[Kind::Playlist],
    ),
    (|it| it.set("Content-Type", "text/html; charset=utf-8"), &[Kind::WebPage]),
    (|it| it.headers.push(("Content-Encoding", "gzip".to_owned())), &[Kind::Encoding]),
    (|it| it.headers.push(("Transfer-Encoding", "gzip, chunked".to_owned())), &[Kind::Encoding]),
    (
        |it| {
            it.set("Content-Type", "audio/x-scpls");
            it.headers.push(("Content-Encoding", "br".to_owned()));
        },
        &[Kind::Encoding],
    ),
    (|it| it.body = Some(vec![0; 100_000]), &[Kind::NoAudio, Kind::Stall]),
    (|it| it.body = Some(Vec::new()), &[Kind::NoAudio]),
    (|it| it.silence(0, it.frames.len()), &[Kind::Silent]),
    (|it| it.answers_after = Duration::from_secs(4), &[Kind::SlowStart]),
    (|it| it.set("Content-Type", "audio/aac"), &[Kind::ContentType]),
    (|it| (it.metaint, ()) = (None, it.set("icy-metaint", "often")), &[Kind::BadMetaint]),
    (|it| it.headers.push(("Transfer-Encoding", "chunked".to_owned())), &[Kind::BadChunks, Kind::NoAudio]),
    (|it| it.set("icy-br", "320"), &[Kind::BitRate]),
    (|it| it.end = Some((4.0, End::Closed)), &[Kind::Ended]),
    (|it| it.end = Some((4.0, End::Reset)), &[Kind::ConnectionLost]),
    (|it| it.pause = Some((4.0, 3.5)), &[Kind::Stall]),
    (|it| it.rate = 0.7, &[Kind::TooSlow]),
    (|it| it.rate = 1.2, &[Kind::TooFast]),
    (|it| it.frames[300].truncate(200), &[Kind::TornFrame]),
    (|it| it.frames[300].extend([0; 50]), &[Kind::Junk]),
    (|it| drop(it.frames[300].drain(..100)), &[Kind::Junk]),
    (|it| it.frames[300][4..36].fill(0x7F), &[Kind::DamagedFrame]),
    (lose_frame, &[Kind::LostFrame]),
    (|it| it.change_format(TestServer::frames_per_loop() * 10), &[Kind::FormatChange]),
    (|it| it.set_block(b"Title='Tidewater';"), &[Kind::NoStreamTitle, Kind::NoTitle]),
    (|it| it.set_block(b"StreamTitle='Tidewater"), &[Kind::UnterminatedTitle]),
    (|it| it.silence(TestServer::frames_per_loop(), TestServer::frames_per_loop() * 10), &[Kind::Silence]),
    // These are only remarks.
    (|it| it.before = vec![0x55; 100], &[Kind::OffFrameJoin]),
    (|it| it.remove("Content-Type"), &[Kind::NoContentType]),
    (|it| it.remove("icy-br"), &[Kind::NoBitRate]),
    (|it| it.set("icy-br", "0"), &[Kind::NoBitRate]),
    (|it| (it.metaint, ()) = (None, it.remove("icy-metaint")), &[Kind::NoMetaint]),
    (|it| it.set_block(b"StreamTitle='';"), &[Kind::NoTitle]),
    (|it| it.set_block(b"StreamTitle='Caf\xE9';"), &[Kind::TitleCharset]),
    (|it| it.set_block(b"StreamTitle='a\tb';"), &[Kind::ControlCharacters]),
    (|it| it.set_block(format!("StreamTitle='{}';", "x".repeat(300)).as_bytes()), &[Kind::LongTitle]),
    (|it| it.frames[300].extend(b"ID3\x04\0\0\0\0\0\x0A0123456789"), &[Kind::Tags]),
    (|it| it.headers.push(("Content-Length", "999999".to_owned())), &[Kind::ContentLength]),
    (|it| it.rate = 1.5, &[Kind::Unpaced]),
    (|it| it.before = b"OggS\0\x02\0\0\0\0\0\0".to_vec(), &[Kind::OtherCodec]),
];

/// Removes a frame after which the next one refers to its data.
fn lose_frame(server: &mut TestServer) {
    let is_noticed = |missing: usize| {
        let mut checker = FrameChecker::default();
        let kept = server.frames[..TestServer::frames_per_loop()].iter().enumerate();
        let mut kept = kept.filter(|(index, _)| *index != missing).map(|(_, bytes)| bytes);
        kept.any(|bytes| {
            let header = Header::parse(Codec::Mp3, bytes).expect("a frame");
            checker.check(&Frame { bytes, header, offset: 0 }).is_err()
        })
    };
    let missing = (3..20).find(|missing| is_noticed(*missing)).expect("a frame that is missed");
    server.frames.remove(missing + 10 * TestServer::frames_per_loop());
}

#[test]
fn every_fault_built_into_a_server_is_found_and_nothing_else() {
    let (mut found, mut wrong) = (BTreeSet::new(), Vec::new());
    for (index, (change, expected)) in FAULTS.iter().enumerate() {
        let mut server = TestServer::default();
        change(&mut server);
        let report = examine_one(server);
        let expected: BTreeSet<Kind> = expected.iter().copied().collect();
        let status = match expected.iter().map(|kind| kind.severity()).max().expect("a finding") {
            Severity::Note => ProbeStatus::Ok,
            Severity::Fault => ProbeStatus::Warning,
            Severity::Outage => ProbeStatus::Critical,
        };
        if (kinds(&report), report.status) != (expected.clone(), status) {
            wrong.push(format!("case {index}: expected {expected:?}, found {:#?}", report.findings));
        }
        found.extend(expected.into_iter().filter(|kind| kind.severity() > Severity::Note));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.len() >= 20, "{} faults", found.len());
}

/// Faults that cannot come alone: a wrong place of metadata always damages the audio.
#[test]
fn faults_that_cause_others_are_found() {
    for (change, expected) in [
        ((|it| it.metaint = Some(4096)) as Change, Kind::WrongMetaint),
        (|it| it.remove("icy-metaint"), Kind::StrayMetadata),
        (|it| it.blocks[0][0] = 40, Kind::AudioInBlock),
        (|it| (*it = TestServer::with_checksums(), it.frames[300][10] ^= 0x10).1, Kind::Checksum),
    ] {
        let mut server = TestServer::default();
        change(&mut server);
        let report = examine_one(server);
        assert!(kinds(&report).contains(&expected), "{expected:?}: {:#?}", report.findings);
        assert_eq!(report.status, ProbeStatus::Warning, "{expected:?}");
    }
}

#[test]
fn faultless_servers_have_no_findings() {
    let chunked = TestServer { chunked: true, ..TestServer::default() };
    let mut chunked = TestServer { status: "HTTP/1.1 200 OK".to_owned(), ..chunked };
    chunked.headers.push(("Transfer-Encoding", "chunked".to_owned()));
    let icy = TestServer { status: "ICY 200 OK".to_owned(), ..TestServer::default() };
    let without_burst = TestServer { burst_s: 0.2, ..TestServer::default() };
    for server in
        [TestServer::default(), TestServer::with_checksums(), TestServer::aac(), chunked, icy, without_burst]
    {
        let shown = server.status.clone();
        let (codec, burst) = (server.codec, server.burst_s);
        let report = examine_one(server);
        assert_eq!(report.findings, [], "{shown}, {codec:?}");
        assert_eq!(report.status, ProbeStatus::Ok);
        let pace = report.pace.expect("a pace");
        let rate = pace.audio_per_second.expect("a rate");
        assert!((0.97..1.03).contains(&rate), "{codec:?}: {rate}");
        let found = pace.burst_s.expect("a burst");
        assert!((found - burst).abs() < 0.3, "{codec:?}: a burst of {found} s instead of {burst} s");
        let [title] = &report.metadata.titles[..] else { panic!("{:?}", report.metadata) };
        assert_eq!((&*title.title, title.at_byte), ("Nadia Karim - Tidewater", 8192));
        let at = title.at_s.expect("a frame follows");
        let expected = if codec == Codec::Aac { 8192.0 / 12_000.0 } else { 8192.0 / 16_000.0 };
        assert!((at - expected).abs() < 0.05, "{codec:?}: the title is at {at} s");
        assert!(report.join.expect("frames").on_frame);
    }
}

#[test]
fn pause_within_a_long_burst_is_no_stall() {
    let server = TestServer { burst_s: 12.0, pause: Some((1.0, 3.5)), ..TestServer::default() };
    let report = examine_one(server);
    assert_eq!(report.findings, []);
    let pace = report.pace.expect("a pace");
    assert!(
        pace.longest_pause_s > 3.0 && pace.lowest_buffer_s.is_some_and(|buffer| buffer > 3.0),
        "{pace:?}"
    );
}

#[test]
fn heaac_and_layer_ii_are_recognised() {
    let examine_file = |kind: &str, file: &[u8]| {
        let mut server = TestServer { body: Some(file.repeat(20)), metaint: None, ..TestServer::default() };
        server.set("Content-Type", kind);
        server.remove("icy-metaint");
        examine_one(server)
    };
    let heaac = examine_file("audio/aac", include_bytes!("../../fixtures/formats/heaac-44100-stereo.aac"));
    assert_eq!(heaac.audio.map(|audio| audio.codec), Some("HE-AAC"));
    let layer_ii = examine_file("audio/mpeg", include_bytes!("../../fixtures/formats/mp2-44100-stereo.mp2"));
    assert!(kinds(&layer_ii).contains(&Kind::OtherCodec), "{:?}", layer_ii.findings);
    assert_ne!(layer_ii.status, ProbeStatus::Critical);
}

#[test]
fn redirects_and_playlists_lead_to_the_stream() {
    let redirect =
        TestServer::answering("HTTP/1.1 307 Moved", &[("Location", "http://other.example/a.pls")], b"");
    let list = b"[playlist]\nFile1=http://third.example/b\nFile2=http://third.example/c\n";
    let playlist = TestServer::answering("HTTP/1.1 200 OK", &[("Content-Type", "audio/x-scpls")], list);
    let servers = vec![redirect, playlist, TestServer::default()];
    let report = examine("https://radio.example/live", &ProbeOptions::default(), servers);
    assert_eq!(kinds(&report), [Kind::RedirectFromTls].into());
    let via: Vec<_> = report.via.iter().map(|hop| (&*hop.url, &*hop.because)).collect();
    let followed = "playlist, the first of its 2 URLs is followed";
    assert_eq!(
        via,
        [("https://radio.example/live", "redirect 307"), ("http://other.example/a.pls", followed)]
    );
    assert!(report.frames > 500, "{} frames", report.frames);
}

/// A server with this text, which closes the connection after it or not.
fn text_server(kind: &str, text: &str, end: Option<(f64, End)>) -> TestServer {
    let length = text.len().to_string();
    let headers = [("Content-Type", kind), ("Content-Length", &*length)];
    TestServer { end, ..TestServer::answering("HTTP/1.1 200 OK", &headers, text.as_bytes()) }
}

#[test]
fn text_is_an_outage_unless_it_is_audio() {
    for (kind, text, expected) in [
        (
            "text/plain; charset=utf-8",
            "Station is\noffline",
            "it is text (text/plain), not a stream: \"Station is offline\"",
        ),
        ("application/json", "{}", "it is text (application/json), not a stream: \"{}\""),
        ("Text/XML", "<icestats/>", "it is text (text/xml), not a stream"),
        ("text/css", "", "it is text (text/css), not a stream"),
    ] {
        for end in [None, Some((0.1, End::Closed))] {
            let report = examine_one(text_server(kind, text, end));
            let [finding] = &report.findings[..] else { panic!("{kind}: {:?}", report.findings) };
            assert_eq!((finding.kind, &*finding.message), (Kind::WebPage, expected));
            assert_eq!(report.status, ProbeStatus::Critical);
        }
    }
    for mut server in [TestServer::default(), TestServer::aac()] {
        server.set("Content-Type", "text/plain");
        let report = examine_one(server);
        assert_eq!(kinds(&report), [Kind::ContentType].into(), "{:?}", report.findings);
    }
}

#[test]
fn playlist_is_complete_though_its_connection_stays_open() {
    let list = b"http://third.example/a\nhttp://third.example/b\n";
    let chunked = [b"2e\r\n", &list[..], b"\r\n0\r\n\r\n"].concat();
    for (header, body) in
        [(("Content-Length", "46"), &list[..]), (("Transfer-Encoding", "chunked"), &chunked[..])]
    {
        let headers = [("Content-Type", "audio/x-mpegurl"), header];
        let mut playlist = TestServer::answering("HTTP/1.1 200 OK", &headers, body);
        playlist.end = None;
        let servers = vec![playlist, TestServer::default()];
        let report = examine("http://radio.example/live", &ProbeOptions::default(), servers);
        assert_eq!(report.findings, [], "{header:?}");
        assert_eq!(report.via[0].because, "playlist, the first of its 2 URLs is followed", "{header:?}");
    }
}

#[test]
fn certificate_and_name_are_checked() {
    let options = ProbeOptions { name: Some("Pier FM".to_owned()), ..ProbeOptions::default() };
    let server = TestServer { certificate_days: 2, ..TestServer::default() };
    let report = examine("https://radio.example/live", &options, vec![server]);
    assert_eq!(kinds(&report), [Kind::Certificate, Kind::Name].into());
    let shown = render_text(&report, false);
    assert!(shown.contains("TLS 1.3, certificate valid for 2 days"), "{shown}");
}

#[test]
fn port_that_requires_tls_is_named() {
    let nginx = "<center>The plain HTTP request was sent to HTTPS port</center>";
    let coldwave = RequestRefusal::TlsRequired.to_string();
    let refusal = |text: &str| {
        let headers = [("Content-Length", &*text.len().to_string())];
        let server = TestServer::answering("HTTP/1.0 400 Bad Request", &headers, text.as_bytes());
        TestServer { end: None, ..server }
    };
    let alert = TestServer { status: "\x15\x03\x01\0\x02\x02F".to_owned(), ..TestServer::default() };
    for server in [refusal(nginx), refusal(&coldwave), alert] {
        let report = examine_one(server);
        assert_eq!(kinds(&report), [Kind::Tls].into());
        let expected =
            "http://radio.example/live: this port requires TLS: the address must begin with https://";
        assert_eq!(report.findings[0].message, expected);
    }
    assert_eq!(kinds(&examine_one(refusal("a malformed request"))), [Kind::Status].into());
}

#[test]
fn ignored_findings_do_not_change_the_status() {
    let options = ProbeOptions { ignored: vec![Kind::BitRate], ..ProbeOptions::default() };
    let mut server = TestServer::default();
    server.set("icy-br", "320");
    let report = examine("http://radio.example/live", &options, vec![server]);
    assert_eq!((kinds(&report), report.status), ([Kind::BitRate].into(), ProbeStatus::Ok));
    assert_eq!(exit_status(&[report]), 0);
}

#[test]
fn stream_in_segments_is_not_ok_unless_that_is_ignored() {
    let hls = b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nsegment-1.ts\n";
    for (kind, body, protocol) in [
        ("application/vnd.apple.mpegurl", &hls[..], "HTTP Live Streaming (HLS) is not examined"),
        ("application/dash+xml", b"<MPD/>", "MPEG-DASH is not examined"),
    ] {
        for (ignored, status) in [(vec![], ProbeStatus::Warning), (vec![Kind::NotExamined], ProbeStatus::Ok)]
        {
            let options = ProbeOptions { ignored, ..ProbeOptions::default() };
            let server = TestServer::answering("HTTP/1.1 200 OK", &[("Content-Type", kind)], body);
            let report = examine("http://radio.example/live.m3u8", &options, vec![server]);
            assert_eq!((kinds(&report), report.status), ([Kind::NotExamined].into(), status), "{kind}");
            assert!(render_text(&report, true).contains(protocol), "{report:?}");
        }
    }
}

#[test]
fn server_that_drips_or_never_ends_its_answers_takes_bounded_time() {
    let mut endless = TestServer { body: Some(vec![b'x'; 3 << 20]), ..TestServer::default() };
    endless.set("Content-Type", "audio/x-mpegurl");
    assert_eq!(kinds(&examine_one(endless)), [Kind::Playlist].into());
    let dripping = TestServer { rate: 0.001, burst_s: 0.0, ..TestServer::default() };
    let report = examine_one(dripping);
    assert!(kinds(&report).contains(&Kind::NoAudio), "{:?}", report.findings);
}

#[test]
fn reports_have_one_result_line_and_no_control_characters_of_the_server() {
    let mut server = TestServer::default();
    server.set("icy-name", "Harbour\u{9b}31m FM");
    server.set_block(b"StreamTitle='\x1B[2J';");
    server.set("icy-br", "320");
    let report = examine_one(server);
    let text = render_text(&report, false);
    let first = text.lines().next().expect("a line");
    assert_eq!(
        first,
        "WARNING - http://radio.example/live: 320 kbit/s are announced, and 128 kbit/s were measured; MP3 128 \
         kbit/s, 10.0 s heard"
    );
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    assert_eq!(render_text(&report, true), format!("{first}\n"));
    let json: serde_json::Value = serde_json::from_str(&render_json(&[report])).expect("JSON");
    assert_eq!(
        (&json["status"], &json["streams"][0]["findings"][0]["kind"]),
        (&"warning".into(), &"bit-rate".into())
    );
}

#[test]
fn vertical_bars_are_not_taken_as_performance_data() {
    let options = ProbeOptions { name: Some("Pier FM".to_owned()), ..ProbeOptions::default() };
    let mut server = TestServer::default();
    server.set("icy-name", "Rock | Pop");
    server.set_block(b"StreamTitle='Nadia Karim | Tidewater';");
    let report = examine("http://radio.example/live", &options, vec![server]);
    let text = render_text(&report, false);
    assert!(text.contains("the name of the station is \"Rock ¦ Pop\""), "{text}");
    assert!(!text.contains('|'), "{text}");
    assert!(render_json(&[report]).contains("Rock | Pop"));
    let refused = TestServer::answering("HTTP/1.0 503 Full | Busy", &[], b"");
    let text = render_text(&examine_one(refused), true);
    assert_eq!(text, "CRITICAL - http://radio.example/live answers 503 Full ¦ Busy\n");
}
