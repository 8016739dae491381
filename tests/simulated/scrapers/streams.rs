//! Programs that read streams, as directories do: each with its own request and its own parser for the head
//! of the stream. What each of them needs is in protocol-notes/pages-shoutcast.md, "Readers".

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use crate::world::tone::{Log, Tone};
use crate::world::{World, seed};
use coldwave::settings::{DirectoryListing, StationSettings, StreamMeta};
use coldwave::station::Input;
use regex::Regex;

const SECOND: Duration = Duration::from_secs(1);
const HOST: &str = "radio.example:8000";
const SONG: &str = "Nadia Karim & Co - Tidewater";

/// Creates a station with all headers for directories, and one without any of them.
fn radio() -> World {
    let described = StationSettings {
        name: "Harbour FM".into(),
        description: "Slow music: day and night".into(),
        genre: "Ambient".into(),
        url: "http://example.org/?a=1&b=2".into(),
        public: DirectoryListing::Always,
        meta: StreamMeta {
            logo: "https://example.org/logo.png".into(),
            country_code: "DE".into(),
            country_subdivision_code: "DE-HH".into(),
            language_codes: vec!["de".into(), "en".into()],
            geo_lat_long: "53.54360,9.98070".into(),
            do_not_index: true,
        },
        ..Default::default()
    };
    let plain = StationSettings { id: 2, mount: "/night".into(), ..Default::default() };
    let log = Rc::new(RefCell::new(Log::default()));
    let tone = |name: &str| vec![Box::new(Tone::new(name, &log)) as Box<dyn Input>];
    let stations = vec![(described, tone(SONG)), (plain, tone("Night"))];
    let mut world = World::with_inputs(seed(1), stations, vec![log]);
    world.configure(|config| config.public_url = Some("https://radio.example".into()));
    world.pass(10 * SECOND);
    world
}

/// A reply as radio-browser's checker parses it. What the checker treats as an error fails the test.
struct CheckedReply {
    headers: HashMap<String, String>,
    body: String,
}

impl CheckedReply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// The longest head that radio-browser's checker reads, in bytes.
const CHECKER_HEAD_MAX: usize = 10_000;

/// radio-browser's checker, the crate `av-stream-info-rust`: a status line of at least 14 characters, then
/// lines that it splits at their first colon.
fn checked(world: &mut World, path: &str) -> CheckedReply {
    let request = world.get(path).header("Host", HOST).agent("StreamCheckBot/0.1.0");
    let peer = request.header("Connection", "close").open();
    world.pass(2 * SECOND);
    let reply = world.reply(peer);
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.len() <= CHECKER_HEAD_MAX);
    let (status, lines) = head.split_once("\r\n").expect("a status line");
    assert!(status.len() >= 14 || status.starts_with("ICY"), "{status}");
    let code = Regex::new(r"^(?:HTTP/\d\.\d|ICY) (\d{3})").expect("an expression");
    assert_eq!(&code.captures(status).expect("a status")[1], "200", "{path}");
    let headers = lines.split("\r\n").map(|line| {
        let (name, value) = line.split_once(':').expect("a name and a value");
        (name.trim().to_lowercase(), value.trim().to_owned())
    });
    CheckedReply { headers: headers.collect(), body: body.to_owned() }
}

/// The content types that it accepts as audio and as playlists.
const AUDIO: [&str; 11] = [
    "audio/mpeg",
    "audio/x-mpeg",
    "audio/mp3",
    "audio/aac",
    "audio/x-aac",
    "audio/aacp",
    "audio/ogg",
    "application/ogg",
    "video/ogg",
    "audio/flac",
    "application/flv",
];
const PLAYLISTS: [&str; 4] = ["audio/x-scpls", "audio/x-mpegurl", "application/xspf+xml", "video/x-ms-asx"];

