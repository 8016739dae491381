//! Tests of parsing the responses of other servers.

use super::*;
use crate::http::proxy::relay_path::{HOPS_MAX, RelayLoop, ServerId};
use crate::http::request::{HEAD_MAX, HEADERS_MAX};
use proptest::prelude::*;

fn parse(bytes: &[u8]) -> UpstreamResponse {
    parse_more(bytes, 0)
}

/// Parses a head that must announce a stream.
#[track_caller]
fn stream(head: &[u8]) -> UpstreamHead {
    match parse(head) {
        UpstreamResponse::Stream { upstream, consumed } => {
            assert_eq!(consumed, head.len());
            *upstream
        }
        other => panic!("{} is {other:?}", head.escape_ascii()),
    }
}

#[track_caller]
fn check_refused(head: &str, error: &UpstreamError, shown: &str) {
    assert_eq!(parse(head.as_bytes()), UpstreamResponse::Refused(error.clone()), "{head:?}");
    assert_eq!(error.to_string(), shown);
}

#[test]
fn request_is_http_1_0_with_relay_path_and_login() {
    let here = ServerId::from_random(0xC01D);
    let url = |text| StreamUrl::parse(text).expect(text);
    let request_text = |text| String::from_utf8(build_request(&url(text), here)).expect("UTF-8");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        request_text("http://radio.example/live?a=b"),
        format!(
            "GET /live?a=b HTTP/1.0\r\nHost: radio.example\r\nUser-Agent: coldwave/{version}\r\nAccept: */*\r\n\
             Icy-MetaData: 1\r\nConnection: close\r\nX-Coldwave-Path: 000000000000c01d\r\n\r\n"
        )
    );
    let with_login = request_text("http://relay:hack%20me@[::1]:8000/;");
    assert!(with_login.contains("\r\nHost: [::1]:8000\r\n"), "{with_login}");
    assert!(with_login.contains("\r\nAuthorization: Basic cmVsYXk6aGFjayBtZQ==\r\n"), "{with_login}");
}

#[test]
fn shoutcast_response_is_parsed() {
    let head = b"ICY 200 OK\r\nicy-notice1:<BR>This stream requires a player<BR>\r\nicy-name:Harbour FM\r\n\
        icy-genre:Ambient\r\nicy-url:http://example.org\r\ncontent-type:audio/mpeg\r\nicy-pub:1\r\n\
        icy-metaint:8192\r\nicy-br:128,128\r\n\r\n";
    let upstream = UpstreamHead {
        info: SourceInfo {
            name: Some("Harbour FM".into()),
            genre: Some("Ambient".into()),
            url: Some("http://example.org".into()),
            content_type: Some("audio/mpeg".into()),
            bitrate: Some(128),
            public: Some(true),
            metaint: Some(8192),
            ..SourceInfo::default()
        },
        codec: Codec::Mp3,
        chunked: false,
        relay_path: RelayPath::default(),
    };
    assert_eq!(stream(head), upstream);
}

