//! The beginning and the end of a station, and what its listeners hear.

use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::UnlistedSettings;

use super::{Live, SECOND, configured, find, is_closed, reasons, status, unlisted, world};
use crate::world::tone::LIVE;
use crate::world::{FakeSocket, World};

#[test]
fn station_begins_with_the_first_frame_of_its_source() {
    let mut world = world(vec![configured(3, "/live", "deep water")]);
    let mut live = Live::log_in(&mut world, "/tour");
    world.pass(3 * SECOND);
    assert_eq!((status(&mut world, "/tour"), find(&world, "/tour")), (404, None));
    assert_eq!(world.server.station_keys().len(), 1);
    live.play(&mut world, 1.0);
    assert_eq!((status(&mut world, "/tour"), status(&mut world, "/stream/4")), (200, 200));
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 10.0);
    world.assert_listens(listener);
    let ear = world.ear(listener);
    assert_eq!((ear.encoders(), ear.silent_frames, ear.skips), (vec![1], 0, 0));
    assert!(
        ear.last_number(1) > 200 && LIVE > ear.last_number(1),
        "nothing was played before the first frame"
    );
}

#[test]
fn listeners_are_kept_for_max_silence_and_closed_at_the_end_of_a_frame() {
    let mut world = world(vec![]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 5.0);
    world.disconnect(live.peer);
    world.pass(9 * SECOND);
    world.assert_listens(listener);
    assert!(world.ear(listener).silent_frames > 100, "it hears silence");
    world.pass(3 * SECOND);
    assert!(is_closed(&world, listener) && world.ear(listener).is_at_frame_boundary());
    world.disconnect(listener);
    assert_eq!(reasons(&world, "GET /tour"), [CloseReason::SilenceTimeout]);
    assert_eq!((find(&world, "/tour"), status(&mut world, "/tour")), (None, 404));
    assert!(world.server.station_keys().is_empty());
}

#[test]
fn encoder_that_reconnects_finds_its_station_and_its_listeners() {
    let mut world = world(vec![]);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    let key = find(&world, "/tour");
    for lost_for in [1, 5, 9] {
        live.play(&mut world, 3.0);
        world.disconnect(live.peer);
        world.pass(lost_for * SECOND);
        live.reconnect(&mut world, "/tour");
    }
    live.play(&mut world, 3.0);
    world.assert_listens(listener);
    assert_eq!(find(&world, "/tour"), key);
    assert_eq!(world.ear(listener).skips, 0);
}

#[test]
fn listener_that_joins_without_a_source_waits_for_it() {
    let mut world = world(vec![]);
    let mut live = Live::start(&mut world, "/tour");
    world.disconnect(live.peer);
    world.pass(4 * SECOND);
    let listener = live.listen(&mut world, "/tour");
    world.pass(2 * SECOND);
    live.reconnect(&mut world, "/tour");
    live.play(&mut world, 4.0);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).encoders(), [1]);
}

/// How a source ends that has sent no frame.
type Ending = fn(&mut World, Peer);

#[test]
fn login_without_valid_audio_leaves_no_station() {
    let mut world = world(vec![]);
    let endings: [(&str, Ending); 4] = [
        ("/lost", |world, peer| world.disconnect(peer)),
        ("/ended", |world, peer| world.half_close(peer)),
        ("/silent", |world, _| world.pass(60 * SECOND)),
        ("/noise", |world, peer| {
            for _ in 0..40 {
                world.feed(peer, &[b'x'; 8192]);
                world.pass(SECOND / 10);
            }
        }),
    ];
    for (mount, end) in endings {
        let live = Live::log_in(&mut world, mount);
        end(&mut world, live.peer);
        world.pass(SECOND);
        assert!(is_closed(&world, live.peer) || world.reply(live.peer).contains("40"), "{mount}");
        assert_eq!((find(&world, mount), status(&mut world, mount)), (None, 404), "{mount}");
    }
    // All of them together are no more than one at a time, so none of them is left.
    world.server.apply_unlisted(Some(UnlistedSettings { max: 1, ..unlisted() }), world.now);
    Live::start(&mut world, "/tour");
}

#[test]
fn kicked_source_ends_its_station_unless_it_returns() {
    let mut world = world(vec![]);
    world.enable_admin();
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    assert_eq!(world.get("/admin/killsource?mount=/tour").by_admin().send().status(), 200);
    assert!(is_closed(&world, live.peer));
    live.reconnect(&mut world, "/tour");
    live.play(&mut world, 2.0);
    world.assert_listens(listener);
    assert_eq!(world.get("/admin/killsource?mount=/tour").by_admin().send().status(), 200);
    world.pass(12 * SECOND);
    assert!(is_closed(&world, listener) && find(&world, "/tour").is_none());
}

#[test]
fn source_that_stalls_keeps_its_station_until_its_timeout() {
    let mut world = world(vec![]);
    let settings = UnlistedSettings { timeout: 30 * SECOND, max_silence: 5 * SECOND, ..unlisted() };
    world.server.apply_unlisted(Some(settings), world.now);
    let mut live = Live::start(&mut world, "/tour");
    live.play(&mut world, 2.0);
    let listener = live.listen(&mut world, "/tour");
    world.pass(20 * SECOND);
    assert!(is_closed(&world, listener), "it was silent for max_silence_s");
    assert!(find(&world, "/tour").is_some(), "its source is still connected");
    assert_ne!(status(&mut world, "/tour"), 200);
    live.play(&mut world, 3.0);
    assert_eq!(status(&mut world, "/tour"), 200);
    world.pass(40 * SECOND);
    let FakeSocket { closed, .. } = world.socket(live.peer);
    assert!(*closed && find(&world, "/tour").is_none());
}

#[test]
fn codec_of_the_station_is_that_of_each_source() {
    let mut world = world(vec![]);
    let log_in = |world: &mut crate::world::World, content_type: &str| {
        let peer = world.connect(crate::world::Link::Fast);
        let request =
            crate::world::encoder::source_request_with_type("/tour", "source", super::PASSWORD, content_type);
        world.send(peer, &request);
        peer
    };
    let first = log_in(&mut world, "audio/mpeg");
    world.feed(first, &coldwave::audio::silent_frame(&coldwave::audio::Header::DEFAULT).repeat(40));
    world.pass(2 * SECOND);
    assert_eq!(world.head("/tour").send().header("content-type"), Some("audio/mpeg"));
    world.disconnect(first);
    world.pass(5 * SECOND);
    let second = log_in(&mut world, "audio/aac");
    assert!(world.reply(second).contains("200"), "{:?}", world.reply(second));
}
