//! The replies to requests, including how the connection ends.

use crate::common::{Coldwave, Head, Listener};

/// Starts the bundled station.
fn station() -> Coldwave {
    Coldwave::with_music(&[""; 0])
}

const BROWSER: &str = "User-Agent: Mozilla/5.0\nAccept: text/html,*/*";

/// Sends a request head and returns the reply, which must end cleanly.
#[track_caller]
fn whole_reply(server: &Coldwave, head: &str) -> (Head, Vec<u8>) {
    let mut peer = server.send_head(head);
    let answer = peer.head();
    let body = peer.read_to_end().unwrap_or_else(|error| panic!("{head}: no clean end: {error}"));
    if let Some(length) = answer.get("Content-Length").filter(|_| !head.starts_with("HEAD")) {
        assert_eq!(length, body.len().to_string(), "{head}");
    }
    (answer, body)
}

#[track_caller]
fn check_status(server: &Coldwave, head: &str, status: &str) {
    assert_eq!(whole_reply(server, head).0.status, status, "{head}");
}

/// Returns the status line of a stream that delivers audio.
#[track_caller]
fn stream_status(server: &Coldwave, head: &str) -> String {
    let mut listener = Listener::new(server.send_head(head));
    listener.until("a frame", |it| !it.frames.is_empty());
    assert_eq!(listener.head.get("Content-Range"), None, "{head}");
    assert_eq!(listener.head.get("Content-Length"), None, "{head}");
    assert_eq!(listener.head.get("Accept-Ranges"), Some("none"), "{head}");
    listener.head.status
}

#[test]
fn every_stream_path_of_the_station_streams() {
    let server = station();
    for path in [
        "/live",
        "/live?x=1",
        "/stream",
        "/stream/",
        "/stream/1",
        "/stream/1/",
        "/stream/1/;stream.mp3",
        "/stream?sid=1",
        "/;",
        "/%3B",
        "/;stream.mp3",
        "/;?x=1",
        "/",
        "http://radio.example:8000/live",
    ] {
        for version in ["HTTP/1.0", "HTTP/1.1"] {
            assert_eq!(stream_status(&server, &format!("GET {path} {version}")), "HTTP/1.0 200 OK", "{path}");
        }
    }
}

#[test]
fn root_is_a_page_for_browsers_and_the_stream_for_players() {
    let server = station();
    let (head, page) = whole_reply(&server, &format!("GET / HTTP/1.1\nHost: h\n{BROWSER}"));
    assert_eq!(head.status, "HTTP/1.0 200 OK");
    assert_eq!(head.get("Content-Type"), Some("text/html; charset=utf-8"));
    assert!(String::from_utf8(page).expect("a page in UTF-8").contains("coldwave demo"));
    stream_status(&server, &format!("GET /live HTTP/1.1\n{BROWSER}"));
    stream_status(&server, "GET / HTTP/1.1\nUser-Agent: Mozilla/5.0\nAccept: */*\nRange: bytes=0-");
    stream_status(&server, &format!("GET / HTTP/1.1\n{BROWSER}\nIcy-MetaData: 1"));
}

#[test]
fn only_players_known_to_support_it_get_an_icy_status_line() {
    let server = station();
    for (head, status) in [
        ("HTTP/1.0\nHost: h\nUser-Agent: WinampMPEG/5.66\nIcy-MetaData:1", "ICY 200 OK"),
        ("HTTP/1.0\nUser-Agent: mpg123/1.31.2\nIcy-MetaData: 1", "ICY 200 OK"),
        ("HTTP/1.1\nUser-Agent: Lavf/59.27.100\nRange: bytes=0-\nIcy-MetaData: 1", "ICY 200 OK"),
        ("HTTP/1.1\nUser-Agent: NSPlayer/12.0", "ICY 200 OK"),
        ("HTTP/1.0\nUser-Agent: WinampMPEG/5.66", "HTTP/1.0 200 OK"),
        ("HTTP/1.0\nUser-Agent: Lavf/59.27.100\nIcy-MetaData: 1", "HTTP/1.0 200 OK"),
        ("HTTP/1.0\nUser-Agent: mpg123/1.31.2\nIcy-MetaData: 1\nVia: 1.1 cache", "HTTP/1.0 200 OK"),
        ("HTTP/1.1\nUser-Agent: curl/8.5.0\nIcy-MetaData: 1", "HTTP/1.0 200 OK"),
        ("HTTP/1.1\nUser-Agent: Mozilla/5.0\nRange: bytes=0-", "HTTP/1.0 200 OK"),
    ] {
        assert_eq!(stream_status(&server, &format!("GET /live {head}")), status, "{head}");
    }
}

