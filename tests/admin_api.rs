//! What operators ask of our own API, against the whole server with a simulated clock.

mod world;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::autodj::AutoDj;
use coldwave::log_tail::LogTail;
use coldwave::server::{Hooks, Peer};
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};
use coldwave::station::{Cue, Input, Readiness};
use coldwave::time::{AudioTime, Time};
use serde_json::{Value, json};
use world::encoder::{Encoder, source_request};
use world::{Link, Setup, World};

const SECOND: Duration = Duration::from_secs(1);
const ADMIN: &str = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";

fn station(id: u32, mount: &str) -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let djs = vec![Dj { name: "nadia".into(), password: Secret::new("tide"), priority: 0 }];
    StationSettings {
        id,
        mount: mount.into(),
        sources: SourceSettings { account, djs, ..SourceSettings::default() },
        ..StationSettings::default()
    }
}

/// Two stations, of which the second has no sources, ten seconds after they started.
fn world(seed: u64) -> World {
    world_with(seed, Hooks::default())
}

fn world_with(seed: u64, hooks: Hooks) -> World {
    let other = StationSettings { sources: SourceSettings::default(), ..station(7, "/jazz") };
    let setup = Setup::with(vec![station(1, "/live"), other]);
    let mut world = World::start(world::seed(seed), Setup { hooks, ..setup });
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(10 * SECOND);
    world
}

/// The status and the body of what a request is answered, which has to be JSON that no other site may read.
#[track_caller]
fn ask_from(world: &mut World, address: &str, head: &str, body: &str) -> (u16, Value) {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    let head = format!("{head}\nHost: radio.example").replace('\n', "\r\n");
    world.send(peer, format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    let reply = world.reply(peer);
    world.hang_up(peer);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no reply: {reply:?}"));
    assert!(head.contains("\r\nContent-Type: application/json"), "{head}");
    assert!(!head.to_lowercase().contains("access-control"), "{head}");
    let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
    (head[9..12].parse().expect("a status"), body)
}

#[track_caller]
fn look(world: &mut World, path: &str) -> Value {
    let head = format!("GET /api/v1/admin{path} HTTP/1.1\n{ADMIN}");
    let (status, body) = ask_from(world, "203.0.113.1:9", &head, "");
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn tune_in_as(world: &mut World, address: &str, agent: &str) -> Peer {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, format!("GET /live HTTP/1.0\r\nUser-Agent: {agent}\r\n\r\n").as_bytes());
    peer
}

#[test]
fn stations_are_shown_with_what_feeds_them() {
    let mut world = world(1);
    let stations = look(&mut world, "/stations");
    let of = |key: &str| -> Vec<Value> {
        let stations = stations["stations"].as_array().expect("a list");
        stations.iter().map(|station| station.get(key).cloned().expect(key)).collect()
    };
    assert_eq!((of("id"), of("mount")), (vec![json!(1), json!(7)], vec![json!("/live"), json!("/jazz")]));
    assert_eq!(of("accepts_sources"), [true, false]);
    for key in ["source", "relay", "peak_at"] {
        assert_eq!(of(key), [Value::Null, Value::Null], "{key}");
    }
    assert_eq!((of("skips"), of("bytes_sent")), (vec![json!(0); 2], vec![json!(0); 2]));
    tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(5 * SECOND);
    let stations = look(&mut world, "/stations");
    let station = &stations["stations"][0];
    assert!(
        station["peak_at"].as_str().is_some_and(|at| at.starts_with("1970-01-01T00:00:12.")),
        "{station}"
    );
    assert!(station["bytes_sent"].as_u64().is_some_and(|sent| sent > 10_000), "{station}");
}

#[test]
fn listeners_are_shown_with_how_they_keep_up() {
    let mut world = world(2);
    let vlc = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0 \"<b>\u{85}");
    let stuck =
        world.connect_from("[2001:db8::1]:1".parse().expect("an address"), Link::Stuck { buffer: 50_000 });
    world.send(stuck, b"GET /live HTTP/1.0\r\nReferer: http://h/?a=1\r\n\r\n");
    world.pass(30 * SECOND + SECOND / 2);
    let young = tune_in_as(&mut world, "203.0.113.9:2", "");
    world.pass(SECOND / 2);
    let shown = look(&mut world, "/stations/1/listeners");
    assert_eq!(shown["station"], 1);
    let behind = |number: usize| shown["listeners"][number]["behind_s"].as_f64().expect("a number");
    let of = |number: usize, key: &str| shown["listeners"][number][key].clone();
    assert_eq!(of(0, "id"), vlc.generation);
    assert_eq!(of(0, "address"), "203.0.113.9");
    assert_eq!(of(0, "user_agent"), "VLC/3.0 \"<b>");
    assert_eq!((of(0, "connected_s"), of(0, "skips"), of(0, "counted")), (json!(31), json!(0), json!(true)));
    assert!(behind(0) <= 1.1, "he is served once a second: {shown}");
    assert_eq!((of(1, "address"), of(1, "referer")), (json!("2001:db8::1"), json!("http://h/?a=1")));
    assert_eq!(of(1, "skips"), 1, "he fell behind, and was moved forward: {shown}");
    assert!(behind(1) > 4.0, "{shown}");
    assert_eq!((of(2, "id"), of(2, "counted")), (json!(young.generation), json!(false)));
    assert_eq!(shown["listeners"].as_array().map(Vec::len), Some(3));
    assert_eq!(look(&mut world, "/stations/7/listeners"), json!({"station": 7, "listeners": []}));
    let part = format!("/stations/1/listeners?after={}&limit=1", vlc.generation);
    let part = look(&mut world, &part);
    assert_eq!(
        (part["listeners"].as_array().map(Vec::len), &part["listeners"][0]["id"]),
        (Some(1), &of(1, "id"))
    );
}