#[test]
fn radio_browser_finds_all_headers_of_a_stream() {
    let mut world = radio();
    for path in ["/live", "/", "/stream", "/;"] {
        let stream = checked(&mut world, path);
        assert!(AUDIO.contains(&stream.header("content-type")), "{path}: {}", stream.header("content-type"));
        for (name, value) in [
            ("icy-name", "Harbour FM"),
            ("icy-description", "Slow music: day and night"),
            ("icy-url", "http://example.org/?a=1&b=2"),
            ("icy-genre", "Ambient"),
            ("icy-br", "128"),
            ("icy-sr", "44100"),
            ("icy-pub", "1"),
            ("icy-logo", "https://example.org/logo.png"),
            ("icy-main-stream-url", "https://radio.example/live"),
            ("icy-version", "2"),
            ("icy-index-metadata", "1"),
            ("icy-country-code", "DE"),
            ("icy-country-subdivision-code", "DE-HH"),
            ("icy-language-codes", "de,en"),
            ("icy-geo-lat-long", "53.54360,9.98070"),
            ("icy-do-not-index", "1"),
        ] {
            assert_eq!(stream.header(name), value, "{path}: {name}");
        }
        assert!(stream.header("server").starts_with("coldwave/"));
        assert!(stream.header("ice-audio-info").split(';').any(|pair| pair == "bitrate=128"));
    }
    let plain = checked(&mut world, "/night");
    assert_eq!((plain.header("icy-version"), plain.header("icy-do-not-index")), ("", ""));
}

/// radio-browser follows a playlist to the stream.
#[test]
fn radio_browser_follows_playlists_to_the_stream() {
    let mut world = radio();
    let address = Regex::new("https://radio.example(/[^\"<\r\n]*)").expect("an expression");
    for path in
        ["/listen.pls", "/listen.m3u", "/listen.xspf", "/listen.asx", "/live.m3u", "/live.pls", "/live.xspf"]
    {
        let playlist = checked(&mut world, path);
        assert!(PLAYLISTS.contains(&playlist.header("content-type")), "{path}");
        let found = address.captures(&playlist.body).unwrap_or_else(|| panic!("{path}: {}", playlist.body));
        assert!(AUDIO.contains(&checked(&mut world, &found[1]).header("content-type")), "{path}");
    }
}

/// The bytes that streamscrobbler reads after the interval: the longest metadata block that it expects.
const SCROBBLER_BLOCK: usize = 255;

/// streamscrobbler pretends to be iTunes, recognises the server by its headers, and finds the title with an
/// expression.
#[test]
fn streamscrobbler_knows_the_server_and_finds_the_title() {
    let mut world = radio();
    let request = world.get("/live").http11().header("Accept-Encoding", "identity").header("Host", HOST);
    let request = request.agent("iTunes/9.1.1").header("icy-metadata", "1").header("Connection", "close");
    let peer = request.open();
    world.pass(2 * SECOND);
    let received = &world.socket(peer).received;
    let end = received.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    // Python's http.client accepts no other status line.
    assert!(head.starts_with("HTTP/1."), "{head}");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    };
    assert!(header("server").is_some_and(|server| !server.is_empty()));
    assert!(header("icy-notice2").is_some_and(|notice| notice.contains("SHOUTcast")));
    assert_eq!((header("icy-br"), header("content-type")), (Some("128"), Some("audio/mpeg")));
    let metaint: usize = header("icy-metaint").expect("titles").parse().expect("a number");
    let behind = String::from_utf8_lossy(&received[end + metaint..][..SCROBBLER_BLOCK]).into_owned();
    let title = Regex::new("StreamTitle='(.*?)';").expect("an expression");
    assert!(title.captures(&behind).expect("a title")[1].starts_with(SONG), "{behind}");
}

/// node-internet-radio reads the stream if no page helps. It fails on a page instead of a stream, and on a
/// line of the head without a name and a value.
#[test]
fn node_internet_radio_reads_the_stream() {
    let mut world = radio();
    let peer = world.get("/live").http11().header("Host", HOST).header("Icy-Metadata", "1").open();
    world.pass(2 * SECOND);
    let reply = world.reply(peer);
    let head = reply.split_once("\r\n\r\n").expect("a head").0;
    let (mut title, mut interval) = (None, None);
    for line in head.split("\r\n").skip(1) {
        // It splits at every colon and uses lines with two parts, so the values that it needs must not
        // contain a colon.
        if let [name, value] = line.split(':').collect::<Vec<_>>()[..] {
            match name.to_lowercase().as_str() {
                "content-type" => assert_ne!(value.trim(), "text/html"),
                "icy-metaint" => interval = value.trim().parse::<usize>().ok(),
                "icy-name" => title = Some(value.trim()),
                _ => {}
            }
        }
    }
    assert_eq!((title, interval), (Some("Harbour FM"), Some(16_000)));
    assert!(reply.contains(&format!("StreamTitle='{SONG} ")));
}
