//! The requests of a relay, the answers of its upstream, and when the relay tries again.

use coldwave::server::{ANSWER_TIMEOUT, DIAL_TIMEOUT};
use fastrand::Rng;

use super::{MOUNT, is_closed, relayed, seconds, upstream, with_autodj, world};
use crate::world::Link;

#[test]
fn redirects_are_followed_up_to_five_times() {
    let mut world = world(relayed());
    let mut upstream = upstream(&mut world);
    upstream.answer(&mut world, "HTTP/1.0 302 Found\nLocation: http://other.example/a/live");
    assert!(is_closed(&world, upstream.peer));
    assert_eq!((world.dials[0].host.as_str(), world.dials[0].port), ("other.example", 80));
    upstream.reconnect(&mut world);
    assert!(upstream.request(&world).starts_with("GET /a/live HTTP/1.0\r\nHost: other.example\r\n"));
    upstream.answer(&mut world, "HTTP/1.1 307 Temporary Redirect\nLocation: b");
    upstream.reconnect(&mut world);
    assert!(upstream.request(&world).starts_with("GET /a/b HTTP/1.0\r\n"));
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 3.0);
    assert!(world.is_relaying(0));
    world.disconnect(upstream.peer);
    world.pass(seconds(1.3));
    assert_eq!(world.dials[0].host, "radio.example", "a new connection starts at the configured URL");
    for _ in 0..=5 {
        upstream.reconnect(&mut world);
        upstream.answer(&mut world, "HTTP/1.0 302 Found\nLocation: /live");
    }
    assert!(world.dials.is_empty(), "the sixth redirect in a row is not followed");
    world.pass(seconds(3.0));
    assert_eq!(world.dials.len(), 1, "but the relay retries");
}

#[test]
fn redirect_to_https_is_followed_with_tls() {
    let mut world = world(relayed());
    let mut upstream = upstream(&mut world);
    upstream.answer(&mut world, "HTTP/1.0 302 Found\nLocation: https://radio.example/live");
    assert_eq!(world.dials.len(), 1);
    let dial = &world.dials[0];
    assert_eq!((dial.host.as_str(), dial.port, dial.is_tls), ("radio.example", 443, true));
}

/// After answers other than a stream, the relay retries with growing delays.
#[test]
fn relay_retries_with_backoff_after_an_answer_without_a_stream() {
    let answers = [
        "HTTP/1.0 404 File Not Found",
        "HTTP/1.0 200 OK\nContent-Type: text/html",
        "HTTP/1.0 200 OK\nContent-Type: audio/x-mpegurl",
        "ICY 401 Service Unavailable",
        "invalid password",
        "HTTP/1.0 302 Found\nLocation: ftp://radio.example/",
    ];
    for answer in answers {
        let mut world = world(relayed());
        let mut waits = Vec::new();
        for _ in 0..6 {
            let mut upstream = upstream(&mut world);
            upstream.answer(&mut world, answer);
            assert!(is_closed(&world, upstream.peer), "{answer}");
            let failed = world.now;
            world.wait_for_dial();
            waits.push(world.now.since(failed).as_secs_f64());
        }
        for (wait, expected) in waits.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]) {
            let least = expected * 0.75;
            assert!((least..expected * 1.25 + 0.2).contains(wait), "{answer}: {waits:?}");
        }
    }
}

#[test]
fn relay_times_out_waiting_for_connection_answer_and_audio() {
    let mut world = world(relayed());
    world.pass(DIAL_TIMEOUT + seconds(1.4));
    assert_eq!(world.dials.len(), 2, "the dial that timed out, and the next");
    let late = world.dials.pop_front().expect("a dial");
    let address = "192.0.2.1:8000".parse().expect("an address");
    assert!(!world.server.is_dial_wanted(late.ticket));
    assert_eq!(world.server.dialed(late.ticket, address, world.now), None, "the dial has timed out");
    world.server.dial_failed(late.ticket, "no route", world.now);
    let mut upstream = upstream(&mut world);
    world.pass(ANSWER_TIMEOUT - seconds(0.1));
    assert!(!is_closed(&world, upstream.peer));
    world.pass(seconds(0.2));
    assert!(is_closed(&world, upstream.peer), "the upstream has sent no answer");
    world.pass(seconds(3.0));
    world.refuse_dial();
    world.pass(seconds(6.0));
    upstream.reconnect(&mut world);
    upstream.answer(&mut world, "ICY 200 OK\nicy-name: x");
    world.pass(seconds(9.9));
    assert!(!is_closed(&world, upstream.peer));
    world.pass(seconds(0.2));
    assert!(is_closed(&world, upstream.peer), "the upstream has sent no audio");
}

#[test]
fn upstream_that_sends_noise_is_disconnected() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.answer(&mut world, "ICY 200 OK");
    let mut rng = Rng::with_seed(1);
    let noise: Vec<u8> = (0..70_000).map(|_| rng.u8(0..0xFF)).collect();
    world.feed(upstream.peer, &noise);
    world.feed(upstream.peer, &noise);
    assert!(is_closed(&world, upstream.peer));
    world.pass(seconds(5.0));
    let ear = world.ear(ear);
    assert_eq!((ear.live_frames, ear.silent_frames), (0, 0));
}

#[test]
fn redirect_of_a_public_server_must_not_lead_into_a_private_network() {
    for (from, public_only) in [("203.0.113.9:80", true), ("[2001:db8::1]:80", true), ("10.0.0.1:80", false)]
    {
        let mut world = with_autodj(relayed());
        assert!(!world.dials[0].public_only, "the configured URL may have any address");
        let peer = world.accept_dial_at(from.parse().expect("an address"));
        world.send(peer, b"HTTP/1.0 302 Found\r\nLocation: http://10.0.0.2:6379/\r\n\r\n");
        assert_eq!(world.dials[0].public_only, public_only, "{from}");
    }
}