#[test]
fn the_last_day_is_exact_though_nobody_looked() {
    let mut world = world(3);
    world.stir = 60 * SECOND;
    world.pass(600 * SECOND);
    let peers = ["203.0.113.9:1", "203.0.113.9:2"].map(|address| tune_in_as(&mut world, address, "VLC/3.0"));
    world.pass(10 * SECOND);
    world.hang_up(peers[0]);
    world.pass(650 * SECOND);
    world.hang_up(peers[1]);
    world.pass(700 * SECOND);
    // It is 1971 s after the start, and the time of day is set meanwhile.
    let clock = coldwave::time::WallClock::started_at(Duration::from_secs(1_741_083_072));
    world.server.set_wall_clock(clock);
    let shown = look(&mut world, "/audience");
    assert_eq!(shown["interval_s"], 300);
    let samples = shown["stations"][0]["samples"].as_array().expect("a list");
    let listeners: Vec<u64> = samples.iter().filter_map(|sample| sample["listeners"].as_u64()).collect();
    assert_eq!(listeners, [0, 0, 2, 1, 1, 0, 0], "{shown}");
    assert_eq!(samples[0]["at"], "2025-03-04T10:11:12.000Z");
    let of_other = &shown["stations"][1];
    assert_eq!(of_other["id"], 7);
    assert!(
        of_other["samples"].as_array().is_some_and(|samples| samples.iter().all(|it| it["listeners"] == 0))
    );
}

