//! Relays against the whole server, with a simulated clock and a master that does what the test wants.

mod world;

use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::{Header, silent_frame};
use coldwave::server::{ANSWER_TIMEOUT, DIAL_TIMEOUT, Peer, RELAY_IDLE_GRACE};
use coldwave::settings::{Account, RelaySettings, Secret, StationSettings};
use coldwave::stream_url::StreamUrl;
use fastrand::Rng;
use world::encoder::{Encoder, source_request};
use world::master::Master;
use world::{Link, World};

const MOUNT: &str = "/live";

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn relayed() -> StationSettings {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    StationSettings { relay: Some(RelaySettings { url, on_demand: false }), ..StationSettings::default() }
}

fn on_demand() -> StationSettings {
    let mut settings = relayed();
    settings.relay.iter_mut().for_each(|relay| relay.on_demand = true);
    settings
}

/// A world whose station is relayed and has no AutoDJ.
fn world(settings: StationSettings) -> World {
    let log = Rc::default();
    let mut world = World::with_inputs(world::seed(7), vec![(settings, Vec::new())], vec![log]);
    world.turn();
    world
}

/// A world whose station has an AutoDJ too.
fn with_autodj(settings: StationSettings) -> World {
    let mut world = World::with(world::seed(7), vec![settings]);
    world.turn();
    world
}

fn encoder(world: &World) -> Encoder {
    Encoder::new(&world.logs[0], 1, Header::DEFAULT)
}

fn master(world: &mut World) -> Master {
    let encoder = encoder(world);
    Master::accept(world, encoder)
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.pretend(peer).closed || world.pretend(peer).finished
}

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
    assert!(!world.server.awaits(late.ticket));
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

#[test]
fn a_blip_is_not_noticed() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.title("Tidewater");
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    master.play(&mut world, 10.0);
    let tones = world.logs[0].borrow().played_by("Tone");
    for _ in 0..20 {
        // In the middle of a frame.
        let stream = master.stream(0.1);
        world.feed(master.peer, &stream[..stream.len() - 100]);
        world.hang_up(master.peer);
        world.pass(seconds(1.3));
        master.accept_again(&mut world);
        master.encoder.titled_next("Tidewater");
        master.title("Tidewater");
        master.answer_icy(&mut world);
        master.send(&mut world, 3.0);
        master.play(&mut world, 62.0);
    }
    world.assert_listens(ear);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), tones, "nobody had to fill in");
    let ear = world.ear(ear);
    assert_eq!(ear.silent_frames, 0);
    assert_eq!(ear.titles.iter().filter(|title| *title == "Tidewater").count(), 1, "{:?}", ear.titles);
}

#[test]
fn the_autodj_fills_in_while_the_master_is_away() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    master.play(&mut world, 10.0);
    let sent = master.encoder.made;
    world.hang_up(master.peer);
    for _ in 0..5 {
        world.wait_for_dial();
        world.refuse();
    }
    world.pass(seconds(1.0));
    assert_eq!(world.ear(ear).live_frames, sent, "all that came is heard, to its last frame");
    let filled = world.logs[0].borrow().played_by("Tone");
    assert!(filled > 500, "{filled}");
    world.pass(seconds(40.0));
    master.accept_again(&mut world);
    master.encoder.titled_next("Back");
    master.title("Back");
    master.answer_icy(&mut world);
    master.send(&mut world, 3.0);
    let filled = world.logs[0].borrow().played_by("Tone");
    master.play(&mut world, 10.0);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), filled, "it is back at once");
    world.assert_listens(ear);
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
    assert_eq!(ear.titles.last().map(String::as_str), Some("Back"));
}

/// What a stream without titles is called, when it was called something before it was lost for so many seconds.
fn title_after(away: f64) -> String {
    let mut world = world(relayed());
    let mut master = master(&mut world);
    master.title("Tidewater");
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    world.hang_up(master.peer);
    world.pass(seconds(away));
    world.wait_for_dial();
    master.accept_again(&mut world);
    master.answer(&mut world, "ICY 200 OK");
    master.play(&mut world, 5.0);
    world.station(0).title().to_owned()
}

