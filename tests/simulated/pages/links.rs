//! Links of pages, playlists and redirects to the server itself lead to where the client has reached it.

use std::time::Duration;

use crate::world::{World, seed};

/// Pages with links, with the part of each in front of the base URL.
const LINKS: [(&str, &str); 12] = [
    ("/listen.m3u", "\n"),
    ("/listen.pls", "File1="),
    ("/listen.asx", "<ref href=\""),
    ("/listen.xspf", "<location>"),
    ("/live.m3u", "\r\n\r\n"),
    ("/live.xspf", "<location>"),
    ("/home", "Location: "),
    ("/api/v1/stations/1", "\"stream_url\":\""),
    ("/status-json.xsl", "\"listenurl\":\""),
    ("/admin/publicstats.json", "\"listenurl\":\""),
    ("/index.html", "<link rel=\"canonical\" href=\""),
    ("/index.html", "<meta property=\"og:image\" content=\""),
];

fn world() -> World {
    let mut world = World::new(seed(85));
    world.configure(|config| config.ports = vec![8000]);
    world.pass(Duration::from_secs(10));
    world
}

/// Checks that the links of all pages begin with `base` for a client that sends these header lines.
#[track_caller]
fn check(world: &mut World, lines: &str, base: &str) {
    for (target, before) in LINKS {
        let reply = world.get(target).http11().lines(lines).header("Accept", "text/html").send();
        let expected = format!("{before}{base}/");
        assert!(reply.contains(&expected), "{target} with {lines:?} has no {expected:?}: {reply}");
        assert!(!reply.contains("evil"), "{target} with {lines:?}: {reply}");
    }
}

#[test]
fn links_without_a_valid_host_lead_to_the_address_that_the_client_connected_to() {
    let mut world = world();
    for (local, base) in [
        ("192.0.2.1:8000", "http://192.0.2.1:8000"),
        ("192.0.2.1:80", "http://192.0.2.1"),
        ("[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
        ("[fe80::1%2]:8000", "http://[fe80::1]:8000"),
    ] {
        world.local_address = Some(local.parse().expect("an address"));
        for lines in
            ["", "Host:", "Host: evil\"><script>", "Host: evil/path", "Host: user@evil", "Host: evil:99999"]
        {
            check(&mut world, lines, base);
        }
    }
}

#[test]
fn links_with_a_host_lead_to_it_and_to_the_port_that_the_client_connected_to() {
    let mut world = world();
    world.local_address = Some("[2001:db8::1]:8100".parse().expect("an address"));
    for (host, base) in [
        ("radio.example:8000", "http://radio.example:8000"),
        ("radio.example", "http://radio.example:8100"),
        ("radio.example:", "http://radio.example:8100"),
        ("[2001:db8::7]:9000", "http://[2001:db8::7]:9000"),
        ("[2001:db8::7]", "http://[2001:db8::7]:8100"),
    ] {
        check(&mut world, &format!("Host: {host}"), base);
    }
}

#[test]
fn links_lead_to_the_public_url_whatever_the_host_is() {
    let mut world = world();
    world.configure(|config| config.public_url = Some("https://radio.example".into()));
    for lines in ["", "Host: inner:8000", "Host: evil/path", "X-Forwarded-Proto: http\nHost: evil"] {
        check(&mut world, lines, "https://radio.example");
    }
}