/// The peak and its moment are of the same people.
#[test]
fn the_moment_of_the_peak_is_forgotten_with_the_peak() {
    let mut world = world(16);
    let peak = |world: &mut World| {
        let station = look(world, "/stations")["stations"][0].clone();
        (station["listeners"]["peak"].clone(), station["peak_at"].clone())
    };
    let peers = [1, 2].map(|port| tune_in_as(&mut world, &format!("203.0.113.9:{port}"), "VLC/3.0"));
    world.pass(5 * SECOND);
    let (_, first) = peak(&mut world);
    peers.into_iter().for_each(|peer| world.hang_up(peer));
    let reset = format!("GET /admin.cgi?mode=resetxml HTTP/1.1\r\n{ADMIN}\r\n\r\n");
    let peer = world.connect(Link::Fast);
    world.send(peer, reset.as_bytes());
    assert!(world.reply(peer).starts_with("HTTP/1.0 200"), "{}", world.reply(peer));
    assert_eq!(peak(&mut world), (json!(0), Value::Null));
    world.pass(10 * SECOND);
    tune_in_as(&mut world, "203.0.113.9:3", "VLC/3.0");
    world.pass(5 * SECOND);
    let (most, since) = peak(&mut world);
    assert!(most == 1 && since.is_string() && since != first, "{most} {since} {first}");
}

#[test]
fn the_log_is_shown_from_a_number_on() {
    let tail = Arc::new(LogTail::default());
    let mut world = world_with(4, Hooks { log_tail: tail.clone(), ..Hooks::default() });
    assert_eq!(look(&mut world, "/log"), json!({"lines": [], "last": 0}));
    for text in ["one", "</script>\"\n\u{1b}[31m]]>"] {
        tail.push(Duration::from_millis(1_741_083_072_034), log::Level::Info, "coldwave::net", text);
    }
    let shown = look(&mut world, "/log?after=1");
    let line = json!({
        "seq": 2, "at": "2025-03-04T10:11:12.034Z", "level": "info", "target": "coldwave::net",
        "text": "</script>\"\\n\\u{1b}[31m]]>",
    });
    assert_eq!(shown, json!({"lines": [line], "last": 2}));
    assert_eq!(look(&mut world, "/log")["lines"].as_array().map(Vec::len), Some(2));
    let head = format!("GET /api/v1/admin/log?after=x HTTP/1.1\n{ADMIN}");
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 400);
}

/// What a deed comes to.
#[track_caller]
fn act(world: &mut World, path: &str, body: &str) -> (u16, Value) {
    let head = format!("POST /api/v1/admin{path} HTTP/1.1\n{ADMIN}");
    ask_from(world, "203.0.113.1:9", &head, body)
}

