//! Tests of the router: which route each path and method gets.

use super::testing::{RouteKind, find_in, route_kind};
use super::*;
use RouteKind::*;

const STATIONS: [(u32, &str); 3] = [(2, "/live"), (3, "/café am see"), (7, "/stream/jazz")];

fn find(station: &StationRef) -> Option<StationKey> {
    find_in(&STATIONS, station)
}

#[track_caller]
fn check(head: &str, expected: RouteKind) {
    let context = RouterContext { find_station: &find, accepts_sources: true, serves_metrics: true };
    assert_eq!(route_kind(&Request::from_lines(head), &context), expected, "{head}");
}

#[test]
fn stream_paths_lead_to_their_station() {
    for (path, expected) in [
        ("/live", Stream(0)),
        ("/live?x=1", Stream(0)),
        ("/l%69ve", Stream(0)),
        ("http://radio.example:8000/live", Stream(0)),
        ("/café am see", Stream(1)),
        ("/caf%C3%A9%20am%20see", Stream(1)),
        ("/stream/jazz", Stream(2)),
        ("/stream/2", Stream(0)),
        ("/stream/3/", Stream(1)),
        ("/stream/7/;stream.mp3", Stream(2)),
        ("/stream", Stream(0)),
        ("/stream/", Stream(0)),
        ("/stream?sid=7", Stream(2)),
        ("/;", Stream(0)),
        ("/%3B", Stream(0)),
        ("/;stream.mp3", Stream(0)),
        ("/;stream.nsv", Stream(0)),
        ("/;?x=1", Stream(0)),
        ("/;stream/1", Stream(0)),
        ("/;stream/1?_=17", Stream(0)),
        ("/;stream/3", Stream(1)),
        ("/;stream/7/", Stream(2)),
        ("/;stream/7;x", Stream(2)),
        ("/;stream/2?sid=7", Stream(2)),
        ("/;stream/x", Stream(0)),
        ("/stream/;stream/3", Stream(1)),
        ("/stream;stream/3", Stream(1)),
        ("/stream/;stream/1", Stream(0)),
        ("/;sid=7", Stream(0)),
        ("/;stream.mp3&sid=7", Stream(0)),
        ("/;listen.pls?sid=3", Stream(1)),
        ("/;?sid=7", Stream(2)),
        ("/%3Bstream.mp3?type=.mp3&sid=7", Stream(2)),
        ("/;?mount=/stream/jazz", Stream(2)),
        ("/;?sid=", Stream(0)),
        ("/", Stream(0)),
        ("/?sid=7", Stream(2)),
        ("/?mount=/stream/jazz", Stream(2)),
        ("/?sp=/stream/jazz", Stream(2)),
        ("/?sid=", Stream(0)),
        ("/stream?sid=", Stream(0)),
        ("/live/", Stream(0)),
        ("/live//", Stream(0)),
        ("/live/;", Stream(0)),
        ("/live/;stream.mp3", Stream(0)),
        ("/live/;stream/1", Stream(0)),
        ("/live;", Stream(0)),
        ("/live%3Bstream.nsv?sid=7", Stream(0)),
        ("/caf%C3%A9%20am%20see/;x;y", Stream(1)),
        ("/stream/jazz/;stream.mp3", Stream(2)),
        ("/stream;", Stream(0)),
        ("/stream;stream.mp3?sid=3", Stream(1)),
        ("/stream/;stream.mp3", Stream(0)),
        ("/stream/;stream.mp3?sid=7", Stream(2)),
        ("/stream/3/;stream.mp3", Stream(1)),
        ("/stream/3;stream.mp3", Stream(1)),
    ] {
        check(&format!("GET {path} HTTP/1.1\nHost: h"), expected);
        check(&format!("HEAD {path} HTTP/1.1\nHost: h"), expected);
    }
}

#[test]
fn challenges_of_acme_have_a_route_of_their_own() {
    for path in [
        "/.well-known/acme-challenge/token_1-A",
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge/a/b",
    ] {
        check(&format!("GET {path} HTTP/1.1\nHost: h"), Challenge);
        check(&format!("HEAD {path} HTTP/1.1\nHost: h"), Challenge);
        check(&format!("POST {path} HTTP/1.1\nHost: h"), NotAllowed);
        assert!(is_reserved_path(path), "{path}");
    }
    check("GET /.well-known/security.txt HTTP/1.1\nHost: h", NotFound);
}

