//! A source or an upstream that is connected decides the codec, also while it stalls.

use coldwave::audio::Header;
use coldwave::settings::{RelaySettings, StationSettings};
use coldwave::stream_url::StreamUrl;

use super::{CodecSource, MOUNT, aac, assert_told_to_return, is_closed, seconds, station, world};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World};

fn relayed() -> StationSettings {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    StationSettings { relay: Some(RelaySettings::new(url, false)), ..station() }
}

/// Accepts the connection that the relay wants, and answers with a stream of encoder `number`.
fn answer(world: &mut World, number: u64, header: Header) -> FakeUpstream {
    let encoder = Encoder::new(&world.logs[0], number, header);
    let mut upstream = FakeUpstream::accept(world, encoder);
    let content_type = header.codec().content_type();
    upstream.answer(world, &format!("HTTP/1.0 200 OK\nContent-Type: {content_type}"));
    upstream
}

/// Starts a station with an upstream on air that sends five seconds ahead.
fn with_upstream(header: Header) -> (World, FakeUpstream) {
    let mut world = world(relayed());
    let mut upstream = answer(&mut world, 1, header);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 5.0);
    (world, upstream)
}

#[test]
fn upstream_of_another_codec_is_refused_while_the_source_stalls() {
    for [first, second] in [[Header::DEFAULT, aac(44_100, 2)], [aac(48_000, 2), Header::DEFAULT]] {
        let mut world = world(relayed());
        world.refuse_dial();
        let mut source = CodecSource::connect(&mut world, 1, first);
        source.play(&mut world, 3.0);
        let listener = world.tune_in(MOUNT, Link::Fast);
        while world.dials.is_empty() {
            source.play(&mut world, 0.1);
        }
        world.pass(seconds(4.0));
        assert!(world.ear(listener).silent_frames > 0, "the source counts as late");
        let mut upstream = answer(&mut world, 2, second);
        assert!(is_closed(&world, upstream.peer), "the source is connected");
        source.play(&mut world, 3.0);
        world.assert_listens(listener);
        assert_eq!(world.ear(listener).encoders(), [1]);
        // After `source_timeout_s`, the source is gone.
        world.pass(seconds(11.0));
        assert!(is_closed(&world, source.peer));
        world.wait_for_dial();
        upstream = answer(&mut world, 3, second);
        upstream.play(&mut world, 3.0);
        assert_told_to_return(&world, listener);
    }
}

#[test]
fn source_of_another_codec_is_refused_while_the_upstream_stalls() {
    let (mut world, mut upstream) = with_upstream(aac(44_100, 2));
    let listener = world.tune_in(MOUNT, Link::Fast);
    upstream.play(&mut world, 3.0);
    world.pass(seconds(9.0));
    assert!(world.ear(listener).silent_frames > 0 && !is_closed(&world, upstream.peer));
    let refused = CodecSource::connect(&mut world, 2, Header::DEFAULT);
    assert_eq!(world.reply(refused.peer).status(), 403);
    let mut same_codec = CodecSource::connect(&mut world, 3, aac(44_100, 2));
    assert_eq!(world.reply(same_codec.peer).status(), 200);
    same_codec.play(&mut world, 3.0);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).encoders(), [1, 3]);
}

#[test]
fn upstream_that_reconnects_still_decides_while_its_audio_is_played() {
    let (mut world, mut upstream) = with_upstream(Header::DEFAULT);
    let listener = world.tune_in(MOUNT, Link::Fast);
    upstream.play(&mut world, 3.0);
    world.disconnect(upstream.peer);
    world.pass(seconds(0.5));
    let refused = CodecSource::connect(&mut world, 2, aac(44_100, 2));
    assert_eq!(world.reply(refused.peer).status(), 403);
    world.wait_for_dial();
    let mut upstream = answer(&mut world, 3, Header::DEFAULT);
    upstream.play(&mut world, 8.0);
    world.assert_listens(listener);
}

#[test]
fn upstream_that_was_never_on_air_is_closed_when_a_source_of_another_codec_is() {
    let mut world = world(relayed());
    let mut upstream = answer(&mut world, 1, aac(44_100, 2));
    let mut source = CodecSource::connect(&mut world, 2, Header::DEFAULT);
    source.play(&mut world, 0.2);
    upstream.send(&mut world, 1.0);
    source.play(&mut world, 2.0);
    assert!(is_closed(&world, upstream.peer), "its audio would be played when the source stalls");
    let listener = world.tune_in(MOUNT, Link::Fast);
    source.play(&mut world, 2.0);
    world.pass(seconds(5.0));
    source.play(&mut world, 3.0);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).encoders(), [2]);
}
