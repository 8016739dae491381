//! Two encoders with one account: the one that sends stays live, one whose connection is dead is replaced.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{StationSettings, Takeover};

use super::{Live, MOUNT, assert_reply, is_closed, log_in, seconds, station, with, world};
use crate::log;
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World};

fn log_in_from(world: &mut World, address: &str) -> Peer {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, &source_request(MOUNT, "source", "deep water"));
    peer
}

/// The modes in which the same user replaces a source.
fn modes() -> [StationSettings; 2] {
    [station(), with(|it| it.takeover = Takeover::Priority)]
}

#[test]
fn second_encoder_is_refused_as_soon_as_the_first_one_sends() {
    for settings in modes() {
        let mut world = world(settings);
        let mut live = Live::source(&mut world);
        live.play(&mut world, 3.0);
        let second = log_in(&mut world, "source", "deep water");
        assert_eq!(world.reply(second), "", "it is not known yet whether the first one is dead");
        live.play(&mut world, 0.2);
        assert_reply(&world, second, "403 Forbidden");
        assert_reply(&world, second, "Mountpoint in use");
        assert!(!is_closed(&world, live.peer));
    }
}

#[test]
fn encoder_that_lost_its_link_is_live_again_within_a_second() {
    for settings in modes() {
        let mut world = world(settings);
        let ear = world.tune_in(MOUNT, Link::Fast);
        let mut live = Live::source(&mut world);
        live.play(&mut world, 3.0);
        // Its address has changed at once, and the server does not know.
        let lost = live.peer;
        live.reconnect(&mut world);
        assert!(!is_closed(&world, lost));
        world.pass(seconds(1.0));
        assert_reply(&world, live.peer, "200 OK");
        live.play(&mut world, 3.0);
        assert!(is_closed(&world, lost) && !is_closed(&world, live.peer));
        let reasons: Vec<_> = world.ended.borrow().iter().map(|it| it.reason).collect();
        assert_eq!(reasons, [CloseReason::Replaced]);
        assert!(world.ear(ear).live_frames > 150);
    }
}

#[test]
fn audio_after_the_login_is_kept_while_the_login_waits() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    let mut encoder = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
    let second = world.connect(Link::Fast);
    let login = [source_request(MOUNT, "source", "deep water"), encoder.frames(20)].concat();
    world.feed(second, &login);
    world.feed(second, &encoder.frames(20));
    world.pass(seconds(1.0));
    world.feed(second, &encoder.frames(200));
    world.pass(seconds(12.0));
    let expected = live.encoder.frames_made - 1 + 239;
    assert_eq!(world.ear(ear).live_frames, expected, "all but the last, unconfirmed frame of each");
}

