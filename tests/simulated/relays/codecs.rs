//! Upstreams that change their codec, and what the listeners of the relay get.

use coldwave::audio::Header;

use super::{MOUNT, is_closed, on_demand, relayed, seconds, world};
use crate::log::{collect, lines_with};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World};
use coldwave::server::Peer;

fn aac() -> Header {
    Header::new_aac(44_100, 2, 300).expect("a header")
}

/// Accepts the connection of the relay, and answers with a stream of encoder `number`.
fn answer(world: &mut World, number: u64, header: Header, lines: &str) -> FakeUpstream {
    let encoder = Encoder::new(&world.logs[0], number, header);
    let mut upstream = FakeUpstream::accept(world, encoder);
    let content_type = header.codec().content_type();
    upstream.answer(world, &format!("HTTP/1.0 200 OK\nContent-Type: {content_type}{lines}"));
    upstream
}

fn content_type(world: &World, listener: Peer) -> String {
    let head = world.ear(listener).head();
    head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default().to_owned()
}

#[test]
fn upstream_that_returns_with_another_codec_is_played_to_those_who_return() {
    let mut world = world(relayed());
    let mut upstream = answer(&mut world, 1, Header::DEFAULT, "");
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 5.0);
    let before = world.tune_in(MOUNT, Link::Fast);
    upstream.play(&mut world, 5.0);
    world.disconnect(upstream.peer);
    world.wait_for_dial();
    let mut upstream = answer(&mut world, 2, aac(), "");
    assert!(!is_closed(&world, upstream.peer), "it is not refused, also with a listener");
    upstream.play(&mut world, 10.0);
    assert!(world.socket(before).finished && world.ear(before).is_at_frame_boundary());
    assert_eq!((world.ear(before).encoders(), world.ear(before).skips), (vec![1], 0));
    let back = world.tune_in(MOUNT, Link::Fast);
    upstream.play(&mut world, 5.0);
    world.assert_listens(back);
    assert_eq!((content_type(&world, back).as_str(), world.ear(back).encoders()), ("audio/aac", vec![2]));
}

#[test]
fn first_listener_of_an_on_demand_relay_gets_the_codec_of_each_session() {
    let mut world = world(on_demand());
    for (number, header) in [(1, Header::DEFAULT), (2, aac()), (3, Header::DEFAULT)] {
        let listener = world.tune_in(MOUNT, Link::Fast);
        world.wait_for_dial();
        let mut upstream = answer(&mut world, number, header, "");
        upstream.send(&mut world, 3.0);
        upstream.play(&mut world, 5.0);
        world.assert_listens(listener);
        assert_eq!(content_type(&world, listener), header.codec().content_type());
        assert_eq!(world.ear(listener).encoders(), [number], "no silence or audio of before");
        world.disconnect(listener);
        upstream.play(&mut world, 20.0);
        assert!(is_closed(&world, upstream.peer), "no listener is left");
    }
}

#[test]
fn listener_whose_head_was_sent_before_a_late_upstream_answers_is_told_to_return() {
    let mut world = world(on_demand());
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.wait_for_dial();
    // The upstream takes longer to answer than the station waits, so silence is played.
    world.pass(seconds(6.0));
    assert_eq!(content_type(&world, listener), "audio/mpeg");
    let mut upstream = answer(&mut world, 1, aac(), "");
    upstream.send(&mut world, 3.0);
    upstream.play(&mut world, 2.0);
    assert!(world.socket(listener).finished && world.ear(listener).live_frames == 0);
    let back = world.tune_in(MOUNT, Link::Fast);
    upstream.play(&mut world, 2.0);
    assert_eq!((content_type(&world, back).as_str(), world.ear(back).silent_frames), ("audio/aac", 0));
}

#[test]
fn bit_rate_that_the_upstream_states_is_announced() {
    for (lines, expected) in
        [("\nicy-br: 64", 64), ("\nice-audio-info: bitrate=48;channels=2", 48), ("", 103)]
    {
        let mut world = world(relayed());
        let mut upstream = answer(&mut world, 1, aac(), lines);
        upstream.send(&mut world, 3.0);
        upstream.play(&mut world, 8.0);
        let head = world.head(MOUNT).send();
        assert_eq!(head.header("icy-br"), Some(expected.to_string().as_str()), "{lines:?}");
    }
}

#[test]
fn changes_within_one_stall_are_logged_as_what_they_are() {
    let mut world = world(relayed());
    let mut upstream = answer(&mut world, 1, Header::DEFAULT, "");
    upstream.send(&mut world, 9.0);
    upstream.play(&mut world, 2.0);
    let listener = world.tune_in(MOUNT, Link::Fast);
    upstream.play(&mut world, 1.0);
    collect();
    for (number, header, length) in [(2, aac(), 1.0), (1, Header::DEFAULT, 3.0)] {
        world.disconnect(upstream.peer);
        world.wait_for_dial();
        upstream = answer(&mut world, number, header, "");
        upstream.send(&mut world, length);
    }
    assert!(world.ear(listener).frames > 0 && !is_closed(&world, listener), "nothing has changed yet");
    world.stall(std::time::Duration::from_secs(8));
    let lines = lines_with(" sends MP3 again, after AAC");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("; 1 listener that was told MP3 is disconnected"), "{lines:?}");
    assert!(lines_with("MP3 was expected").is_empty());
    world.pass(std::time::Duration::from_secs(2));
    assert!(world.socket(listener).finished);
}