/// A source that has sent five seconds.
fn live(world: &mut World) -> (Peer, Encoder) {
    let peer = world.connect(Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(peer, &source_request("/live", "nadia", "tide"));
    for _ in 0..50 {
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(SECOND / 10);
    }
    (peer, encoder)
}

#[test]
fn a_title_is_set_and_is_nothing_but_text() {
    let mut world = world(5);
    let (peer, mut encoder) = live(&mut world);
    let hostile = "</script>\"'; ]]> — é";
    for (body, artist, title) in [
        ("song=%3C%2Fscript%3E%22%27%3B+%5D%5D%3E+%E2%80%94+%C3%A9%0A%00", Value::Null, hostile),
        ("artist=Nadia+Karim&title=Tidewater", json!("Nadia Karim"), "Nadia Karim - Tidewater"),
    ] {
        let done = act(&mut world, "/stations/1/title", body);
        assert_eq!(done, (200, json!({"message": "Metadata update successful"})));
        world.feed(peer, &encoder.seconds(1.0));
        world.pass(SECOND);
        let shown = &look(&mut world, "/stations")["stations"][0];
        assert_eq!((&shown["title"]["text"], &shown["title"]["artist"]), (&json!(title), &artist), "{shown}");
        assert_eq!(shown["source"]["user"], "nadia");
    }
    assert_eq!(act(&mut world, "/stations/1/title", "url=http://h/").0, 400);
    assert_eq!(act(&mut world, "/stations/2/title", "song=A").0, 404);
}

#[test]
fn a_source_is_thrown_out_once() {
    let mut world = world(6);
    let (peer, _) = live(&mut world);
    let done = act(&mut world, "/stations/1/kick-source", "");
    assert_eq!(done, (200, json!({"message": "Source Removed"})));
    assert!(world.pretend(peer).closed && !world.is_live(0));
    assert_eq!(act(&mut world, "/stations/1/kick-source", "").0, 409);
    assert_eq!(act(&mut world, "/stations/2/kick-source", "").0, 404);
}

#[test]
fn listeners_are_thrown_out_by_id_by_address_and_all() {
    let mut world = world(7);
    let mut tune_in = |address: &str| tune_in_as(&mut world, address, "VLC/3.0");
    let peers = ["203.0.113.9:1", "203.0.113.9:2", "203.0.113.10:1", "203.0.113.11:1", "203.0.113.12:1"]
        .map(&mut tune_in);
    world.pass(2 * SECOND);
    let id = peers[2].generation;
    let done = act(&mut world, "/stations/1/kick", &format!("client={id}"));
    assert_eq!(done, (200, json!({"message": format!("Client {id} removed")})));
    assert_eq!(act(&mut world, "/stations/1/kick", &format!("client={id}")).0, 404);
    assert_eq!(act(&mut world, "/stations/7/kick", &format!("client={}", peers[0].generation)).0, 404);
    let list = format!("client=203.0.113.9,+{}", peers[3].generation);
    assert_eq!(act(&mut world, "/stations/1/kick", &list), (200, json!({"message": "Clients removed: 3"})));
    assert_eq!(act(&mut world, "/stations/1/kick", "client=203.0.113.9").0, 404);
    for nobody in ["", "client=", "client=nobody", "client=-1"] {
        assert_eq!(act(&mut world, "/stations/1/kick", nobody).0, 400, "{nobody}");
    }
    world.assert_listens(peers[4]);
    assert_eq!(
        act(&mut world, "/stations/1/kick", "client=all"),
        (200, json!({"message": "Clients removed: 1"}))
    );
    assert_eq!(
        act(&mut world, "/stations/1/kick", "client=all"),
        (200, json!({"message": "Clients removed: 0"}))
    );
    assert_eq!(act(&mut world, "/stations/2/kick", "client=all").0, 404);
    assert_eq!(world.listeners(0), 0);
}

#[test]
fn listeners_are_moved() {
    let mut world = world(8);
    let peer = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(2 * SECOND);
    for (to, code) in [("", 400), ("to=/nowhere", 404), ("to=/live", 400)] {
        assert_eq!(act(&mut world, "/stations/1/move", to).0, code, "{to}");
    }
    let done = act(&mut world, "/stations/1/move", "to=%2Fjazz");
    assert_eq!(done, (200, json!({"message": "Clients moved from /live to /jazz"})));
    let listed = look(&mut world, "/stations/7/listeners");
    assert_eq!(
        (&listed["listeners"][0]["id"], &listed["listeners"][0]["counted"]),
        (&json!(peer.generation), &json!(true))
    );
    assert_eq!(act(&mut world, "/stations/2/move", "to=/jazz").0, 404);
}

/// What there is to look at, and what there is to do.
const LOOKED_AT: [&str; 4] = ["/stations", "/stations/1/listeners", "/audience", "/log"];
const DONE: [(&str, &str); 5] = [
    ("/stations/1/title", "song=A"),
    ("/stations/1/skip", ""),
    ("/stations/1/kick-source", ""),
    ("/stations/1/kick", "client=all"),
    ("/stations/1/move", "to=/jazz"),
];

/// Whoever adds them up takes a number that falls for that of a server that was started anew.
#[test]
fn what_was_sent_stays_with_the_station_that_sent_it() {
    let mut world = world(15);
    let sent = |world: &mut World| -> [u64; 2] {
        let stations = look(world, "/stations");
        [0, 1].map(|at: usize| stations["stations"][at]["bytes_sent"].as_u64().expect("a number"))
    };
    let peer = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(20 * SECOND);
    let [before, nothing] = sent(&mut world);
    assert!(before > 100_000 && nothing == 0, "{before} {nothing}");
    assert_eq!(act(&mut world, "/stations/1/move", "to=/jazz").0, 200);
    world.pass(20 * SECOND);
    let [left, there] = sent(&mut world);
    assert!(left >= before && (100_000..left).contains(&there), "{before} {left} {there}");
    world.hang_up(peer);
    world.pass(SECOND);
    assert_eq!(sent(&mut world), [left, there]);
}

fn requests() -> impl Iterator<Item = (String, &'static str)> {
    let looks = LOOKED_AT.iter().map(|path| (format!("GET /api/v1/admin{path} HTTP/1.1"), ""));
    looks.chain(DONE.iter().map(|(path, body)| (format!("POST /api/v1/admin{path} HTTP/1.1"), *body)))
}

/// A world with a live source and a listener, whom nothing must happen to.
fn with_both(seed: u64) -> (World, Peer, Peer) {
    let mut world = world(seed);
    let listener = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    let (source, _) = live(&mut world);
    (world, source, listener)
}

#[track_caller]
fn check_untouched(world: &World, source: Peer, listener: Peer) {
    assert!(!world.pretend(source).closed && world.is_live(0));
    world.assert_listens(listener);
    assert_eq!((world.listeners(0), world.station(0).title()), (1, ""));
}

#[test]
fn without_the_password_there_is_nothing() {
    let (mut world, source, listener) = with_both(9);
    for (request, body) in requests() {
        for header in ["", "\nAuthorization: Basic YWRtaW46d3Jvbmc=", "\nAuthorization: Bearer x"] {
            let (status, answer) = ask_from(&mut world, "127.0.0.1:9", &format!("{request}{header}"), body);
            assert_eq!((status, answer["error"].is_string()), (401, true), "{request}: {answer}");
        }
    }
    // nadia:tide, who may go live on the first station, and set its title.
    for (request, body) in
        requests().filter(|(request, _)| !request.contains("title") && !request.contains("kick-source"))
    {
        let head = format!("{request}\nAuthorization: Basic bmFkaWE6dGlkZQ==");
        assert_eq!(ask_from(&mut world, "127.0.0.1:9", &head, body).0, 401, "{request}");
    }
    let other = "POST /api/v1/admin/stations/7/title HTTP/1.1\nAuthorization: Basic bmFkaWE6dGlkZQ==";
    assert_eq!(ask_from(&mut world, "127.0.0.1:9", other, "song=A").0, 401);
    check_untouched(&world, source, listener);
}

#[test]
fn whoever_guesses_is_locked_out() {
    let (mut world, source, listener) = with_both(10);
    for _ in 0..10 {
        let guess = "GET /api/v1/admin/stations HTTP/1.1\nAuthorization: Basic YWRtaW46d3Jvbmc=";
        assert_eq!(ask_from(&mut world, "203.0.113.66:9", guess, "").0, 401);
    }
    for (request, body) in requests() {
        let (status, answer) = ask_from(&mut world, "203.0.113.66:9", &format!("{request}\n{ADMIN}"), body);
        assert_eq!((status, answer["error"].is_string()), (403, true), "{request}");
    }
    check_untouched(&world, source, listener);
    look(&mut world, "/stations");
    world.pass(61 * SECOND);
    let head = format!("GET /api/v1/admin/stations HTTP/1.1\n{ADMIN}");
    assert_eq!(ask_from(&mut world, "203.0.113.66:9", &head, "").0, 200, "after a while he may try again");
}

#[test]
fn without_an_admin_nobody_is_one() {
    let (mut world, source, listener) = with_both(11);
    world.configure(|config| config.admin = Account { user: "admin".into(), password: None });
    let admins =
        |(request, _): &(String, &str)| !request.contains("title") && !request.contains("kick-source");
    for (request, body) in requests().filter(admins) {
        assert_eq!(
            ask_from(&mut world, "203.0.113.1:9", &format!("{request}\n{ADMIN}"), body).0,
            403,
            "{request}"
        );
    }
    check_untouched(&world, source, listener);
}

#[test]
fn other_sites_have_no_hand_in_it() {
    let (mut world, source, listener) = with_both(12);
    for (path, body) in DONE {
        for (header, code) in [
            ("Sec-Fetch-Site: cross-site", 403),
            ("Origin: https://evil.example", 403),
            ("Origin: null", 403),
            ("Referer: http://evil.example/x", 403),
            ("Content-Type: text/plain", 415),
            ("Content-Type: multipart/form-data; boundary=x", 415),
        ] {
            let head = format!("POST /api/v1/admin{path} HTTP/1.1\n{ADMIN}\n{header}");
            let (status, answer) = ask_from(&mut world, "203.0.113.1:9", &head, body);
            assert_eq!((status, answer["error"].is_string()), (code, true), "{path} {header}");
        }
    }
    check_untouched(&world, source, listener);
    let own = format!(
        "POST /api/v1/admin/stations/1/kick HTTP/1.1\n{ADMIN}\nOrigin: http://radio.example\n\
         Content-Type: application/x-www-form-urlencoded;charset=UTF-8"
    );
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", &own, "client=all").0, 200);
}

#[test]
fn each_path_takes_the_method_that_it_is_for() {
    let (mut world, source, listener) = with_both(13);
    for (path, _) in DONE {
        let head = format!("GET /api/v1/admin{path}?client=all&song=A&to=/jazz HTTP/1.1\n{ADMIN}");
        assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 405, "{path}");
    }
    for path in LOOKED_AT {
        assert_eq!(act(&mut world, path, "").0, 405, "{path}");
    }
    for path in ["/", "/stations/1", "/stations/1/tea", "/stations/x/listeners", "/stations/1/kick/", "/tea"]
    {
        let head = format!("GET /api/v1/admin{path} HTTP/1.1\n{ADMIN}");
        assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 404, "{path}");
        assert_eq!(act(&mut world, path, "").0, 404, "{path}");
    }
    let head = format!("GET /api/v1/admin/stations/99/listeners HTTP/1.1\n{ADMIN}");
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 404);
    assert_eq!(act(&mut world, "/stations/99/skip", "").0, 404);
    check_untouched(&world, source, listener);
}

