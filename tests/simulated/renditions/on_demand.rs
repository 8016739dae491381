//! A rendition of a relay on demand: its listeners count as those of the station.

use coldwave::audio::Header;
use coldwave::server::{Peer, RELAY_IDLE_GRACE};
use coldwave::settings::{RelaySettings, StationSettings};
use coldwave::stream_url::StreamUrl;

use super::{MOUNT, RUNGS, SECOND, ladders, mount, seconds, station, without_autodj};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World};

/// The identity of the server, which follows from [`SERVER_SEED`](crate::world::SERVER_SEED).
const OURS: &str = "0000000000000abc";

const OTHER: &str = "00000000000000aa";
const THIRD: &str = "00000000000000bb";

fn relayed(on_demand: bool) -> World {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    let relay = Some(RelaySettings::new(url, on_demand));
    let mut settings = StationSettings { relay, ..station() };
    settings.sources.max_silence = 30 * SECOND;
    let mut world = without_autodj(settings, &RUNGS);
    world.turn();
    world
}

fn upstream(world: &mut World, number: u64) -> FakeUpstream {
    let encoder = Encoder::new(&world.logs[0], number, Header::DEFAULT);
    FakeUpstream::accept(world, encoder)
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.socket(peer).closed || world.socket(peer).finished
}

#[test]
fn listener_of_a_rendition_wakes_the_relay_and_keeps_it() {
    let mut world = relayed(true);
    world.pass(600 * SECOND);
    assert!(world.dials.is_empty(), "there is no listener");
    for cycle in 0..3 {
        let at = 1 + cycle as usize;
        let first = world.tune_in_to(at, &mount(at), Link::Fast);
        assert_eq!(world.dials.len(), 1, "there is a listener");
        let mut upstream = upstream(&mut world, cycle + 1);
        upstream.answer_icy(&mut world);
        upstream.send(&mut world, 5.0);
        upstream.play(&mut world, 20.0);
        let second = world.tune_in_to(5, &mount(5), Link::Fast);
        let at_station = world.tune_in(MOUNT, Link::Fast);
        upstream.play(&mut world, 10.0);
        for listener in [first, second, at_station] {
            let ear = world.ear(listener);
            assert!(ear.live_frames > 350, "{}", ear.live_frames);
            // What the encoder had not returned yet when the listener came: less than half a second.
            assert!(ear.silent_frames <= 19, "{}", ear.silent_frames);
        }
        world.disconnect(first);
        world.disconnect(at_station);
        upstream.play(&mut world, 100.0);
        assert!(!is_closed(&world, upstream.peer), "a rendition has a listener");
        super::assert_seamless(&world, second);
        world.disconnect(second);
        upstream.play(&mut world, RELAY_IDLE_GRACE.as_secs_f64() - 0.5);
        assert!(!is_closed(&world, upstream.peer), "the grace period is not over");
        upstream.play(&mut world, 2.0);
        assert!(is_closed(&world, upstream.peer), "the grace period is over");
        world.pass(seconds(100.0));
        assert!(world.dials.is_empty());
    }
}

/// An upstream sends its burst in pieces, which is no fault of the encoder.
#[test]
fn burst_in_pieces_makes_no_gap() {
    let mut world = relayed(true);
    world.pass(600 * SECOND);
    let listener = world.tune_in_to(1, &mount(1), Link::Fast);
    let mut upstream = upstream(&mut world, 1);
    upstream.answer_icy(&mut world);
    ladders(&world).set(|knobs| knobs.delay = seconds(0.2));
    for _ in 0..50 {
        upstream.send(&mut world, 0.1);
        world.pass(seconds(0.001));
    }
    upstream.play(&mut world, 20.0);
    super::assert_seamless(&world, listener);
    assert!(world.ear(listener).live_frames > 800, "{}", world.ear(listener).live_frames);
}

#[test]
fn listener_of_a_rendition_of_an_unreachable_upstream_gets_silence_and_then_the_end() {
    let mut world = relayed(true);
    world.pass(600 * SECOND);
    let listener = world.tune_in_to(2, &mount(2), Link::Fast);
    world.refuse_dial();
    world.pass(seconds(5.1));
    world.assert_listens(listener);
    assert!(world.ear(listener).silent_frames > 80, "{}", world.ear(listener).silent_frames);
    assert!(!world.dials.is_empty(), "the relay retries");
    world.pass(seconds(40.0));
    assert!(is_closed(&world, listener), "the stream ends after max_silence");
}

fn connect_as_relay(world: &mut World, mount: &str, path: &str) -> Peer {
    let peer = world.get(mount).header("X-Coldwave-Path", path).open();
    world.pass(3 * SECOND);
    peer
}

#[test]
fn relay_loops_through_a_rendition_are_found() {
    let mut world = relayed(false);
    let mut upstream = upstream(&mut world, 1);
    upstream.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {OTHER}"));
    upstream.send(&mut world, 5.0);
    for path in [OURS.to_owned(), OTHER.to_owned(), format!("{THIRD}, {OTHER}")] {
        let relay = connect_as_relay(&mut world, "/rung-1", &path);
        assert!(world.reply(relay).starts_with("HTTP/1.0 508 "), "{path}: {}", world.reply(relay));
    }
    let relay = connect_as_relay(&mut world, "/rung-1", THIRD);
    let header = format!("\r\nX-Coldwave-Path: {OTHER}, {OURS}\r\n");
    assert!(world.reply(relay).contains(&header), "{}", world.reply(relay));
    let player = world.get("/rung-1").open();
    assert!(!world.reply(player).contains("X-Coldwave-Path"), "players do not get the header");
    // The upstream comes from elsewhere now, so relays of the renditions need the new path.
    world.disconnect(upstream.peer);
    world.wait_for_dial();
    upstream.reconnect(&mut world);
    upstream.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {THIRD}"));
    upstream.send(&mut world, 5.0);
    assert!(is_closed(&world, relay) && !is_closed(&world, player));
    assert!(ladders(&world).running() <= 1);
}
