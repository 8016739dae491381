//! Trusted proxies: how the server learns the address of the client behind one, and what depends on that
//! address.

use crate::world::encoder::Encoder;
use crate::world::{Link, Reply, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};
use coldwave::trusted_proxies::TrustedProxies;

const PROXY: &str = "10.0.0.1:4000";
const UNTRUSTED: &str = "198.51.100.9:4000";

/// Creates a world that trusts the proxies in 10.0.0.0/8.
fn world() -> World {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let mut world = World::with(seed(5), vec![StationSettings { sources, ..Default::default() }]);
    world.configure(|config| {
        config.trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")])
    });
    world.enable_admin();
    world
}

/// Returns the client addresses of the sessions that have ended, with the reasons.
fn ended(world: &World) -> Vec<(String, CloseReason)> {
    world.ended.borrow().iter().map(|it| (it.address.to_string(), it.reason)).collect()
}

fn connect_and_send(world: &mut World, from: &str, bytes: &[u8]) -> Peer {
    let peer = world.connect_from(from.parse().expect("an address"), Link::Fast);
    world.send(peer, bytes);
    peer
}

/// Connects a listener through [`PROXY`], which reports `client` as its address.
fn listen_for(world: &mut World, client: &str) -> Peer {
    world.get("/live").http11().from(PROXY).header("X-Forwarded-For", client).open()
}

/// Returns the addresses of the listeners, and the addresses that proxies reported, as the admin page shows
/// them.
fn listed(world: &mut World) -> Vec<(String, String)> {
    let reply = world.get("/admin.cgi?mode=viewxml&page=3&pass=lighthouse").from("127.0.0.1:9").send();
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
fn proxy_header_before_the_request_sets_the_client_address() {
    for header in [V1, V2] {
        let mut world = world();
        let bytes = [header, b"GET /live HTTP/1.0\r\n\r\n"].concat();
        for cut in 0..bytes.len() {
            let peer = connect_and_send(&mut world, PROXY, &bytes[..cut]);
            world.send(peer, &bytes[cut..]);
            assert_eq!(world.reply(peer).status_line(), "HTTP/1.0 200 OK", "cut at {cut}");
            assert_eq!(listed(&mut world), [("203.0.113.7".into(), "203.0.113.7".into())], "cut at {cut}");
            world.disconnect(peer);
        }
    }
}

#[test]
fn proxy_header_may_arrive_byte_by_byte_and_before_a_source_password() {
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
    world.disconnect(peer);
    assert_eq!(ended(&world), [("203.0.113.7:12345".into(), CloseReason::SourceReset)]);
}

#[test]
fn proxy_header_without_a_client_keeps_the_address_of_the_proxy() {
    for header in [V2_LOCAL, b"PROXY UNKNOWN\r\n"] {
        let mut world = world();
        let peer = world.get("/live").from(PROXY).preamble(header).open();
        assert_eq!(addresses(&mut world), ["10.0.0.1"]);
        world.disconnect(peer);
        // A health check sends the header and no request.
        world.ended.borrow_mut().clear();
        let peer = connect_and_send(&mut world, PROXY, header);
        world.half_close(peer);
        assert!(world.socket(peer).closed && ended(&world).is_empty(), "a health check is not logged");
    }
}

#[test]
fn proxy_header_from_an_untrusted_address_or_malformed_is_refused() {
    let mut world = world();
    for header in [V1, V2, V2_LOCAL] {
        let reply = world.get("/live").from(UNTRUSTED).preamble(header).send();
        assert_eq!(reply.status_line(), "HTTP/1.0 400 Bad Request");
        assert!(reply.contains("trusted_proxies"), "{reply}");
    }
    for bytes in [&b"PROXY TCP4 203.0.113.7\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x31"] {
        let peer = connect_and_send(&mut world, PROXY, bytes);
        assert_eq!(world.reply(peer).status_line(), "HTTP/1.0 400 Bad Request");
    }
    assert!(listed(&mut world).is_empty());
}

#[test]
fn forwarded_headers_set_the_client_address_if_a_trusted_proxy_sends_them() {
    let mut world = world();
    for (from, header, address) in [
        (PROXY, "X-Forwarded-For: 1.1.1.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (PROXY, "Forwarded: for=\"[2001:db8::7]:4711\";proto=https", "2001:db8::7"),
        (PROXY, "X-Forwarded-For: nonsense", "10.0.0.1"),
        (PROXY, "X-Forwarded-Proto: https", "10.0.0.1"),
        (UNTRUSTED, "X-Forwarded-For: 203.0.113.7", "198.51.100.9"),
    ] {
        let peer = world.get("/live").http11().from(from).lines(header).open();
        assert_eq!(addresses(&mut world), [address], "{header}");
        world.disconnect(peer);
    }
    // The client in a PROXY header may itself be a trusted proxy, whose own header then counts.
    for client in ["10.0.0.5", "198.51.100.9"] {
        let preamble = format!("PROXY TCP4 {client} 10.0.0.1 1 2\r\n");
        let request = world.get("/live").http11().from(PROXY).preamble(preamble.as_bytes());
        request.header("X-Forwarded-For", "203.0.113.7").open();
    }
    assert_eq!(
        listed(&mut world),
        [
            ("203.0.113.7".to_owned(), "203.0.113.7".to_owned()),
            ("198.51.100.9".to_owned(), "198.51.100.9".to_owned())
        ]
    );
}

#[test]
fn connections_through_a_proxy_count_for_the_client_address() {
    let mut world = world();
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (usize::MAX, 2));
    world.ended.borrow_mut().clear();
    let peers: Vec<Peer> = (0..3).map(|_| listen_for(&mut world, "203.0.113.7")).collect();
    let status_line = |world: &World, peer: Peer| world.reply(peer).status_line().to_owned();
    assert_eq!(status_line(&world, peers[1]), "HTTP/1.0 200 OK");
    assert_eq!(status_line(&world, peers[2]), "HTTP/1.0 403 Forbidden");
    assert!(world.reply(peers[2]).ends_with("too many connections from your address\r\n"));
    world.half_close(peers[2]);
    assert_eq!(ended(&world), [("203.0.113.7:0".into(), CloseReason::AddressLimit)]);
    // The same address without the proxy, and with the other kind of header.
    let direct = world.server.connected("203.0.113.7:9".parse().expect("an address"), world.now);
    assert!(direct.is_err());
    let other = world.get("/live").http11().from(PROXY).preamble(V2).open();
    assert_eq!(status_line(&world, other), "HTTP/1.0 403 Forbidden");
    // Another client is accepted. A connection that ends makes room once, and a refused one makes none.
    let next = listen_for(&mut world, "203.0.113.8");
    assert_eq!(status_line(&world, next), "HTTP/1.0 200 OK");
    world.disconnect(other);
    world.disconnect(peers[0]);
    let again: Vec<_> = (0..2).map(|_| listen_for(&mut world, "203.0.113.7")).collect();
    assert_eq!(status_line(&world, again[0]), "HTTP/1.0 200 OK");
    assert_eq!(status_line(&world, again[1]), "HTTP/1.0 403 Forbidden");
}

