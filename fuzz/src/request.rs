//! Requests, and what is answered to them.

use coldwave::http::incoming::{Incoming, parse, parse_more};
use coldwave::http::proxy::base_url::{base_url, proxied_base_url};
use coldwave::http::proxy::forwarded::{Forwarded, raw_forwarded_for};
use coldwave::http::proxy::protocol::ProxyHeader;
use coldwave::http::request::station_ref::StationRef;
use coldwave::http::request::{HEAD_MAX, Method, Request};
use coldwave::http::response::players::answers_icy;
use coldwave::http::response::reply::{STREAM_HEAD_MAX, StreamHead};
use coldwave::trusted_proxies::TrustedProxies;
use coldwave::router::{Route, RouterContext, source_station};
use coldwave::settings::{IcyStatusLine, StationSettings};
use coldwave::station::StationKey;

use crate::{Cuts, split};

/// A byte for the cuts, then what a peer sends.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split(input);
    let bytes = check_opening(Cuts(seed), bytes);
    let whole = parse(bytes);
    check_cuts(&whole, Cuts(seed), bytes);
    let said = String::from_utf8_lossy(bytes);
    match &whole {
        Incoming::Request { request, consumed } => {
            assert!((1..=bytes.len().min(HEAD_MAX)).contains(consumed));
            assert_eq!(parse(&bytes[..*consumed]), whole, "what follows a head has no say in it");
            check_request(request, &said);
        }
        Incoming::Password { consumed, .. }
        | Incoming::Audiocast { consumed, .. }
        | Incoming::Poke { consumed } => {
            assert!((1..=bytes.len().min(HEAD_MAX)).contains(consumed));
            assert_eq!(parse(&bytes[..*consumed]), whole, "what follows has no say in it");
        }
        Incoming::Incomplete => assert!(bytes.len() < HEAD_MAX, "a head that long is refused"),
        Incoming::Refused(refusal) => {
            let reply = refusal.reply();
            assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.0 4") || reply.starts_with(b"HTTP/1.0 5"));
        }
    }
    check_head(&settings(&said), seed % 2 == 0, Some(u32::MAX));
}

/// However the bytes are cut, what may stand before a request is found, and is the same. What comes behind it.
fn check_opening(cuts: Cuts, bytes: &[u8]) -> &[u8] {
    let whole = ProxyHeader::parse(bytes);
    let mut seen = 0;
    for piece in cuts.of(bytes) {
        seen += piece.len();
        let opening = ProxyHeader::parse(&bytes[..seen]);
        assert!(opening == ProxyHeader::Incomplete || opening == whole, "more bytes changed the verdict");
    }
    match whole {
        ProxyHeader::Complete { consumed, .. } => &bytes[consumed..],
        _ => bytes,
    }
}

/// However the bytes are cut, the verdict is the same, comes when [`parse`] has it, and stays.
fn check_cuts(whole: &Incoming, cuts: Cuts, bytes: &[u8]) {
    let mut seen = 0;
    for piece in cuts.of(bytes) {
        let here = &bytes[..seen + piece.len()];
        let parsed = parse_more(here, seen);
        assert_eq!(parsed, parse(here), "{seen} of {} bytes were seen", here.len());
        if parsed != Incoming::Incomplete {
            assert_eq!(parsed, *whole, "more bytes changed the verdict");
            return;
        }
        seen = here.len();
    }
    assert_eq!(*whole, Incoming::Incomplete);
}

const NAMES: [&str; 8] =
    ["user-agent", "icy-metadata", "host", "range", "accept", "via", "forwarded", "x-forwarded-for"];

/// Proxies that are in the dictionary.
const PROXIES: [&str; 2] = ["10.0.0.0/8", "::1/128"];

/// What is said of whoever is behind a proxy makes no links but to hosts.
fn check_forwarded(request: &Request) {
    let proxies = TrustedProxies::new(PROXIES.iter().filter_map(|network| network.parse().ok()).collect());
    let said = Forwarded::from_request(request, &proxies);
    assert!(said.client.is_none() || raw_forwarded_for(request).is_some());
    for base in proxied_base_url(request, &said).into_iter().chain([base_url(request, &[8000])]) {
        let host = base.split_once("://").map(|(_, host)| host).unwrap_or_default();
        assert!(
            !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._:[]".contains(&c))
        );
    }
}

fn check_request(request: &Request, said: &str) {
    check_forwarded(request);
    for value in NAMES.iter().filter_map(|name| request.header(name)) {
        assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
    }
    request.query_value("sid");
    request.masked_line();
    let stations = [settings(said), StationSettings { id: 7, mount: "/seven".into(), ..settings(said) }];
    let find = |station_ref: &StationRef| {
        let place = match station_ref {
            StationRef::Default => Some(0),
            StationRef::Id(id) => stations.iter().position(|station| station.id == *id),
            StationRef::Mount(mount) => stations.iter().position(|station| station.mount == *mount),
        };
        place.map(|place| StationKey::new(place as u16, 0))
    };
    let wanted = match Route::resolve(
        request,
        &RouterContext { find_station: &find, takes_sources: true, shows_metrics: true },
    ) {
        Route::Stream(key) => {
            assert!(matches!(request.method, Method::Get | Method::Head));
            key.index()
        }
        Route::Source => source_station(request, &find).map_or(0, StationKey::index),
        _ => 0,
    };
    assert!(answers_icy(request, IcyStatusLine::Always) && !answers_icy(request, IcyStatusLine::Never));
    let metaint = request.wants_metadata().then_some(stations[wanted].metaint);
    check_head(&stations[wanted], answers_icy(request, IcyStatusLine::Auto), metaint);
}

/// A station whose operator says whatever the peer does.
fn settings(said: &str) -> StationSettings {
    let mut lines = said.split('\n').map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    StationSettings {
        name: next(),
        description: next(),
        genre: next(),
        url: next(),
        mount: next(),
        public: true,
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
