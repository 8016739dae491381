//! Requests and the replies to them.

use coldwave::http::incoming::{Incoming, parse, parse_more};
use coldwave::http::proxy::base_url::{base_url, proxied_base_url};
use coldwave::http::proxy::forwarded::{Forwarded, raw_forwarded_for};
use coldwave::http::proxy::protocol::ProxyHeader;
use coldwave::http::request::station_ref::StationRef;
use coldwave::http::request::{HEAD_MAX, Method, Request};
use coldwave::http::response::players::answers_icy;
use coldwave::http::response::reply::{STREAM_HEAD_MAX, StreamHead};
use coldwave::router::{Route, RouterContext, find_named, source_station};
use coldwave::settings::{DirectoryListing, IcyStatusLine, StationSettings};
use coldwave::station::StationKey;
use coldwave::trusted_proxies::TrustedProxies;

use crate::{Splitter, split_seed};

/// The input is a seed for the splitter, then the bytes that a peer sends.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    let bytes = check_proxy_header(Splitter(seed), bytes);
    let whole = parse(bytes);
    check_splitting(&whole, Splitter(seed), bytes);
    let text = String::from_utf8_lossy(bytes);
    match &whole {
        Incoming::Request { request, consumed } => {
            assert!((1..=bytes.len().min(HEAD_MAX)).contains(consumed));
            assert_eq!(parse(&bytes[..*consumed]), whole, "bytes after the head change the result");
            check_request(request, &text);
        }
        Incoming::Password { consumed, .. }
        | Incoming::Audiocast { consumed, .. }
        | Incoming::Poke { consumed } => {
            assert!((1..=bytes.len().min(HEAD_MAX)).contains(consumed));
            assert_eq!(parse(&bytes[..*consumed]), whole, "bytes after the line change the result");
        }
        Incoming::Incomplete => assert!(bytes.len() < HEAD_MAX, "a head of that length is refused"),
        Incoming::Refused(refusal) => {
            let reply = refusal.reply();
            // The last one is an alert of TLS.
            let begins = [&b"HTTP/1.0 4"[..], b"HTTP/1.0 5", b"\x15\x03\x01"];
            assert!(reply.is_empty() || begins.iter().any(|begin| reply.starts_with(begin)));
        }
    }
    check_head(&settings(&text), seed % 2 == 0, Some(u32::MAX));
}

/// Checks that the PROXY header before a request is parsed the same however the bytes are split. Returns the
/// bytes after it.
fn check_proxy_header(splitter: Splitter, bytes: &[u8]) -> &[u8] {
    let whole = ProxyHeader::parse(bytes);
    let mut seen = 0;
    for piece in splitter.pieces(bytes) {
        seen += piece.len();
        let header = ProxyHeader::parse(&bytes[..seen]);
        assert!(header == ProxyHeader::Incomplete || header == whole, "more bytes changed the result");
    }
    match whole {
        ProxyHeader::Complete { consumed, .. } => &bytes[consumed..],
        _ => bytes,
    }
}

/// Checks that the result is the same however the bytes are split, that it is known as soon as [`parse`]
/// knows it, and that more bytes do not change it.
fn check_splitting(whole: &Incoming, splitter: Splitter, bytes: &[u8]) {
    let mut seen = 0;
    for piece in splitter.pieces(bytes) {
        let here = &bytes[..seen + piece.len()];
        let parsed = parse_more(here, seen);
        assert_eq!(parsed, parse(here), "{seen} of {} bytes were seen", here.len());
        if parsed != Incoming::Incomplete {
            assert_eq!(parsed, *whole, "more bytes changed the result");
            return;
        }
        seen = here.len();
    }
    assert_eq!(*whole, Incoming::Incomplete);
}

/// The headers whose values are checked.
const HEADERS: [&str; 8] =
    ["user-agent", "icy-metadata", "host", "range", "accept", "via", "forwarded", "x-forwarded-for"];

/// Trusted proxies. Their addresses are in the dictionary.
const PROXIES: [&str; 2] = ["10.0.0.0/8", "::1/128"];

/// Checks that forwarded headers can change the base URL to nothing but a host.
fn check_forwarded(request: &Request) {
    let proxies = TrustedProxies::new(PROXIES.iter().filter_map(|network| network.parse().ok()).collect());
    let forwarded = Forwarded::from_request(request, &proxies);
    assert!(forwarded.client.is_none() || raw_forwarded_for(request).is_some());
    for base in proxied_base_url(request, &forwarded).into_iter().chain([base_url(request, &[8000])]) {
        let host = base.split_once("://").map(|(_, host)| host).unwrap_or_default();
        assert!(
            !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._:[]".contains(&c))
        );
    }
}

fn check_request(request: &Request, text: &str) {
    check_forwarded(request);
    for value in HEADERS.iter().filter_map(|name| request.header(name)) {
        assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
    }
    request.query_value("sid");
    request.masked_line();
    let stations = [settings(text), StationSettings { id: 7, mount: "/seven".into(), ..settings(text) }];
    let find = |station_ref: &StationRef| {
        let index = match station_ref {
            StationRef::Default => Some(0),
            StationRef::Id(id) => stations.iter().position(|station| station.id == *id),
            StationRef::Mount(mount) => stations.iter().position(|station| station.mount == *mount),
        };
        index.map(|index| StationKey::new(index as u16, 0))
    };
    let index = match Route::resolve(
        request,
        &RouterContext { find_station: &find, accepts_sources: true, serves_metrics: true },
    ) {
        Route::Stream(key) => {
            assert!(matches!(request.method, Method::Get | Method::Head));
            key.index()
        }
        Route::Source => find_named(&source_station(request), &find).map_or(0, StationKey::index),
        _ => 0,
    };
    assert!(answers_icy(request, IcyStatusLine::Always) && !answers_icy(request, IcyStatusLine::Never));
    let metaint = request.wants_metadata().then_some(stations[index].metaint);
    check_head(&stations[index], answers_icy(request, IcyStatusLine::Auto), metaint);
}

/// Returns the settings of a station whose texts are the lines that the peer sent.
fn settings(text: &str) -> StationSettings {
    let mut lines = text.split('\n').map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    StationSettings {
        name: next(),
        description: next(),
        genre: next(),
        url: next(),
        mount: next(),
        public: DirectoryListing::Always,
        ..StationSettings::default()
    }
}

fn check_head(station: &StationSettings, icy: bool, number: Option<u32>) {
    let mut head = Vec::new();
    let (kbps, rate, channels) = (number, number, number.map(|_| u8::MAX));
    let content_type = "audio/mpeg";
    StreamHead {
        station: station.info(),
        meta: &station.meta,
        main_url: None,
        kbps,
        rate,
        channels,
        content_type,
        metaint: number,
        relay_path: None,
        icy,
    }
    .render(&mut head);
    assert!(head.len() < STREAM_HEAD_MAX, "{} bytes", head.len());
    let head = String::from_utf8(head).expect("heads are UTF-8");
    let lines = head.strip_suffix("\r\n\r\n").expect("an empty line ends a head").split("\r\n");
    for (at, line) in lines.enumerate() {
        assert!(!line.contains(char::is_control), "{line:?}");
        match at {
            0 => assert!(matches!(line, "ICY 200 OK" | "HTTP/1.0 200 OK"), "{line:?}"),
            _ => assert!(line.contains(": "), "{line:?}"),
        }
    }
}