#[test]
fn wrong_passwords_through_a_proxy_count_for_the_client_address() {
    let mut world = world();
    let guess = |world: &mut World, header: &str| -> Reply {
        let request = world.get("/admin/listclients?mount=/live").from(PROXY).auth("admin", "x");
        request.lines(header).send()
    };
    for _ in 0..10 {
        assert_eq!(guess(&mut world, "X-Forwarded-For: 203.0.113.7").status(), 401);
    }
    assert_ne!(guess(&mut world, "X-Forwarded-For: 203.0.113.7").status(), 401, "this client is locked out");
    assert_eq!(guess(&mut world, "X-Forwarded-For: 203.0.113.8").status(), 401);
    // A proxy that reports no client is never locked out, because the requests of all its clients come from
    // it. Only the rate of all failed logins applies to it.
    for _ in 0..20 {
        world.pass(std::time::Duration::from_secs(1));
        assert_eq!(guess(&mut world, "X-A: b").status(), 401);
    }
}

#[test]
fn listeners_behind_a_proxy_are_counted_by_client_address() {
    let mut world = world();
    for client in ["203.0.113.7", "203.0.113.8", "203.0.113.8"] {
        listen_for(&mut world, client);
    }
    world.pass(std::time::Duration::from_secs(2));
    let snapshot = world.server.snapshot(world.now);
    assert_eq!((snapshot.stations[0].listeners, snapshot.stations[0].unique), (3, 2));
}

/// Returns the URL of the stream that the API shows in reply to a request with these headers.
fn stream_url(world: &mut World, from: &str, lines: &str) -> String {
    let reply = world.get("/api/v1/stations/1").http11().from(from).lines(lines).send();
    reply.json()["stream_url"].as_str().expect("a station has a stream").to_owned()
}

#[test]
fn links_lead_to_the_public_url_or_the_host_that_the_proxy_reports() {
    let mut world = world();
    world.configure(|config| config.ports = vec![8000]);
    let behind = "Host: radio.example\nX-Forwarded-For: 203.0.113.7\nX-Forwarded-Proto: https";
    assert_eq!(stream_url(&mut world, PROXY, behind), "https://radio.example/live");
    assert_eq!(stream_url(&mut world, UNTRUSTED, behind), "http://radio.example:8000/live");
    let header = b"PROXY TCP4 203.0.113.7 10.0.0.1 1 80\r\n";
    let request = world.get("/api/v1/stations/1").http11().from(PROXY).preamble(header);
    let reply = request.header("Host", "radio.example").send();
    assert!(reply.contains("\"http://radio.example/live\""), "the port of the proxy differs from ours");
    let forged = "Host: radio.example\nX-Forwarded-Host: evil.example";
    assert_eq!(stream_url(&mut world, UNTRUSTED, forged), "http://radio.example:8000/live");
    world.configure(|config| config.public_url = Some("https://radio.example/fm".into()));
    for from in [PROXY, UNTRUSTED] {
        assert_eq!(stream_url(&mut world, from, "Host: inner"), "https://radio.example/fm/live");
    }
}

#[test]
fn origin_of_the_public_url_is_the_same_site() {
    let mut world = world();
    world.configure(|config| config.public_url = Some("https://radio.example".into()));
    for (origin, status) in [("https://radio.example", 400), ("https://evil.example", 403)] {
        let kick = world.post("/admin/killsource?mount=/live", "").from(PROXY).by_admin();
        let reply = kick.header("Host", "127.0.0.1:8000").header("Origin", origin).send();
        assert_eq!(reply.status(), status, "{origin}");
    }
}
