//! How often the codec of a station may change, how it is stored, and what the log says.

use coldwave::audio::{Codec, Header};
use coldwave::server::Peer;

use super::{CodecSource, MOUNT, aac, assert_told_to_return, content_type, seconds, start, station, world};
use crate::log::{collect, lines_with};
use crate::world::source_formats::FakeSourceFormats;
use crate::world::{Link, World};

const MP3: Header = Header::DEFAULT;

/// Lets a source play, and returns the status of its reply.
fn visit(world: &mut World, number: u64, header: Header, time: f64) -> u16 {
    let mut source = CodecSource::connect(world, number, header);
    let status = world.reply(source.peer).status();
    source.play(world, time);
    if !super::is_closed(world, source.peer) {
        world.disconnect(source.peer);
    }
    world.pass(seconds(0.1));
    status
}

fn joined(world: &mut World) -> Peer {
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(0.5));
    listener
}

#[test]
fn codec_that_has_cost_listeners_stays_for_a_minute() {
    let mut world = world(station());
    collect();
    assert_eq!(visit(&mut world, 1, MP3, 3.0), 200);
    let listener = joined(&mut world);
    assert_eq!(visit(&mut world, 2, aac(44_100, 2), 3.0), 200);
    assert_told_to_return(&world, listener);
    let back = joined(&mut world);
    for number in 3..7 {
        assert_eq!(visit(&mut world, number, MP3, 1.0), 403);
        world.pass(seconds(3.0));
    }
    assert_eq!(lines_with("a change less than a minute ago").len(), 4);
    assert_eq!(visit(&mut world, 7, aac(44_100, 2), 3.0), 200);
    world.assert_listens(back);
    world.pass(seconds(45.0));
    assert_eq!(visit(&mut world, 8, MP3, 3.0), 200);
    assert_told_to_return(&world, back);
}

#[test]
fn codec_changes_at_will_while_it_costs_no_listener() {
    let formats = FakeSourceFormats::default();
    let mut world = start(station(), &formats);
    for number in 1..11 {
        let header = if number % 2 == 1 { MP3 } else { aac(44_100, 2) };
        assert_eq!(visit(&mut world, number, header, 2.0), 200);
        let listener = joined(&mut world);
        assert_eq!(content_type(&world, listener), header.codec().content_type());
        world.disconnect(listener);
    }
    assert_eq!(*formats.writes.borrow(), 2, "the first one, and the first change");
    world.pass(seconds(60.0));
    let stored = formats.of_mount(MOUNT).map(|format| format.codec);
    assert_eq!((stored, *formats.writes.borrow()), (Some(Codec::Aac), 2), "it is that of the last one");
    visit(&mut world, 11, MP3, 1.0);
    visit(&mut world, 12, aac(44_100, 2), 1.0);
    world.pass(seconds(60.0));
    let stored = formats.of_mount(MOUNT).map(|format| format.codec);
    assert_eq!((stored, *formats.writes.borrow()), (Some(Codec::Aac), 4), "although it has ended");
}