#[test]
fn health_check_has_paths_that_no_mount_can_have() {
    for path in ["/healthz", "/healthz/live", "/healthz/ready"] {
        check(&format!("GET {path} HTTP/1.1\nHost: h"), Health);
        check(&format!("HEAD {path}?x HTTP/1.1\nHost: h"), Health);
        check(&format!("POST {path} HTTP/1.1\nHost: h"), NotAllowed);
        assert!(is_reserved_path(path), "{path}");
    }
    check("GET /healthz/dead HTTP/1.1\nHost: h", NotFound);
}

#[test]
fn browser_gets_the_stream_at_stream_paths() {
    for path in ["/live", "/live/", "/;", "/;stream.mp3", "/;?sid=2", "/stream/2", "/stream"] {
        check(&format!("GET {path} HTTP/1.1\nUser-Agent: Mozilla/5.0\nAccept: text/html"), Stream(0));
    }
}

#[test]
fn unknown_paths_are_not_found() {
    for path in [
        "/nothing",
        "/LIVE",
        "/LIVE/;",
        "/nothing/",
        "/nothing;",
        "/nothing/;stream.mp3",
        "/live/x",
        "/live/x/;",
        "/live.mp3;",
        "/?sid=1",
        "/?sid=0",
        "/?sid=x",
        "/?mount=/nothing",
        "/;?sid=1",
        "/;stream.mp3?sid=0",
        "/;stream/8",
        "/stream/;stream/8",
        "/;stream/2?sid=8",
        "/stream;?sid=8",
        "/stream/;x?sid=x",
        "/stream/8/;",
        "/stream/8;",
        "/stream/1",
        "/stream/8",
        "/stream/+2",
        "/stream/x",
        "/stream/99999999999",
        "/stream?sid=1",
        "/streams",
        "*",
        "live",
    ] {
        check(&format!("GET {path} HTTP/1.1\nHost: h"), NotFound);
    }
}

#[test]
fn unsupported_methods_are_not_allowed() {
    check("OPTIONS * HTTP/1.1\nUpgrade: TLS/1.0, HTTP/1.1", ServerOptions);
    check("OPTIONS /stream/3 HTTP/1.1\nOrigin: https://player.example", Preflight);
    check("OPTIONS / HTTP/1.1\nUser-Agent: Mozilla/5.0", Preflight);
    check("OPTIONS /nothing HTTP/1.1", NotFound);
    check("OPTIONS /live/;stream.mp3 HTTP/1.1", Preflight);
    check("OPTIONS /?sid=7 HTTP/1.1", Preflight);
    check("OPTIONS /?sid=1 HTTP/1.1", NotFound);
    check("POST /live HTTP/1.1", NotAllowed);
    check("STATS / HTTP/1.0", NotAllowed);
    check("get /live HTTP/1.1", NotAllowed);
    check("DELETE /nothing HTTP/1.1", NotAllowed);
}

#[test]
fn source_path_names_its_station() {
    check("SOURCE /live ICE/1.0", Source(Some(0)));
    check("PUT /caf%C3%A9%20am%20see HTTP/1.1\nExpect: 100-continue\nIcy-MetaData: 1", Source(Some(1)));
    // The paths of the default stream and paths with an id are valid too.
    check("SOURCE / ICE/1.0", Source(Some(0)));
    check("PUT /stream/3 HTTP/1.1", Source(Some(1)));
    check("SOURCE / HTTP/1.0\nUser-Agent: Mozilla/5.0", Source(Some(0)));
    check("SOURCE live ICE/1.0", Source(Some(0)));
    check("PUT /live/?a=b HTTP/1.1", Source(Some(0)));
    check("PUT /stream?sid=3 HTTP/1.1", Source(Some(1)));
    check("SOURCE /;stream HTTP/1.0", Source(Some(0)));
    for line in [
        "SOURCE /nothing HTTP/1.0",
        "PUT /7.html HTTP/1.1",
        "PUT /admin HTTP/1.1",
        "PUT /stream?sid=x HTTP/1.1",
    ] {
        check(line, Source(None));
    }
}

#[test]
fn sources_are_off_without_a_station_that_accepts_them() {
    let context = RouterContext { find_station: &find, accepts_sources: false, serves_metrics: true };
    for line in ["SOURCE /live ICE/1.0", "PUT /nothing HTTP/1.1"] {
        assert_eq!(route_kind(&Request::from_lines(line), &context), SourcesOff, "{line}");
    }
    assert_eq!(route_kind(&Request::from_lines("PUT /admin.cgi HTTP/1.1"), &context), Admin);
}