#[test]
fn encoder_that_has_closed_its_connection_is_replaced_at_once() {
    let mut world = world(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    world.disconnect(live.peer);
    live.reconnect(&mut world);
    assert_reply(&world, live.peer, "200 OK");
    live.play(&mut world, 1.0);
    let waiting = live.peer;
    // The first one ends while the second one waits.
    live.reconnect(&mut world);
    assert_eq!(world.reply(live.peer), "");
    world.half_close(waiting);
    assert_reply(&world, live.peer, "200 OK");
}

#[test]
fn two_encoders_that_reconnect_leave_one_live_and_one_warning() {
    let mut world = world(station());
    log::collect();
    let addresses = ["192.0.2.1:1000", "198.51.100.2:2000"];
    let mut encoders: Vec<_> =
        (1..=2).map(|number| Encoder::new(&world.logs[0], number, Header::DEFAULT)).collect();
    let mut peers: [Option<Peer>; 2] = [None, None];
    let mut retry_at = [0.0, 0.5];
    for step in 0..500 {
        let now = f64::from(step) * 0.1;
        for at in 0..2 {
            if peers[at].is_some_and(|peer| is_closed(&world, peer)) {
                (peers[at], retry_at[at]) = (None, now + 3.0);
            }
            match peers[at] {
                None if retry_at[at] <= now => peers[at] = Some(log_in_from(&mut world, addresses[at])),
                None => {}
                // An encoder sends after it was accepted.
                Some(peer) if world.reply(peer).contains("200 OK") => {
                    let audio = encoders[at].seconds(0.1);
                    world.feed(peer, &audio);
                }
                Some(_) => {}
            }
        }
        world.pass(seconds(0.1));
    }
    assert_eq!(log::lines_with("is live from").len(), 1);
    assert!(encoders[0].frames_made > 1_800 && encoders[1].frames_made == 0);
    assert_eq!(
        log::lines_with("two encoders use the account"),
        [
            "/live: two encoders use the account source: 192.0.2.1:1000 is live and sends, 198.51.100.2:2000 is refused"
        ]
    );
    assert_eq!(log::lines_with("another source is live (source is live)").len(), 16);
}

#[test]
fn encoder_that_sends_in_bursts_is_not_taken_for_dead() {
    let mut world = world(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 2.0);
    let mut second = None;
    for burst in 0..20 {
        let audio = live.encoder.seconds(1.5);
        world.feed(live.peer, &audio);
        if burst > 1 {
            second = Some(log_in(&mut world, "source", "deep water"));
        }
        world.pass(seconds(1.5));
        if let Some(second) = second {
            let audio = live.encoder.seconds(0.0);
            world.feed(live.peer, &audio);
            assert!(!world.reply(second).contains("200 OK"), "burst {burst}");
        }
    }
    assert!(!is_closed(&world, live.peer));
}

#[test]
fn encoder_that_is_paused_by_back_pressure_is_not_taken_for_dead() {
    let mut world = world(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 1.0);
    let audio = live.encoder.seconds(60.0);
    world.feed(live.peer, &audio);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(live.peer));
    let second = log_in(&mut world, "source", "deep water");
    assert_reply(&world, second, "Mountpoint in use");
    // Later it is read now and then, and remains alive.
    for _ in 0..30 {
        let second = log_in(&mut world, "source", "deep water");
        world.pass(seconds(1.0));
        assert_reply(&world, second, "Mountpoint in use");
    }
    assert!(!is_closed(&world, live.peer));
}

#[test]
fn audio_that_waits_after_a_stop_of_the_process_is_read_before_the_decision() {
    let mut world = world(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    world.now = world.now + seconds(4.0);
    let audio = live.encoder.seconds(4.0);
    world.socket_mut(live.peer).outbox.extend(audio);
    let mut encoder = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
    let second = world.connect(Link::Fast);
    let login = [source_request(MOUNT, "source", "deep water"), encoder.frames(80)].concat();
    // The login is read first.
    world.send(second, &login);
    live.play(&mut world, 3.0);
    assert_reply(&world, second, "Mountpoint in use");
    assert!(!is_closed(&world, live.peer));
}

#[test]
fn v1_and_xaudiocast_logins_wait_too() {
    for (login, accepted) in
        [("deep water\r\n\r\n", "OK2\r\nicy-caps:11\r\n\r\n"), ("SOURCE deep water /live\r\n\r\n", "OK\r\n")]
    {
        for is_dead in [true, false] {
            let mut world = world(station());
            let mut live = Live::source(&mut world);
            live.play(&mut world, 3.0);
            let second = world.connect(Link::Fast);
            world.send(second, login.as_bytes());
            assert_eq!(world.reply(second), "", "{login}");
            if is_dead {
                world.pass(seconds(1.0));
                assert_eq!(world.reply(second), accepted);
            } else {
                live.play(&mut world, 0.5);
                assert!(is_closed(&world, second) && !world.reply(second).contains("OK"), "{login}");
            }
        }
    }
}

#[test]
fn source_that_sends_again_before_the_first_frame_of_the_new_one_stays() {
    let mut world = world(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    let second = log_in(&mut world, "source", "deep water");
    world.pass(seconds(1.0));
    assert_reply(&world, second, "200 OK");
    live.play(&mut world, 0.5);
    world.feed(second, &Encoder::new(&world.logs[0], 2, Header::DEFAULT).frames(80));
    assert!(is_closed(&world, second) && !is_closed(&world, live.peer));
}