#[test]
fn icecast_and_chunked_responses_are_parsed() {
    let icecast = stream(
        b"HTTP/1.0 200 OK\r\nServer: Icecast 2.4.4\r\nContent-Type: audio/aacp; charset=x\r\n\
        ice-audio-info: bitrate=64\r\nicy-br:64\r\nicy-description:Caf\xE9\r\nicy-name:\xE6\x9D\xB1\r\nicy-pub:0\r\n\
        icy-metaint:16000\r\n\r\n",
    );
    let info = icecast.info;
    assert_eq!((info.content_type.as_deref(), icecast.codec), (Some("audio/aacp"), Codec::Aac));
    assert_eq!((info.metaint, info.public, icecast.chunked), (Some(16_000), Some(false), false));
    assert_eq!((info.description.as_deref(), info.name.as_deref()), (Some("Café"), Some("東")));
    let chunked = stream(b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n");
    assert_eq!((chunked.codec, chunked.chunked, chunked.info.metaint), (Codec::Mp3, true, None));
    let relayed = stream(b"HTTP/1.0 200 OK\r\nX-Coldwave-Path: 000000000000000a, 000000000000000b\r\n\r\n");
    assert_eq!(relayed.relay_path.to_string(), "000000000000000a, 000000000000000b");
}

#[test]
fn invalid_header_lines_are_ignored() {
    for head in [
        &b"icy 200 OK\nicy-name:x\n\n"[..],
        b"\r\nHTTP/1.1 200\nicy-name : x\n\n",
        b"HTTP/1.0  200 OK\r\r\nno colon\r\r\n \r\r\n: empty\r\r\nicy-name:x\r\r\n\r\r\n",
        b"HTTP/2 200 Caf\xE9\r\nicy-name:x\r\nbad\x01name: y\r\nbad: val\x01ue\r\nicy-name: y\r\n\r\n",
    ] {
        assert_eq!(stream(head).info.name.as_deref(), Some("x"), "{}", head.escape_ascii());
    }
    assert_eq!(stream(b"ICY 200 OK\nicy-metaint: 0\nicy-br: many\n\n").info, SourceInfo::default());
}

#[test]
fn redirect_has_the_location_as_received() {
    for code in [301, 302, 303, 307, 308] {
        let head = format!("HTTP/1.1 {code} Moved\r\nLocation: /other?a b\r\n\r\n");
        assert_eq!(parse(head.as_bytes()), UpstreamResponse::Redirect("/other?a b".into()));
    }
    check_refused(
        "HTTP/1.1 302 Found\n\n",
        &UpstreamError::MissingLocation,
        "sent a redirect without a Location",
    );
}

#[test]
fn responses_other_than_streams_are_refused_with_the_reason() {
    let status = |code, reason: &str| UpstreamError::Status { code, reason: reason.into() };
    for (head, error, shown) in [
        (
            "HTTP/1.0 404 File Not Found\n\n",
            status(404, "File Not Found"),
            "responded with 404 File Not Found",
        ),
        (
            "ICY 401 Service Unavailable\n\n",
            status(401, "Service Unavailable"),
            "responded with 401 Service Unavailable",
        ),
        ("HTTP/1.1 503\n\n", status(503, ""), "responded with 503"),
        ("HTTP/1.1 304 Not Modified\n\n", status(304, "Not Modified"), "responded with 304 Not Modified"),
        (
            "HTTP/1.0 200 OK\nContent-Type: text/html; charset=UTF-8\n\n",
            UpstreamError::WebPage,
            "sent a web page instead of a stream",
        ),
        (
            "HTTP/1.0 200 OK\nContent-Type: text/xml; charset=UTF-8\n\n",
            UpstreamError::WebPage,
            "sent a web page instead of a stream",
        ),
        (
            "HTTP/1.0 200 OK\ncontent-type:audio/x-scpls\n\n",
            UpstreamError::Playlist("audio/x-scpls".into()),
            "sent a playlist (audio/x-scpls): relay the stream address in it",
        ),
        (
            "HTTP/1.0 200 OK\ncontent-type: application/ogg\n\n",
            UpstreamError::UnsupportedContentType("application/ogg".into()),
            "sent \"application/ogg\": only MP3 and AAC can be relayed",
        ),
        (
            "HTTP/1.0 200 OK\nTransfer-Encoding: gzip, chunked\n\n",
            UpstreamError::UnsupportedEncoding("gzip, chunked".into()),
            "uses the unsupported encoding \"gzip, chunked\"",
        ),
        (
            "HTTP/1.0 200 OK\nContent-Encoding: gzip\n\n",
            UpstreamError::UnsupportedEncoding("gzip".into()),
            "uses the unsupported encoding \"gzip\"",
        ),
        (
            "ICY 200 OK\nicy-metaint: often\n\n",
            UpstreamError::InvalidMetaint("often".into()),
            "sent an invalid icy-metaint \"often\"",
        ),
        (
            "ICY 200 OK\nicy-metaint: 1048577\n\n",
            UpstreamError::InvalidMetaint("1048577".into()),
            "sent an invalid icy-metaint \"1048577\"",
        ),
        ("HTTP/1.0 OK\n\n", UpstreamError::NotHttp, "sent an invalid HTTP response"),
    ] {
        check_refused(head, &error, shown);
    }
    for bytes in [&b"invalid password\r\n"[..], b"\xff\xfb", b"I\x00", b"\x15\x03"] {
        assert_eq!(
            parse(bytes),
            UpstreamResponse::Refused(UpstreamError::NotHttp),
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn long_heads_are_refused() {
    let many = format!("ICY 200 OK\n{}\n", "a: b\n".repeat(HEADERS_MAX + 1));
    assert_eq!(parse(many.as_bytes()), UpstreamResponse::Refused(UpstreamError::TooManyHeaders));
    let long = [b"ICY 200 OK\n", [b'x'; HEAD_MAX].as_slice()].concat();
    assert_eq!(parse_more(&long, HEAD_MAX - 1), UpstreamResponse::Refused(UpstreamError::HeadTooLarge));
    let hops = format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {}\n\n", "000000000000000a,".repeat(HOPS_MAX + 1));
    assert_eq!(
        parse(hops.as_bytes()),
        UpstreamResponse::Refused(UpstreamError::RelayLoop(RelayLoop::TooLong))
    );
}

/// Bytes that get far into the parser: lines of heads in any order, with noise between them.
fn heads() -> impl Strategy<Value = Vec<u8>> {
    let lines = [
        "icy-name:x",
        "icy-metaint:16",
        "content-type: audio/aac",
        "Location: /x",
        "Transfer-Encoding: chunked",
        "X-Coldwave-Path: 000000000000000a",
        ":",
        " ",
        "\r",
        "é",
        "HTTP/1.1 200 OK",
    ];
    let line = prop_oneof![
        6 => prop::sample::select(lines.to_vec()).prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..9),
    ];
    let begin =
        prop::sample::select(vec!["", "ICY 200 OK", "\r\nHTTP/1.1 200 OK", "HTTP/1.0 302 Found", "HTTP/"]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r\r\n"]);
    (begin, prop::collection::vec((line, end), 0..20)).prop_map(|(begin, lines)| {
        let lines = lines.into_iter().flat_map(|(line, end)| [line, end.as_bytes().to_vec()]);
        [begin.as_bytes().to_vec(), b"\n".to_vec()].into_iter().chain(lines).flatten().collect()
    })
}

proptest! {
    #[test]
    fn cuts_do_not_change_the_result(bytes in heads(), cuts in prop::collection::vec(0..400usize, 0..9)) {
        let mut cuts = [cuts, vec![0, bytes.len()]].concat();
        cuts.retain(|cut| *cut <= bytes.len());
        cuts.sort_unstable();
        let complete = parse(&bytes);
        for pair in cuts.windows(2) {
            let response = parse_more(&bytes[..pair[1]], pair[0]);
            prop_assert_eq!(&response, &parse(&bytes[..pair[1]]));
            if response != UpstreamResponse::Incomplete {
                prop_assert_eq!(response, complete, "more bytes changed the result");
                break;
            }
        }
    }

    #[test]
    fn any_bytes_are_parsed_within_bounds(bytes in prop_oneof![heads(), prop::collection::vec(any::<u8>(), 0..300)]) {
        if let UpstreamResponse::Stream { upstream, consumed } = parse(&bytes) {
            prop_assert!(consumed <= bytes.len().min(HEAD_MAX));
            let info = upstream.info;
            prop_assert!(info.metaint.is_none_or(|metaint| (1..=METAINT_MAX).contains(&metaint)));
            for text in [info.name, info.genre, info.url, info.description].into_iter().flatten() {
                prop_assert!(!text.contains(char::is_control));
            }
        }
    }
}
