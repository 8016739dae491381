//! The audio and titles of an upstream, as listeners hear them.

use coldwave::audio::{Header, silent_frame};
use coldwave::settings::{Account, Secret, StationSettings};

use super::{MOUNT, is_closed, on_demand, relayed, seconds, upstream, with_autodj, world};
use crate::world::encoder::{Encoder, source_request};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World};

#[test]
fn relay_plays_every_frame_of_the_upstream_with_its_titles() {
    let mut world = world(relayed());
    assert_eq!((world.dials[0].host.as_str(), world.dials[0].port), ("radio.example", 8000));
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    assert!(upstream.request(&world).starts_with("GET /live HTTP/1.0\r\nHost: radio.example:8000\r\n"));
    upstream.encoder.set_next_title("Nadia Karim - Tidewater");
    upstream.queue_title("Nadia Karim - Tidewater");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 10.0);
    upstream.queue_title("O'Brien; \"Ça va\" — 東京");
    upstream.play(&mut world, 10.0);
    assert!(world.is_relaying(0));
    let ear = world.ear(ear);
    assert!(ear.head().contains("\r\nicy-name: Harbour FM\r\n"), "{}", ear.head());
    assert!(
        ear.live_frames >= upstream.encoder.frames_made - 130,
        "{} of {}",
        ear.live_frames,
        upstream.encoder.frames_made
    );
    assert_eq!((ear.silent_frames, ear.skips), (0, 0), "no silence comes first");
    assert_eq!(ear.titles, ["Nadia Karim - Tidewater", "O'Brien; \"Ça va\" — 東京"]);
}

/// Some servers send once in several seconds, and some links deliver data in such intervals.
#[test]
fn upstream_that_sends_every_three_seconds_plays_without_silence() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    for _ in 0..30 {
        world.pass(seconds(3.0));
        upstream.send(&mut world, 3.0);
    }
    assert_eq!(world.ear(ear).silent_frames, 0);
}

#[test]
fn chunked_stream_is_decoded() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Erratic);
    let mut upstream = upstream(&mut world);
    upstream.answer(
        &mut world,
        "HTTP/1.1 200 OK\nContent-Type: audio/mpeg\nTransfer-Encoding: chunked\nicy-metaint: 4000",
    );
    upstream.queue_title("Tidewater");
    upstream.play(&mut world, 20.0);
    let ear = world.ear(ear);
    assert!(
        ear.live_frames >= upstream.encoder.frames_made - 130,
        "{} of {}",
        ear.live_frames,
        upstream.encoder.frames_made
    );
    assert_eq!(ear.titles, ["Tidewater"]);
}

#[test]
fn upstream_faster_than_real_time_is_paused() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 120.0);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(upstream.peer));
    world.pass(seconds(100.0));
    assert!(!is_closed(&world, upstream.peer), "a paused upstream does not time out");
    world.pass(seconds(25.0));
    assert!(is_closed(&world, upstream.peer), "a silent upstream times out");
    let ear = world.ear(ear);
    assert_eq!((ear.live_frames, ear.skips), (upstream.encoder.frames_made, 0));
}

fn answer_with_aac(world: &mut World, upstream: &mut FakeUpstream) -> Vec<u8> {
    upstream.answer(world, "HTTP/1.0 200 OK\nContent-Type: audio/aacp");
    silent_frame(&Header::new_aac(44_100, 2, 300).expect("a header")).repeat(500)
}

#[test]
fn upstream_with_another_codec_is_refused_unless_allowed() {
    for allowed in [false, true] {
        let mut settings = relayed();
        settings.sources.allow_codec_change = allowed;
        let mut world = with_autodj(settings);
        world.pass(seconds(3.0));
        let mut upstream = upstream(&mut world);
        answer_with_aac(&mut world, &mut upstream);
        assert_eq!(is_closed(&world, upstream.peer), !allowed, "the AutoDJ plays MP3");
        world.pass(seconds(1.3));
        assert_eq!(world.dials.is_empty(), allowed, "the relay retries");
    }
}

#[test]
fn first_listener_gets_the_content_type_of_the_upstream() {
    for settings in [relayed(), on_demand()] {
        let mut world = world(settings);
        let listener = world.get("/live").open();
        world.pass(seconds(0.5));
        assert_eq!(world.reply(listener), "", "the codec is still unknown");
        let mut upstream = upstream(&mut world);
        let audio = answer_with_aac(&mut world, &mut upstream);
        world.feed(upstream.peer, &audio);
        world.pass(seconds(2.0));
        let reply = world.reply(listener);
        assert!(reply.contains("\r\ncontent-type: audio/aacp\r\n"), "{}", &reply[..600]);
        assert!(reply.len() > 20_000, "a whole burst: {}", reply.len());
    }
}

#[test]
fn live_source_has_priority_over_the_upstream() {
    let mut settings = relayed();
    settings.sources.account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let mut world = world(settings);
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 10.0);
    let source = world.connect(Link::Fast);
    world.send(source, &source_request(MOUNT, "source", "deep water"));
    let mut live = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
    let before = world.ear(ear).live_frames;
    for _ in 0..600 {
        world.feed(source, &live.seconds(0.1));
        upstream.play(&mut world, 0.1);
    }
    assert!(!world.server.is_read_paused(upstream.peer) && !is_closed(&world, upstream.peer));
    let received = world.ear(ear).live_frames - before;
    assert!(
        received <= live.frames_made + 50,
        "only frames of the source were received: {received} of {}",
        live.frames_made
    );
    world.disconnect(source);
    let (sent, at_end) = (upstream.encoder.frames_made, world.ear(ear).live_frames);
    upstream.play(&mut world, 10.0);
    let received = world.ear(ear).live_frames - at_end;
    assert!(received + 80 >= upstream.encoder.frames_made - sent, "{received}");
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 1), "the upstream's audio during the source is skipped");
}

#[test]
fn headers_of_the_upstream_are_used_where_the_station_has_none() {
    let settings = StationSettings { genre: "Ours".into(), ..relayed() };
    let mut world = world(settings);
    let mut upstream = upstream(&mut world);
    upstream.answer(
        &mut world,
        "HTTP/1.0 200 OK\nicy-name: Harbour FM\nicy-genre: Theirs\nicy-url: http://example.org",
    );
    upstream.play(&mut world, 10.0);
    let reply = world.get("/live").send();
    for line in ["icy-name: Harbour FM", "icy-genre: Ours", "icy-url: http://example.org"] {
        assert!(reply.contains(&format!("\r\n{line}\r\n")), "{line}: {}", &reply[..400]);
    }
    let page = world.get("/").header("Accept", "text/html").agent("Mozilla/5.0").send();
    assert!(page.contains("Harbour FM"), "{page}");
}