#[test]
fn a_title_comes_back_with_its_stream_if_that_is_soon() {
    assert_eq!(title_after(1.5), "Tidewater");
    assert_eq!(title_after(20.0), "Tidewater");
    assert_eq!(title_after(100.0), "");
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
    silent_frame(&Header::aac(44_100, 2, 300).expect("a header")).repeat(500)
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
fn a_master_on_demand_is_asked_when_someone_comes_and_left_when_nobody_stays() {
    let mut settings = on_demand();
    settings.sources.silence = seconds(30.0);
    let mut world = world(settings);
    world.pass(seconds(600.0));
    assert!(world.dials.is_empty(), "nobody listens");
    for visit in 0..3 {
        let ear = world.tune_in(MOUNT, Link::Fast);
        assert_eq!(world.dials.len(), 1, "somebody does");
        let encoder = Encoder::new(&world.logs[0], visit + 1, Header::DEFAULT);
        let mut master = Master::accept(&mut world, encoder);
        master.title("Tidewater");
        master.answer_icy(&mut world);
        master.send(&mut world, 5.0);
        master.play(&mut world, 20.0);
        let second = world.tune_in(MOUNT, Link::Fast);
        master.play(&mut world, 5.0);
        for ear in [ear, second] {
            let ear = world.ear(ear);
            assert_eq!((ear.silent_frames, ear.skips), (0, 0), "no silence from before he came");
            assert!(ear.live_frames > 350, "{}", ear.live_frames);
        }
        world.hang_up(ear);
        master.play(&mut world, 30.0);
        assert!(!is_closed(&world, master.peer), "one is still there");
        world.hang_up(second);
        master.play(&mut world, RELAY_IDLE_GRACE.as_secs_f64() - 0.5);
        assert!(!is_closed(&world, master.peer), "he may come back");
        master.play(&mut world, 2.0);
        assert!(is_closed(&world, master.peer), "nobody came");
        world.pass(seconds(100.0));
        assert!(world.dials.is_empty());
    }
}

#[test]
fn who_wants_a_master_that_is_not_there_is_not_kept_waiting_for_ever() {
    let mut settings = on_demand();
    settings.sources.silence = seconds(30.0);
    let mut world = world(settings);
    world.pass(seconds(600.0));
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.refuse();
    world.pass(seconds(3.1));
    world.assert_listens(ear);
    assert!(world.ear(ear).silent_frames > 100, "he is told of silence");
    assert!(!world.dials.is_empty(), "and it is asked again");
    world.pass(seconds(40.0));
    assert!(is_closed(&world, ear), "until he was told goodbye");
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

/// Our own id, as the world draws it.
const OURS: &str = "0000000000000abc";

fn ask_as_relay(world: &mut World, way: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET /live HTTP/1.0\r\nX-Coldwave-Path: {way}\r\n\r\n").as_bytes());
    world.pass(seconds(3.0));
    peer
}

#[test]
fn nobody_is_relayed_in_a_circle() {
    let mut world = with_autodj(relayed());
    let mut master = master(&mut world);
    assert!(master.asked(&world).contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")));
    let (other, third) = ("00000000000000aa", "00000000000000bb");
    master.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}, {OURS}"));
    assert!(is_closed(&world, master.peer), "the stream comes from here");
    let peer = ask_as_relay(&mut world, &format!("{other}, {OURS}"));
    assert!(world.reply(peer).starts_with("HTTP/1.0 508 "), "{}", world.reply(peer));
    let peer = ask_as_relay(&mut world, &[other; 9].join(","));
    assert!(world.reply(peer).starts_with("HTTP/1.0 508 "));
    let peer = ask_as_relay(&mut world, "x");
    assert!(world.reply(peer).starts_with("HTTP/1.0 400 "));
    let relay = ask_as_relay(&mut world, third);
    assert!(world.reply(relay).contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")));
    let player = world.connect(Link::Fast);
    world.send(player, b"GET /live HTTP/1.0\r\n\r\n");
    assert!(!world.reply(player).contains("X-Coldwave-Path"), "players are told nothing of that");
    // The master is back, and itself a relay now: who relays us has to know.
    world.pass(seconds(3.0));
    master.accept_again(&mut world);
    master.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    assert!(is_closed(&world, relay) && !is_closed(&world, player));
    let relay = ask_as_relay(&mut world, third);
    assert!(world.reply(relay).contains(&format!("\r\nX-Coldwave-Path: {other}, {OURS}\r\n")));
    world.hang_up(master.peer);
    world.pass(seconds(5.0));
    master.accept_again(&mut world);
    master.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    assert!(!is_closed(&world, relay), "he knows that already");
}

#[test]
fn a_circle_of_stations_on_demand_is_found_by_who_is_asked() {
    let mut world = world(on_demand());
    let relay = world.connect(Link::Fast);
    world.send(relay, b"GET /live HTTP/1.0\r\nX-Coldwave-Path: 00000000000000aa\r\n\r\n");
    let master = master(&mut world);
    let way = format!("\r\nX-Coldwave-Path: 00000000000000aa, {OURS}\r\n");
    assert!(master.asked(&world).contains(&way), "{}", master.asked(&world));
}

#[test]
fn a_stop_does_not_wait_for_a_master() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.play(&mut world, 10.0);
    world.server.stop(world.now);
    world.turn();
    assert!(world.server.is_drained() && world.dials.is_empty());
    assert!(world.ear(ear).stands_between_frames());
}

/// However a master goes, a hundred and fifty times.
#[test]
fn no_death_of_a_master_drops_a_listener_or_tears_a_frame() {
    let seed = world::seed(815);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![relayed()]);
    world.turn();
    let ears: Vec<_> = [Link::Fast, Link::Moody, Link::Slow { per_second: 40_000, buffer: 128_000 }]
        .map(|link| world.tune_in(MOUNT, link))
        .into();
    let mut master = master(&mut world);
    for _ in 0..150 {
        if rng.bool() {
            master.answer_icy(&mut world);
        } else {
            let head =
                "HTTP/1.1 200 OK\nContent-Type: audio/mpeg\nTransfer-Encoding: chunked\nicy-metaint: 4000";
            master.answer(&mut world, head);
        }
        master.encoder.titled_next("Tidewater");
        master.title("Tidewater");
        let seconds_before = 1.0 + rng.f64() * 3.0;
        master.send(&mut world, seconds_before);
        let seconds_more = rng.f64() * 5.0;
        master.play(&mut world, seconds_more);
        match rng.u8(0..4) {
            0 => world.hang_up(master.peer),
            1 => {
                let stream = master.stream(0.5);
                world.feed(master.peer, &stream[..rng.usize(1..stream.len())]);
                world.hang_up(master.peer);
            }
            2 => {
                world.server.received_eof(master.peer, world.now);
                world.turn();
            }
            _ => {}
        }
        while world.is_relaying(0) {
            world.pass(seconds(0.1));
        }
        world.wait_for_dial();
        if rng.u8(0..4) == 0 {
            world.refuse();
            world.wait_for_dial();
        }
        master.accept_again(&mut world);
        world.forget_closed();
    }
    for ear in ears {
        world.assert_listens(ear);
        let ear = world.ear(ear);
        assert!(ear.live_frames > 5_000, "{}", ear.live_frames);
        assert_eq!(ear.silent_frames, 0, "the AutoDJ is always there");
    }
}
