//! Connections when all are in use: a new listener gets in, and no address has them all.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use crate::common::{Coldwave, Listener, Peer, fixture, with_descriptors};

/// Starts a coldwave with 16 connections, of which eight may be listeners.
fn small_server() -> Coldwave {
    with_descriptors(40, &fixture("station"))
}

fn host(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 3, number)
}

/// Connects a listener and returns it with the time until the head of its response arrived.
fn listen_from(server: &Coldwave, client: Ipv4Addr) -> (Listener, Duration) {
    let started = Instant::now();
    let listener = server.get("/live").from(client).listen();
    (listener, started.elapsed())
}

/// The time is much shorter than the 15 s after which a silent connection times out, and much longer than the
/// second after which it counts as idle.
const SOON: Duration = Duration::from_secs(6);

#[test]
fn silent_and_dripping_connections_do_not_keep_a_listener_out() {
    let server = small_server();
    let (mut early, _) = listen_from(&server, host(1));
    let mut crowd: Vec<Peer> =
        (10..40).map(|number| Peer::connect_from(host(number), server.address())).collect();
    crowd.iter_mut().step_by(2).for_each(|peer| peer.send(b"GET /live HT"));
    let (mut late, waited) = listen_from(&server, host(2));
    assert!(waited < SOON, "{waited:?}");
    server.log().wait_for("connections are open: idle ones are evicted, first those of 127.0.3.");
    early.for_seconds(3.0);
    late.for_seconds(3.0);
}

#[test]
fn one_address_does_not_get_all_connections() {
    let server = small_server();
    let mut many: Vec<Listener> = (0..8).map(|_| server.get("/live").from(host(1)).listen()).collect();
    // These are refused as listeners, and count as connections until they close their side.
    let _refused: Vec<Peer> = (0..4).map(|_| server.get("/live").from(host(1)).open()).collect();
    let events = || server.get("/api/v1/events").from(host(1)).open();
    let _more: Vec<Peer> = (0..12).map(|_| events()).collect();
    let warning = "127.0.3.1 has 12 of at most 16 connections and gets no more";
    server.log().wait_for(warning);
    assert!(server.log().text().contains("add it to trusted_proxies"));
    let page = server.get("/api/v1/stations").from(host(2)).send();
    assert_eq!(page.status_line(), "HTTP/1.0 200 OK");
    many[0].for_seconds(2.0);
}
