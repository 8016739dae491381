//! Proxies in a simulated world: who is believed what he says of whoever is behind him, and what that changes.

use crate::world::encoder::Encoder;
use crate::world::{self, Link, World};
use coldwave::audio::Header;
use coldwave::proxies::TrustedProxies;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};

const PROXY: &str = "10.0.0.1:4000";
const STRANGER: &str = "198.51.100.9:4000";

/// A world that trusts the proxies in 10.0.0.0/8.
fn world() -> World {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let mut world = World::with(world::seed(5), vec![StationSettings { sources, ..Default::default() }]);
    world.configure(|config| {
        config.trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")])
    });
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world
}

/// The sessions that ended so far.
fn ended(world: &World) -> Vec<(String, CloseReason)> {
    world.ended.borrow().iter().map(|it| (it.address.to_string(), it.why)).collect()
}

fn say(world: &mut World, from: &str, bytes: &[u8]) -> Peer {
    let peer = world.connect_from(from.parse().expect("an address"), Link::Fast);
    world.send(peer, bytes);
    peer
}

fn ask(world: &mut World, from: &str, lines: &str) -> Peer {
    say(world, from, format!("{lines}\n\n").replace('\n', "\r\n").as_bytes())
}

fn status(world: &World, peer: Peer) -> String {
    world.reply(peer).lines().next().unwrap_or_default().to_owned()
}

/// The listeners' addresses and what was said of them, as the operator is told.
fn listed(world: &mut World) -> Vec<(String, String)> {
    let request = "GET /admin.cgi?mode=viewxml&page=3&pass=lighthouse HTTP/1.0";
    let peer = ask(world, "127.0.0.1:9", request);
    let reply = world.reply(peer);
    let all = |tag: &str| -> Vec<String> {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let parts = reply.split(&open).skip(1);
        parts.map(|part| part.split(&close).next().unwrap_or_default().to_owned()).collect()
    };
    all("HOSTNAME").into_iter().zip(all("XFF")).collect()
}

fn addresses(world: &mut World) -> Vec<String> {
    listed(world).into_iter().map(|(address, _)| address).collect()
}

const V1: &[u8] = b"PROXY TCP4 203.0.113.7 127.0.0.1 12345 8000\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xCB\0\x71\x07\x7F\0\0\x01\x30\x39\x1F\x40";
const V2_LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

#[test]
fn a_header_before_the_request_says_who_listens() {
    for header in [V1, V2] {
        let mut world = world();
        let bytes = [header, b"GET /live HTTP/1.0\r\n\r\n"].concat();
        for cut in 0..bytes.len() {
            let peer = say(&mut world, PROXY, &bytes[..cut]);
            world.send(peer, &bytes[cut..]);
            assert_eq!(status(&world, peer), "HTTP/1.0 200 OK", "cut at {cut}");
            assert_eq!(listed(&mut world), [("203.0.113.7".into(), "203.0.113.7".into())], "cut at {cut}");
            world.hang_up(peer);
        }
    }
}

#[test]
fn a_header_may_come_byte_by_byte_and_before_a_password() {
    let mut world = world();
    let peer = world.connect_from(PROXY.parse().expect("an address"), Link::Fast);
    for byte in [V2, b"deep water\r\n"].concat() {
        world.send(peer, &[byte]);
    }
    assert_eq!(world.reply(peer), "OK2\r\nicy-caps:11\r\n\r\n");
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(peer, b"icy-name:Harbour FM\r\n\r\n");
    let audio = encoder.seconds(2.0);
    world.send(peer, &audio);
    assert!(world.is_live(0));
    world.hang_up(peer);
    assert_eq!(ended(&world), [("203.0.113.7:12345".into(), CloseReason::PeerClosed)]);
}

#[test]
fn a_proxy_that_speaks_for_itself_is_itself() {
    for header in [V2_LOCAL, b"PROXY UNKNOWN\r\n"] {
        let mut world = world();
        let peer = say(&mut world, PROXY, &[header, b"GET /live HTTP/1.0\r\n\r\n"].concat());
        assert_eq!(addresses(&mut world), ["10.0.0.1"]);
        world.hang_up(peer);
        // A check of our health says no more than that.
        world.ended.borrow_mut().clear();
        let peer = say(&mut world, PROXY, header);
        world.server.received_eof(peer, world.now);
        world.turn();
        assert!(world.pretend(peer).closed && ended(&world).is_empty(), "no line for every check");
    }
}

