//! The audio and titles of an upstream, as listeners hear them.

use coldwave::audio::{Header, silent_frame};
use coldwave::settings::{Account, Secret, StationSettings};

use super::{MOUNT, is_closed, master, on_demand, relayed, seconds, with_autodj, world};
use crate::world::encoder::{Encoder, source_request};
use crate::world::master::Master;
use crate::world::{Link, World};

#[test]
fn what_a_master_plays_is_heard_frame_by_frame_with_its_titles() {
    let mut world = world(relayed());
    assert_eq!((world.dials[0].host.as_str(), world.dials[0].port), ("radio.example", 8000));
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    assert!(master.asked(&world).starts_with("GET /live HTTP/1.0\r\nHost: radio.example:8000\r\n"));
    master.encoder.titled_next("Nadia Karim - Tidewater");
    master.title("Nadia Karim - Tidewater");
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    master.play(&mut world, 10.0);
    master.title("O'Brien; \"Ça va\" — 東京");
    master.play(&mut world, 10.0);
    assert!(world.is_relaying(0));
    let ear = world.ear(ear);
    assert!(ear.head().contains("\r\nicy-name: Harbour FM\r\n"), "{}", ear.head());
    assert!(ear.live_frames >= master.encoder.made - 130, "{} of {}", ear.live_frames, master.encoder.made);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0), "and nobody was told of silence first");
    assert_eq!(ear.titles, ["Nadia Karim - Tidewater", "O'Brien; \"Ça va\" — 東京"]);
}

/// As a server does that delivers once in so many seconds, or whose link does.
#[test]
fn a_master_that_sends_in_pieces_is_never_late() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    for _ in 0..30 {
        world.pass(seconds(3.0));
        master.send(&mut world, 3.0);
    }
    assert_eq!(world.ear(ear).silent_frames, 0);
}

#[test]
fn a_stream_in_chunks_is_taken_out_of_them() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Moody);
    let mut master = master(&mut world);
    master.answer(
        &mut world,
        "HTTP/1.1 200 OK\nContent-Type: audio/mpeg\nTransfer-Encoding: chunked\nicy-metaint: 4000",
    );
    master.title("Tidewater");
    master.play(&mut world, 20.0);
    let ear = world.ear(ear);
    assert!(ear.live_frames >= master.encoder.made - 130, "{} of {}", ear.live_frames, master.encoder.made);
    assert_eq!(ear.titles, ["Tidewater"]);
}

#[test]
fn a_master_ahead_of_time_is_held_back() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.send(&mut world, 120.0);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(master.peer));
    world.pass(seconds(100.0));
    assert!(!is_closed(&world, master.peer), "who is held back is not silent");
    world.pass(seconds(25.0));
    assert!(is_closed(&world, master.peer), "now it is");
    let ear = world.ear(ear);
    assert_eq!((ear.live_frames, ear.skips), (master.encoder.made, 0));
}

fn put_aac(world: &mut World, master: &mut Master) -> Vec<u8> {
    master.answer(world, "HTTP/1.0 200 OK\nContent-Type: audio/aacp");
    silent_frame(&Header::new_aac(44_100, 2, 300).expect("a header")).repeat(500)
}

#[test]
fn another_codec_is_taken_only_where_nobody_hears_the_change() {
    for allowed in [false, true] {
        let mut settings = relayed();
        settings.sources.allow_codec_change = allowed;
        let mut world = with_autodj(settings);
        world.pass(seconds(3.0));
        let mut master = master(&mut world);
        put_aac(&mut world, &mut master);
        assert_eq!(is_closed(&world, master.peer), !allowed, "the AutoDJ plays MP3");
        world.pass(seconds(1.3));
        assert_eq!(world.dials.is_empty(), allowed, "it is asked again");
    }
}

#[test]
fn who_comes_first_is_told_what_there_is_to_hear() {
    for settings in [relayed(), on_demand()] {
        let mut world = world(settings);
        let listener = world.connect(Link::Fast);
        world.send(listener, b"GET /live HTTP/1.0\r\n\r\n");
        world.pass(seconds(0.5));
        assert_eq!(world.reply(listener), "", "nobody knows yet");
        let mut master = master(&mut world);
        let audio = put_aac(&mut world, &mut master);
        world.feed(master.peer, &audio);
        world.pass(seconds(2.0));
        let reply = world.reply(listener);
        assert!(reply.contains("\r\ncontent-type: audio/aacp\r\n"), "{}", &reply[..600]);
        assert!(reply.len() > 20_000, "a whole burst of it: {}", reply.len());
    }
}

#[test]
fn whoever_is_live_is_heard_before_the_master_and_then_it_goes_on() {
    let mut settings = relayed();
    settings.sources.account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let mut world = world(settings);
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    master.play(&mut world, 10.0);
    let source = world.connect(Link::Fast);
    world.send(source, &source_request(MOUNT, "source", "deep water"));
    let mut live = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
    let before = world.ear(ear).live_frames;
    for _ in 0..600 {
        world.feed(source, &live.seconds(0.1));
        master.play(&mut world, 0.1);
    }
    assert!(!world.server.is_read_paused(master.peer) && !is_closed(&world, master.peer));
    let heard = world.ear(ear).live_frames - before;
    assert!(heard <= live.made + 50, "the source alone was heard: {heard} of {}", live.made);
    world.hang_up(source);
    let (sent, at_end) = (master.encoder.made, world.ear(ear).live_frames);
    master.play(&mut world, 10.0);
    let heard = world.ear(ear).live_frames - at_end;
    assert!(heard + 80 >= master.encoder.made - sent, "{heard}");
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 1), "of the master, what the source was heard over");
}

#[test]
fn what_went_before_is_shown_where_the_station_says_nothing() {
    let settings = StationSettings { genre: "Ours".into(), ..relayed() };
    let mut world = world(settings);
    let mut master = master(&mut world);
    master.answer(
        &mut world,
        "HTTP/1.0 200 OK\nicy-name: Harbour FM\nicy-genre: Theirs\nicy-url: http://example.org",
    );
    master.play(&mut world, 10.0);
    let peer = world.connect(Link::Fast);
    world.send(peer, b"GET /live HTTP/1.0\r\n\r\n");
    let reply = world.reply(peer);
    for line in ["icy-name: Harbour FM", "icy-genre: Ours", "icy-url: http://example.org"] {
        assert!(reply.contains(&format!("\r\n{line}\r\n")), "{line}: {}", &reply[..400]);
    }
    let page = world.connect(Link::Fast);
    world.send(page, b"GET / HTTP/1.0\r\nAccept: text/html\r\nUser-Agent: Mozilla/5.0\r\n\r\n");
    assert!(world.reply(page).contains("Harbour FM"), "{}", world.reply(page));
}