#[test]
fn pages_artwork_events_and_metrics_have_their_own_paths() {
    for (path, expected) in [
        ("/7.html", Page),
        ("/admin/publicstats", Page),
        ("/admin/publicstats.json?mount=/live", Page),
        ("/status-json.xsl?mount=/live", Page),
        ("/live.m3u", Page),
        ("/live.pls", Page),
        ("/assets/page.css", Page),
        ("/favicon.ico", Page),
        ("/api/v1/stations", Page),
        ("/api/v1/anything", Page),
        ("/api/v1/events", Events),
        ("/playingart?sid=2", Artwork),
    ] {
        for method in ["GET", "HEAD", "OPTIONS"] {
            check(&format!("{method} {path} HTTP/1.1\nHost: h"), expected);
        }
        check(&format!("POST {path} HTTP/1.1\nHost: h"), NotAllowed);
    }
    check("GET /metrics HTTP/1.1", Metrics);
    check("POST /metrics HTTP/1.1", Metrics);
    check("OPTIONS /metrics HTTP/1.1", NotFound);
    let hidden = RouterContext { find_station: &find, accepts_sources: true, serves_metrics: false };
    assert_eq!(route_kind(&Request::from_lines("GET /metrics HTTP/1.1"), &hidden), NotFound);
}

#[test]
fn admin_paths_lead_to_the_administration() {
    for path in [
        "/admin.cgi?mode=updinfo",
        "/admin",
        "/admin/publicstats/",
        "/admin/publicstats.xsl",
        "/admin/",
        "/admin/metadata?mount=/live",
        "/admin/!POKE",
    ] {
        for method in ["GET", "POST", "HEAD"] {
            check(&format!("{method} {path} HTTP/1.1\nOrigin: http://h"), Admin);
        }
        check(&format!("OPTIONS {path} HTTP/1.1\nOrigin: http://h"), AdminOptions);
    }
}

#[test]
fn stream_paths_without_stations_are_not_found() {
    let context = RouterContext { find_station: &|_| None, accepts_sources: false, serves_metrics: false };
    for path in ["/;", "/stream", "/stream/1", "/live"] {
        assert_eq!(route_kind(&Request::from_lines(&format!("GET {path} HTTP/1.1")), &context), NotFound);
    }
    assert_eq!(route_kind(&Request::from_lines("GET / HTTP/1.1"), &context), Page);
}

#[test]
fn exact_mount_has_priority_over_every_other_spelling() {
    let stations = [(1, "/a"), (2, "/a/"), (3, "/a;b"), (4, "/a/;b"), (5, "/stream/x;y")];
    let route = |path: &str| {
        route_kind(
            &Request::from_lines(&format!("GET {path} HTTP/1.1")),
            &RouterContext {
                find_station: &|station| find_in(&stations, station),
                accepts_sources: true,
                serves_metrics: true,
            },
        )
    };
    for (index, (_, mount)) in stations.iter().enumerate() {
        assert_eq!(route(mount), Stream(index), "{mount}");
    }
    assert_eq!(route("/a;b/;x"), Stream(2), "a mount with a semicolon has spellings too");
    assert_eq!((route("/a;c"), route("/a//")), (Stream(0), Stream(0)));
}

#[test]
fn spellings_of_streams_are_reserved_and_those_of_mounts_are_not() {
    for path in
        ["/", "/;", "/;x", "/;stream/9", "/stream", "/stream/", "/stream;x", "/stream/;x", "/stream/9;"]
    {
        assert!(is_reserved_path(path), "{path}");
    }
    for path in ["/live/", "/live;", "/live/;x", "/streams", "/streams;", "/stream/jazz"] {
        assert!(!is_reserved_path(path), "{path}");
    }
}

/// Every combination of the criteria for `/`, in the order of protocol-notes/listener.md.
#[test]
fn root_is_a_page_for_clients_that_show_pages() {
    const LINES: [&str; 6] = [
        "Icy-MetaData: 0",
        "User-Agent: My Mozilla/5.0",
        "Accept: text/html,*/*",
        "Range: bytes=0-",
        "Sec-Fetch-Dest: audio",
        "Sec-Fetch-Dest: video",
    ];
    for sent in 0..1 << LINES.len() {
        let has = |line: usize| sent >> line & 1 == 1;
        let lines: Vec<_> = (0..LINES.len()).filter(|line| has(*line)).map(|line| LINES[line]).collect();
        let expected = match [0, 1, 2, 3, 4, 5].map(has) {
            [true, ..] | [.., true, _] | [.., true] => Stream(0),
            [_, _, true, ..] => Page,
            [_, true, _, false, ..] => Page,
            _ => Stream(0),
        };
        check(&format!("GET / HTTP/1.1\n{}\nHost: h", lines.join("\n")), expected);
    }
}