#[test]
fn a_header_from_anybody_else_is_refused() {
    let mut world = world();
    for header in [V1, V2, V2_LOCAL] {
        let peer = say(&mut world, STRANGER, &[header, b"GET /live HTTP/1.0\r\n\r\n"].concat());
        assert_eq!(status(&world, peer), "HTTP/1.0 400 Bad Request");
        assert!(world.reply(peer).contains("trusted_proxies"), "{}", world.reply(peer));
    }
    for bytes in [&b"PROXY TCP4 203.0.113.7\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x31"] {
        let peer = say(&mut world, PROXY, bytes);
        assert_eq!(status(&world, peer), "HTTP/1.0 400 Bad Request");
    }
    assert!(listed(&mut world).is_empty());
}

#[test]
fn what_a_request_says_is_believed_of_proxies_alone() {
    let mut world = world();
    for (from, header, address) in [
        (PROXY, "X-Forwarded-For: 1.1.1.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (PROXY, "Forwarded: for=\"[2001:db8::7]:4711\";proto=https", "2001:db8::7"),
        (PROXY, "X-Forwarded-For: nonsense", "10.0.0.1"),
        (PROXY, "X-Forwarded-Proto: https", "10.0.0.1"),
        (STRANGER, "X-Forwarded-For: 203.0.113.7", "198.51.100.9"),
    ] {
        let peer = ask(&mut world, from, &format!("GET /live HTTP/1.1\n{header}"));
        assert_eq!(addresses(&mut world), [address], "{header}");
        world.hang_up(peer);
    }
    // Who is told of by a proxy before another may be a proxy.
    let behind = "PROXY TCP4 10.0.0.5 10.0.0.1 1 2\nGET /live HTTP/1.1\nX-Forwarded-For: 203.0.113.7";
    ask(&mut world, PROXY, behind);
    let stranger = "PROXY TCP4 198.51.100.9 10.0.0.1 1 2\nGET /live HTTP/1.1\nX-Forwarded-For: 203.0.113.7";
    ask(&mut world, PROXY, stranger);
    assert_eq!(
        listed(&mut world),
        [
            ("203.0.113.7".to_owned(), "203.0.113.7".to_owned()),
            ("198.51.100.9".to_owned(), "198.51.100.9".to_owned())
        ]
    );
}

#[test]
fn connections_are_counted_for_those_behind_a_proxy() {
    let mut world = world();
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (usize::MAX, 2));
    world.ended.borrow_mut().clear();
    let from = |client: &str| format!("GET /live HTTP/1.1\nX-Forwarded-For: {client}");
    let peers: Vec<Peer> = (0..3).map(|_| ask(&mut world, PROXY, &from("203.0.113.7"))).collect();
    assert_eq!(status(&world, peers[1]), "HTTP/1.0 200 OK");
    assert_eq!(status(&world, peers[2]), "HTTP/1.0 403 Forbidden");
    assert!(world.reply(peers[2]).ends_with("too many connections from your address\r\n"));
    world.server.received_eof(peers[2], world.now);
    world.turn();
    assert_eq!(ended(&world), [("203.0.113.7:0".into(), CloseReason::AddressLimit)]);
    // The same address, without the proxy and with the other kind of header.
    let direct = world.server.connected("203.0.113.7:9".parse().expect("an address"), world.now);
    assert!(direct.is_err());
    let other = say(&mut world, PROXY, &[V2, b"GET /live HTTP/1.1\r\n\r\n"].concat());
    assert_eq!(status(&world, other), "HTTP/1.0 403 Forbidden");
    // Others have room, whoever leaves makes some, and nobody's place is freed twice.
    let next = ask(&mut world, PROXY, &from("203.0.113.8"));
    assert_eq!(status(&world, next), "HTTP/1.0 200 OK");
    world.hang_up(other);
    world.hang_up(peers[0]);
    let again: Vec<_> = (0..2).map(|_| ask(&mut world, PROXY, &from("203.0.113.7"))).collect();
    assert_eq!(status(&world, again[0]), "HTTP/1.0 200 OK");
    assert_eq!(status(&world, again[1]), "HTTP/1.0 403 Forbidden");
}

