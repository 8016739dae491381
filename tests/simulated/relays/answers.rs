//! The requests of a relay, the answers of its upstream, and when the relay tries again.

use coldwave::server::{ANSWER_TIMEOUT, DIAL_TIMEOUT};
use fastrand::Rng;

use super::{MOUNT, is_closed, master, relayed, seconds, with_autodj, world};
use crate::world::Link;

#[test]
fn redirects_are_followed_to_where_the_stream_is() {
    let mut world = world(relayed());
    let mut master = master(&mut world);
    master.answer(&mut world, "HTTP/1.0 302 Found\nLocation: http://other.example/a/live");
    assert!(is_closed(&world, master.peer));
    assert_eq!((world.dials[0].host.as_str(), world.dials[0].port), ("other.example", 80));
    master.accept_again(&mut world);
    assert!(master.asked(&world).starts_with("GET /a/live HTTP/1.0\r\nHost: other.example\r\n"));
    master.answer(&mut world, "HTTP/1.1 307 Temporary Redirect\nLocation: b");
    master.accept_again(&mut world);
    assert!(master.asked(&world).starts_with("GET /a/b HTTP/1.0\r\n"));
    master.answer_icy(&mut world);
    master.play(&mut world, 3.0);
    assert!(world.is_relaying(0));
    world.hang_up(master.peer);
    world.pass(seconds(1.3));
    assert_eq!(world.dials[0].host, "radio.example", "where it was yesterday may be gone today");
    for _ in 0..=5 {
        master.accept_again(&mut world);
        master.answer(&mut world, "HTTP/1.0 302 Found\nLocation: /live");
    }
    assert!(world.dials.is_empty(), "six in a row lead nowhere");
    world.pass(seconds(3.0));
    assert_eq!(world.dials.len(), 1, "but it is asked again");
}

/// What is no stream, or no answer, is asked again later and later.
#[test]
fn whatever_is_no_stream_is_asked_again_later() {
    let answers = [
        "HTTP/1.0 404 File Not Found",
        "HTTP/1.0 200 OK\nContent-Type: text/html",
        "HTTP/1.0 200 OK\nContent-Type: audio/x-mpegurl",
        "ICY 401 Service Unavailable",
        "invalid password",
        "HTTP/1.0 302 Found\nLocation: https://radio.example/",
    ];
    for answer in answers {
        let mut world = world(relayed());
        let mut waits = Vec::new();
        for _ in 0..6 {
            let mut master = master(&mut world);
            master.answer(&mut world, answer);
            assert!(is_closed(&world, master.peer), "{answer}");
            let asked = world.now;
            world.wait_for_dial();
            waits.push(world.now.since(asked).as_secs_f64());
        }
        for (wait, expected) in waits.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]) {
            let least = expected * 0.75;
            assert!((least..expected * 1.25 + 0.2).contains(wait), "{answer}: {waits:?}");
        }
    }
}

#[test]
fn whoever_keeps_us_waiting_is_given_up() {
    let mut world = world(relayed());
    world.pass(DIAL_TIMEOUT + seconds(1.4));
    assert_eq!(world.dials.len(), 2, "one that was never made, and the next");
    let late = world.dials.pop_front().expect("it was wanted");
    let address = "192.0.2.1:8000".parse().expect("an address");
    assert!(!world.server.is_dial_wanted(late.ticket));
    assert_eq!(world.server.dialed(late.ticket, address, world.now), None, "it is too late");
    world.server.dial_failed(late.ticket, "no route", world.now);
    let mut master = master(&mut world);
    world.pass(ANSWER_TIMEOUT - seconds(0.1));
    assert!(!is_closed(&world, master.peer));
    world.pass(seconds(0.2));
    assert!(is_closed(&world, master.peer), "it never answered");
    world.pass(seconds(3.0));
    world.refuse();
    world.pass(seconds(6.0));
    master.accept_again(&mut world);
    master.answer(&mut world, "ICY 200 OK\nicy-name: x");
    world.pass(seconds(9.9));
    assert!(!is_closed(&world, master.peer));
    world.pass(seconds(0.2));
    assert!(is_closed(&world, master.peer), "it answered, and then said nothing");
}

#[test]
fn noise_is_no_stream() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer(&mut world, "ICY 200 OK");
    let mut rng = Rng::with_seed(1);
    let noise: Vec<u8> = (0..70_000).map(|_| rng.u8(0..0xFF)).collect();
    world.feed(master.peer, &noise);
    world.feed(master.peer, &noise);
    assert!(is_closed(&world, master.peer));
    world.pass(seconds(5.0));
    let ear = world.ear(ear);
    assert_eq!((ear.live_frames, ear.silent_frames), (0, 0));
}