#[test]
fn there_is_no_track_to_skip_while_somebody_is_live() {
    let (mut world, source, listener) = with_both(14);
    let (status, answer) = act(&mut world, "/stations/1/skip", "");
    assert_eq!(status, 409);
    assert_eq!(answer, json!({"error": "no track to skip: the AutoDJ is not on the air"}));
    check_untouched(&world, source, listener);
}

/// The AutoDJ itself, for whose reader time stands still: the world's passes faster than any disk reads.
struct Patient {
    dj: AutoDj,
    alerts: Receiver<()>,
}

impl Input for Patient {
    fn name(&self) -> String {
        self.dj.name()
    }

    fn poll(&mut self) -> Readiness {
        loop {
            match self.dj.poll() {
                Readiness::Late => {
                    self.alerts.recv_timeout(20 * SECOND).expect("the reader has something in time");
                }
                readiness => return readiness,
            }
        }
    }

    fn take(&mut self) -> Cue<'_> {
        self.dj.take()
    }

    fn leave(&mut self) {
        self.dj.leave();
    }
}

/// How much audio the first station has played when it has played all that it owes.
fn paid(world: &mut World) -> AudioTime {
    let now = world.now;
    world.server.snapshot(now);
    world.station(0).timeline().end_time()
}

#[test]
fn the_next_track_begins_where_one_is_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3/cbr.mp3")).expect("a file");
    for name in ["1.mp3", "2.mp3", "3.mp3"] {
        std::fs::write(folder.path().join(name), bytes.repeat(100)).expect("room");
    }
    let (alert, alerts) = channel();
    let alert = Box::new(move || {
        // The reader outlives the station for a moment.
        let _ = alert.send(());
    });
    let music = vec![folder.path().to_path_buf()];
    let dj = AutoDj::start("/live", music, None, alert, Box::new(|| Time::START)).expect("a thread");
    let input: Box<dyn Input> = Box::new(Patient { dj, alerts });
    let mut world = World::with_inputs(world::seed(16), vec![(station(1, "/live"), vec![input])], Vec::new());
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(10 * SECOND);
    for (title, next) in [("1", "2"), ("2", "3"), ("3", "1")] {
        assert_eq!(world.station(0).title(), title);
        let played = paid(&mut world);
        assert_eq!(act(&mut world, "/stations/1/skip", ""), (200, json!({"message": "Track skipped"})));
        // However often: nothing of the next was heard yet.
        assert_eq!(act(&mut world, "/stations/1/skip", "").0, 200);
        world.pass(2 * SECOND);
        assert_eq!(world.station(0).title(), next);
        let passed = (paid(&mut world) - played).duration();
        assert!(passed.abs_diff(2 * SECOND) < SECOND / 5, "no gap, and nothing too much: {passed:?}");
    }
}