#[test]
fn titles_are_sent_only_on_request() {
    let server = station();
    for (header, metaint) in [
        ("Icy-MetaData: 1", Some("16000")),
        ("icy-metadata:1", Some("16000")),
        ("Icy-MetaData: 0", None),
        ("Icy-MetaData: yes", None),
        ("X-None: 1", None),
    ] {
        let head = format!("/live HTTP/1.1\nHost: h\n{header}");
        let listener = Listener::new(server.send_head(&format!("GET {head}")));
        assert_eq!(listener.head.get("icy-metaint"), metaint, "{header}");
        let (head, body) = whole_reply(&server, &format!("HEAD {head}"));
        assert_eq!(head.get("icy-metaint"), metaint, "HEAD {header}");
        assert_eq!(body, b"");
    }
}

#[test]
fn head_of_the_stream_describes_it() {
    let server = station();
    // The bit rate is unknown before the first frame.
    server.listen().until("a frame", |it| !it.frames.is_empty());
    let head = server.listen_with_titles().head;
    for (name, value) in [
        ("icy-name", "coldwave demo"),
        ("icy-genre", "Ambient"),
        ("icy-pub", "0"),
        ("icy-br", "128"),
        ("icy-sr", "44100"),
        ("content-type", "audio/mpeg"),
        ("Connection", "close"),
        ("Cache-Control", "no-cache, no-store"),
        ("Access-Control-Allow-Origin", "*"),
    ] {
        assert_eq!(head.get(name), Some(value), "{name}");
    }
    assert!(head.get("icy-notice2").is_some_and(|notice| notice.contains("SHOUTcast")), "{head:?}");
    assert_eq!(head.get("Server"), Some(concat!("coldwave/", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn range_is_ignored() {
    let server = station();
    for range in ["bytes=0-", "bytes=0-1", "bytes=1000-2000", "bytes=-1", "nonsense"] {
        let head = format!("GET /live HTTP/1.1\nHost: h\nRange: {range}");
        assert_eq!(stream_status(&server, &head), "HTTP/1.0 200 OK", "{range}");
    }
}

#[test]
fn options_requests_get_a_reply_without_a_stream() {
    let server = station();
    let preflight = "OPTIONS /live HTTP/1.1\nHost: h\nOrigin: https://player.example\n\
        Access-Control-Request-Method: GET\nAccess-Control-Request-Headers: icy-metadata,range";
    let (head, body) = whole_reply(&server, preflight);
    assert_eq!(head.status, "HTTP/1.1 204 No Content");
    assert_eq!(body, b"");
    assert_eq!(head.get("Access-Control-Allow-Origin"), Some("*"));
    let allowed = head.get("Access-Control-Allow-Headers").unwrap_or_default();
    assert!(allowed.contains("Icy-MetaData") && allowed.contains("Range"), "{allowed}");
    check_status(&server, "OPTIONS / HTTP/1.1\nHost: h", "HTTP/1.1 204 No Content");
    check_status(&server, "OPTIONS * HTTP/1.1\nHost: h\nUpgrade: TLS/1.0", "HTTP/1.1 200 OK");
    check_status(&server, "OPTIONS /nothing HTTP/1.1\nHost: h", "HTTP/1.0 404 Not Found");
}

#[test]
fn unknown_paths_methods_and_versions_are_refused() {
    let server = station();
    for path in ["/nothing", "/live/x", "/stream/2", "/favicon.png", "/../live"] {
        check_status(&server, &format!("GET {path} HTTP/1.1\nHost: h"), "HTTP/1.0 404 Not Found");
        check_status(&server, &format!("HEAD {path} HTTP/1.1\nHost: h"), "HTTP/1.0 404 Not Found");
    }
    // libshout probes for HTTP with this request, and continues on 400.
    check_status(&server, "GET /admin/!POKE HTTP/1.1\nHost: h", "HTTP/1.0 400 Bad Request");
    for line in ["POST /live HTTP/1.1", "PUT /live HTTP/1.1", "SOURCE /live ICE/1.0", "BREW / HTTP/1.0"] {
        let (head, _) = whole_reply(&server, line);
        assert_eq!(head.status, "HTTP/1.0 405 Method Not Allowed", "{line}");
        assert_eq!(head.get("Allow"), Some("GET, HEAD, OPTIONS"), "{line}");
    }
    check_status(&server, "GET /live HTTP/2.0\nHost: h", "HTTP/1.0 505 HTTP Version Not Supported");
}

#[test]
fn request_head_may_have_any_line_ends_and_arrive_byte_by_byte() {
    let server = station();
    for end in ["\n", "\r\n", "\r\r\n"] {
        let head = ["GET /live HTTP/1.0", "Host:h", "Icy-MetaData:1", "", ""].join(end);
        let mut at_once = server.connect();
        at_once.send(head.as_bytes());
        let mut byte_by_byte = server.connect();
        head.as_bytes().iter().for_each(|byte| byte_by_byte.send(&[*byte]));
        for peer in [at_once, byte_by_byte] {
            let mut listener = Listener::new(peer);
            listener.until("the first block", |it| !it.blocks.is_empty());
        }
    }
}

#[test]
fn request_heads_have_a_size_limit() {
    const TOO_LARGE: &str = "HTTP/1.0 431 Request Header Fields Too Large";
    let server = station();
    let lines = |count| "\nX-Line: 1".repeat(count);
    assert_eq!(stream_status(&server, &format!("GET /live HTTP/1.1{}", lines(100))), "HTTP/1.0 200 OK");
    check_status(&server, &format!("GET /live HTTP/1.1{}", lines(101)), TOO_LARGE);
    let cookie = |bytes| format!("GET /live HTTP/1.1\nCookie: {}", "c".repeat(bytes));
    stream_status(&server, &cookie(15 * 1024));
    check_status(&server, &cookie(16 * 1024), TOO_LARGE);
    check_status(&server, &cookie(100 * 1024), TOO_LARGE);
}

#[test]
fn input_other_than_http_gets_400_an_alert_or_nothing() {
    let server = station();
    for bytes in [&b"hackme\r\n"[..], b"\xff\xfe\n", b"GET\n", b"!POKE\n\n", b"<policy-file-request/>\0"] {
        let mut peer = server.connect();
        peer.send(bytes);
        let answer = peer.read_to_end().expect("a clean end");
        assert!(answer.starts_with(b"HTTP/1.0 400 Bad Request\r\n"), "{}", bytes.escape_ascii());
    }
    // The first is of TLS, for which there is no certificate: the alert `handshake_failure`.
    let tls = &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..];
    for (hello, expected) in
        [(tls, &b"\x15\x03\x01\x00\x02\x02\x28"[..]), (b"\x5a\x00\x10\x09\x00\x03abc\0", b"")]
    {
        let mut peer = server.connect();
        peer.send(hello);
        assert_eq!(peer.read_to_end().expect("a clean end"), expected, "{}", hello.escape_ascii());
    }
}

#[test]
fn half_closed_listener_keeps_its_stream() {
    let server = station();
    let peer = server.get("/live").open();
    peer.stream().shutdown(std::net::Shutdown::Write).expect("an open connection");
    Listener::new(peer).until_seconds(7.0);
}

#[test]
fn data_after_a_request_is_ignored() {
    let server = station();
    let mut peer = server.get("/live").http11().header("Host", "h").open();
    peer.send(b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut listener = Listener::new(peer);
    listener.until_seconds(6.0);
}