#[test]
fn wrong_passwords_are_of_whoever_gave_them() {
    let mut world = world();
    let try_from = |world: &mut World, from: &str, header: &str| {
        let guess = "GET /admin/listclients?mount=/live HTTP/1.0\nAuthorization: Basic YWRtaW46eA==\n";
        let peer = ask(world, from, &format!("{guess}{header}"));
        status(world, peer)
    };
    for _ in 0..10 {
        let answered = try_from(&mut world, PROXY, "X-Forwarded-For: 203.0.113.7");
        assert_eq!(answered, "HTTP/1.0 401 Unauthorized");
    }
    let answered = try_from(&mut world, PROXY, "X-Forwarded-For: 203.0.113.7");
    assert_ne!(answered, "HTTP/1.0 401 Unauthorized", "he is not asked any more");
    assert_eq!(try_from(&mut world, PROXY, "X-Forwarded-For: 203.0.113.8"), "HTTP/1.0 401 Unauthorized");
    // A proxy that does not tell is everyone.
    for _ in 0..20 {
        assert_eq!(try_from(&mut world, PROXY, "X-A: b"), "HTTP/1.0 401 Unauthorized");
    }
}

#[test]
fn those_behind_a_proxy_are_counted_one_by_one() {
    let mut world = world();
    for client in ["203.0.113.7", "203.0.113.8", "203.0.113.8"] {
        ask(&mut world, PROXY, &format!("GET /live HTTP/1.1\nX-Forwarded-For: {client}"));
    }
    world.pass(std::time::Duration::from_secs(2));
    let snapshot = world.server.snapshot(world.now);
    assert_eq!((snapshot.stations[0].listeners, snapshot.stations[0].unique), (3, 2));
}

/// Where links lead, wherever the API shows one.
fn stream_url(world: &mut World, from: &str, lines: &str) -> String {
    let peer = ask(world, from, &format!("GET /api/v1/stations/1 HTTP/1.1\n{lines}"));
    let reply = world.reply(peer);
    let (_, rest) = reply.split_once("\"stream_url\":\"").expect("a station has a stream");
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn links_lead_to_where_we_are_found() {
    let mut world = world();
    world.configure(|config| config.ports = vec![8000]);
    let behind = "Host: radio.example\nX-Forwarded-For: 203.0.113.7\nX-Forwarded-Proto: https";
    assert_eq!(stream_url(&mut world, PROXY, behind), "https://radio.example/live");
    assert_eq!(stream_url(&mut world, STRANGER, behind), "http://radio.example:8000/live");
    let header = "PROXY TCP4 203.0.113.7 10.0.0.1 1 80\nGET /api/v1/stations/1 HTTP/1.1\nHost: radio.example";
    let peer = ask(&mut world, PROXY, header);
    assert!(world.reply(peer).contains("\"http://radio.example/live\""), "our port is none of the proxy's");
    let forged = "Host: radio.example\nX-Forwarded-Host: evil.example";
    assert_eq!(stream_url(&mut world, STRANGER, forged), "http://radio.example:8000/live");
    world.configure(|config| config.public_url = Some("https://radio.example/fm".into()));
    for from in [PROXY, STRANGER] {
        assert_eq!(stream_url(&mut world, from, "Host: inner"), "https://radio.example/fm/live");
    }
}

#[test]
fn the_host_that_we_are_found_at_is_no_other_site() {
    let mut world = world();
    world.configure(|config| config.public_url = Some("https://radio.example".into()));
    for (origin, answered) in [
        ("https://radio.example", "HTTP/1.0 400 Bad Request"),
        ("https://evil.example", "HTTP/1.0 403 Forbidden"),
    ] {
        let kick = "GET /admin/killsource?mount=/live HTTP/1.0\nHost: 127.0.0.1:8000";
        let login = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";
        let peer = ask(&mut world, PROXY, &format!("{kick}\n{login}\nOrigin: {origin}"));
        assert_eq!(status(&world, peer), answered, "{origin}");
    }
}
