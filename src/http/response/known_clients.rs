//! Test table: every client of protocol-notes/listener.md, "Player requests", with its request and the
//! expected reply.

use super::players::answers_icy;
use super::reply::StreamHead;
use crate::http::request::Request;
use crate::router::testing::RouteKind::{self as Route, *};
use crate::router::testing::route_kind_with;
use crate::settings::StationSettings;

/// The expected status line of the stream.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum StatusLine {
    Icy,
    Http,
}
use StatusLine::{Http, Icy};

/// Whether titles are sent between the audio.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum TitleDelivery {
    WithTitles,
    Plain,
}
use TitleDelivery::{Plain, WithTitles};

const STREAMS: [(&str, &str, StatusLine, TitleDelivery); 25] = [
    (
        "Winamp 5, MP3",
        "GET /live HTTP/1.0\nHost:h\nUser-Agent:WinampMPEG/5.66\nAccept:*/*\nIcy-MetaData:1\nConnection:close",
        Icy,
        WithTitles,
    ),
    ("Winamp 5, Ogg", "GET /live HTTP/1.1\nHost:h\nUser-Agent:Winamp/5.66\nAccept:*/*", Http, Plain),
    (
        "foobar2000",
        "GET /live HTTP/1.1\nHost: h\nUser-Agent: foobar2000/1.6.16\nIcy-MetaData: 1",
        Http,
        WithTitles,
    ),
    (
        "ffmpeg",
        "GET /live HTTP/1.1\nUser-Agent: Lavf/59.27.100\nAccept: */*\nRange: bytes=0-\nConnection: close\n\
         Host: h:8000\nIcy-MetaData: 1",
        Icy,
        WithTitles,
    ),
    (
        "ffmpeg behind nginx",
        "GET /live HTTP/1.0\nHost: h\nConnection: close\nUser-Agent: Lavf/59.27.100\nIcy-MetaData: 1",
        Http,
        WithTitles,
    ),
    (
        "VLC, first connection",
        "GET /live HTTP/1.1\nHost: h:8000\nUser-Agent: VLC/3.0.24 LibVLC/3.0.24\nRange: bytes=0-",
        Http,
        Plain,
    ),
    (
        "VLC, second connection",
        "GET /live HTTP/1.0\nHost: h:8000\nUser-Agent: VLC/3.0.24 LibVLC/3.0.24\nIcy-MetaData: 1",
        Icy,
        WithTitles,
    ),
    (
        "mpg123",
        "GET /live HTTP/1.0\nUser-Agent: mpg123/1.31.2\nHost: h:8000\n\
         Accept: audio/mpeg, audio/x-mpeg, audio/mp3, */*\nIcy-MetaData: 1",
        Icy,
        WithTitles,
    ),
    ("MPD", "GET /live HTTP/1.1\nHost: h:8000\nAccept: */*\nIcy-Metadata: 1", Http, WithTitles),
    (
        "ExoPlayer",
        "GET /live HTTP/1.1\nIcy-MetaData: 1\nAccept-Encoding: identity\nHost: h:8000",
        Http,
        WithTitles,
    ),
    (
        "AVPlayer, probe",
        "GET /live HTTP/1.1\nHost: h\nRange: bytes=0-1\nUser-Agent: AppleCoreMedia/1.0.0",
        Http,
        Plain,
    ),
    (
        "AVPlayer, after a 200",
        "GET /live HTTP/1.1\nHost: h\nIcy-Metadata: 1\nUser-Agent: AppleCoreMedia/1.0.0",
        Http,
        WithTitles,
    ),
    (
        "Chrome <audio>",
        "GET /live HTTP/1.1\nHost: h\nUser-Agent: Mozilla/5.0 Chrome/126.0\nAccept: */*\nRange: bytes=0-\n\
         Sec-Fetch-Dest: audio",
        Http,
        Plain,
    ),
    (
        "Firefox <audio> at the root",
        "GET / HTTP/1.1\nHost: h\nUser-Agent: Mozilla/5.0 Firefox/128.0\nAccept: audio/*;q=0.9\nRange: bytes=0-",
        Http,
        Plain,
    ),
    (
        "icecast-metadata-js",
        "GET /live HTTP/1.1\nHost: h\nOrigin: https://player.example\nUser-Agent: Mozilla/5.0\n\
         Icy-MetaData: 1\nRange: bytes=0-",
        Http,
        WithTitles,
    ),
    (
        "icecast-metadata-js at the root",
        "GET / HTTP/1.1\nHost: h\nUser-Agent: Mozilla/5.0\nAccept: text/html\nIcy-MetaData: 1",
        Http,
        WithTitles,
    ),
    ("streamripper", "GET /live HTTP/1.1\nHost: h\nUser-Agent: any\nIcy-Metadata: 1", Http, WithTitles),
    ("curl", "GET /live HTTP/1.1\nHost: h\nUser-Agent: curl/8.5.0\nAccept: */*", Http, Plain),
    ("curl at the root", "GET / HTTP/1.1\nHost: h\nUser-Agent: curl/8.5.0\nAccept: */*", Http, Plain),
    (
        "radio-browser's checker",
        "GET / HTTP/1.0\nHost: h\nUser-Agent: StreamCheckBot/0.1.0\nConnection: close",
        Http,
        Plain,
    ),
    (
        "a relaying sc_serv",
        "GET /;stream.mp3 HTTP/1.0\nHost: h\nUser-Agent: Shoutcast Server 2\nIcy-MetaData:1",
        Http,
        WithTitles,
    ),
    ("Sonos", "GET /live HTTP/1.1\nHOST: h\nIcy-MetaData: 1\nCONNECTION: close", Http, WithTitles),
    ("streamscrobbler", "GET / HTTP/1.1\nUser-Agent: iTunes/9.1.1\nicy-metadata: 1", Http, WithTitles),
    ("Windows Media Player", "GET /live HTTP/1.0\nHost: h\nUser-Agent: NSPlayer/12.0", Icy, Plain),
    ("netcat", "GET /", Http, Plain),
];