/// What somebody may go live with is no leave to speak for the AutoDJ.
#[test]
fn the_autodjs_track_has_the_title_that_an_administrator_gives_it() {
    let mut world = world(17);
    let listener = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    let before = world.station(0).title().to_owned();
    let by_source = "POST /api/v1/admin/stations/1/title HTTP/1.1\nAuthorization: Basic bmFkaWE6dGlkZQ==\n\
                     Content-Type: application/x-www-form-urlencoded";
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", by_source, "song=Mine").0, 200);
    world.pass(SECOND);
    assert_eq!(world.station(0).title(), before, "it is kept for the DJ");
    assert_eq!(act(&mut world, "/stations/1/title", "song=News+at+ten").0, 200);
    world.pass(SECOND);
    assert_eq!(world.station(0).title(), "News at ten");
    let shown = &look(&mut world, "/stations")["stations"][0];
    assert_eq!(
        (&shown["title"]["text"], &shown["on_air"]["kind"]),
        (&json!("News at ten"), &json!("autodj"))
    );
    // Until the track ends, and no longer.
    world.pass(600 * SECOND);
    assert_ne!(world.station(0).title(), "News at ten");
    world.assert_listens(listener);
}

/// The loop does nothing else while a list is made, and listeners must not notice.
#[test]
fn a_list_of_very_many_listeners_is_made_in_no_time() {
    const MANY: usize = 19_000;
    let mut world = world(15);
    for number in 0..MANY {
        let address = format!("203.0.{}.{}:9", number / 250, number % 250 + 1);
        let peer = world.connect_from(address.parse().expect("an address"), Link::Stuck { buffer: 1000 });
        world.server.received(
            peer,
            b"GET /live HTTP/1.0\r\nUser-Agent: VLC/3.0.24 LibVLC/3.0.24\r\n\r\n",
            world.now,
        );
    }
    world.pass(2 * SECOND);
    let mut quickest = |path: &str| {
        let head = format!("GET /api/v1/admin{path} HTTP/1.0\r\n{ADMIN}\r\n\r\n");
        let times = (0..5).map(|_| {
            let peer = world.connect(Link::Fast);
            let begun = std::time::Instant::now();
            world.server.received(peer, head.as_bytes(), world.now);
            let took = begun.elapsed();
            world.turn();
            assert_eq!(
                world.reply(peer).matches("\"behind_s\"").count(),
                if path.contains('?') { 500 } else { MANY }
            );
            took
        });
        times.min().expect("five")
    };
    let all = quickest("/stations/1/listeners");
    let part = quickest("/stations/1/listeners?limit=500");
    println!("a list of {MANY} listeners takes {all:?}, of 500 of them {part:?}");
    // Nobody may be silent for longer than 1.5 s, with the second between two deliveries.
    assert!(all < SECOND / 2 && part < all, "{all:?}, {part:?}");
}