#[test]
fn every_client_gets_the_expected_stream_head() {
    for (client, lines, status_line, titles) in STREAMS {
        let station = StationSettings::default();
        let request = Request::from_lines(lines);
        assert_eq!(route_kind_with(&request, &[(1, "/live")]), Stream(0), "{client}");
        let head = stream_head(&request, &station);
        let status = if status_line == Icy { "ICY 200 OK\r\n" } else { "HTTP/1.0 200 OK\r\n" };
        assert!(head.starts_with(status), "{client} gets {head}");
        assert_eq!(head.contains("\r\nicy-metaint: 16000\r\n"), titles == WithTitles, "{client} gets {head}");
        // Neither a length nor a range, even if the request contains a range. `content-type` is in lower
        // case.
        assert!(
            head.contains("\r\nAccept-Ranges: none\r\n") && !head.contains("\r\nContent-"),
            "{client} gets {head}"
        );
    }
}

fn stream_head(request: &Request, station: &StationSettings) -> String {
    let mut out = Vec::new();
    let metaint = request.wants_metadata().then_some(station.metaint);
    let icy = answers_icy(request, station.icy_status_line);
    let (kbps, rate, channels) = (Some(128), Some(44_100), Some(2));
    StreamHead {
        station: station.info(),
        meta: &station.meta,
        main_url: None,
        kbps,
        rate,
        channels,
        content_type: "audio/mpeg",
        metaint,
        relay_path: None,
        icy,
    }
    .render(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn requests_other_than_streams_are_routed_elsewhere() {
    const OTHERS: [(&str, &str, Route); 7] = [
        ("a browser", "GET / HTTP/1.1\nUser-Agent: Mozilla/5.0\nAccept: text/html,*/*;q=0.8", Page),
        ("an old script", "GET / HTTP/1.0\nUser-Agent: radio.php (Mozilla Compatible)", Page),
        (
            "icecast-metadata-js, preflight",
            "OPTIONS /live HTTP/1.1\nOrigin: https://player.example\nAccess-Control-Request-Method: GET\n\
             Access-Control-Request-Headers: icy-metadata,range",
            Preflight,
        ),
        (
            "libshout, first step",
            "OPTIONS * HTTP/1.1\nHost: h\nConnection: Upgrade\nUpgrade: TLS/1.0, HTTP/1.1",
            ServerOptions,
        ),
        ("libshout, poke", "GET /admin/!POKE HTTP/1.1\nHost: h", Admin),
        (
            "libshout, source",
            "SOURCE /live HTTP/1.0\nContent-Length: 0\nConnection: Keep-Alive",
            Source(Some(0)),
        ),
        (
            "ffmpeg as a source",
            "PUT /live HTTP/1.1\nUser-Agent: Lavf/59.27.100\nExpect: 100-continue\nIcy-MetaData: 1",
            Source(Some(0)),
        ),
    ];
    for (client, lines, expected) in OTHERS {
        assert_eq!(route_kind_with(&Request::from_lines(lines), &[(1, "/live")]), expected, "{client}");
    }
}
