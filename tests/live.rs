//! Live sources against the whole server, with a simulated clock: who goes on the air, when, and what listeners hear
//! when he leaves it, however he does.

mod world;

use std::time::Duration;

use coldwave::audio::{Header, silent_frame};
use coldwave::server::{FIRST_FRAME_TIMEOUT, Peer};
use coldwave::settings::{Account, Dj, Handover, Secret, SourceSettings, StationSettings, Takeover};
use fastrand::Rng;
use world::encoder::{Encoder, source_request};
use world::{Link, World};

const MOUNT: &str = "/live";

fn station() -> StationSettings {
    let dj = |name: &str, priority| Dj {
        name: name.into(),
        password: Secret::new(format!("{name}-pw")),
        priority,
    };
    StationSettings {
        sources: SourceSettings {
            account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
            djs: vec![dj("nadia", 5), dj("otto", 1)],
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    }
}

fn with(change: impl FnOnce(&mut SourceSettings)) -> StationSettings {
    let mut station = station();
    change(&mut station.sources);
    station
}

fn world(settings: StationSettings) -> World {
    World::with(world::seed(7), vec![settings])
}

/// A world whose station has no AutoDJ.
fn without_autodj(settings: StationSettings) -> World {
    let log = std::rc::Rc::default();
    World::with_inputs(world::seed(7), vec![(settings, Vec::new())], vec![log])
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Somebody's encoder, with the connection it has.
struct Live {
    encoder: Encoder,
    user: &'static str,
    password: &'static str,
    peer: Peer,
}

impl Live {
    fn connect(world: &mut World, number: u64, user: &'static str, password: &'static str) -> Self {
        let encoder = Encoder::new(&world.logs[0], number, Header::DEFAULT);
        let peer = log_in(world, user, password);
        Self { encoder, user, password, peer }
    }

    fn source(world: &mut World) -> Self {
        Self::connect(world, 1, "source", "deep water")
    }

    fn reconnect(&mut self, world: &mut World) {
        self.peer = log_in(world, self.user, self.password);
    }

    /// Sends audio as time goes by.
    fn play(&mut self, world: &mut World, time: f64) {
        self.play_at(world, time, 1.0);
    }

    /// Sends so much of it as goes by.
    fn play_at(&mut self, world: &mut World, time: f64, rate: f64) {
        for _ in 0..(time * 10.0).round() as u64 {
            let audio = self.encoder.seconds(0.1 * rate);
            world.feed(self.peer, &audio);
            world.pass(seconds(0.1));
        }
    }
}

fn log_in(world: &mut World, user: &str, password: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request(MOUNT, user, password));
    peer
}

fn is_closed(world: &World, peer: Peer) -> bool {
    world.pretend(peer).closed || world.pretend(peer).finished
}

fn assert_told(world: &World, peer: Peer, reply: &str) {
    assert!(world.reply(peer).contains(reply), "{reply:?} in {:?}", world.reply(peer));
}

#[test]
fn a_source_replaces_the_autodj_and_gives_it_back() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(7.0));
    let before = world.ear(ear).frames;
    assert!(before > 0 && world.ear(ear).live_frames == 0);
    let mut live = Live::source(&mut world);
    assert_told(&world, live.peer, "HTTP/1.0 200 OK\r\n\r\n");
    live.play(&mut world, 20.0);
    let sent = live.encoder.made;
    world.hang_up(live.peer);
    world.pass(seconds(10.0));
    let ear = world.ear(ear);
    assert_eq!(ear.live_frames, sent, "all that came is heard, to its last frame");
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
    assert_eq!(ear.titles[..3], ["Tone 1", "", "Tone 1"], "and nobody else's title stays");
    let heard = ear.frames as f64 * Header::DEFAULT.duration().duration().as_secs_f64();
    assert!((41.0..43.5).contains(&heard), "burst and clock: {heard}");
}

#[test]
fn what_a_source_announces_is_checked_in_the_order_that_encoders_expect() {
    let mut world = world(station());
    let mut ask = |request: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, request.as_bytes());
        world.reply(peer).lines().next().unwrap_or_default().to_owned()
            + "|"
            + world.reply(peer).lines().last().unwrap_or_default()
    };
    let good = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n";
    let bad = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXJz\r\n";
    let unknown = "HTTP/1.0 401 Unauthorized|You need to authenticate";
    assert_eq!(ask("SOURCE /live HTTP/1.0\r\n\r\n"), unknown);
    assert_eq!(ask("SOURCE /nowhere HTTP/1.0\r\n\r\n"), unknown);
    assert_eq!(ask(&format!("SOURCE /live HTTP/1.0\r\n{bad}\r\n")), unknown);
    assert_eq!(ask(&format!("SOURCE /nowhere HTTP/1.0\r\n{bad}\r\n")), unknown);
    assert!(ask(&format!("SOURCE /nowhere ICE/1.0\r\n{good}\r\n")).starts_with("HTTP/1.0 404"));
    let refused = |body: &str| format!("HTTP/1.0 403 Forbidden|{body}");
    assert_eq!(ask(&format!("PUT /live HTTP/1.1\r\n{good}\r\n")), refused("No Content-type given"));
    let ogg = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: application/ogg\r\n\r\n");
    assert_eq!(ask(&ogg), refused("Content-type not supported"));
    let aac = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: audio/aac\r\n\r\n");
    assert_eq!(ask(&aac), refused("Content-type not supported"), "the station plays MP3");
    let put = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: audio/mpeg\r\n");
    assert_eq!(ask(&format!("{put}\r\n")), "HTTP/1.0 200 OK|");
    assert!(ask(&format!("{put}Expect: 100-continue\r\n\r\n")).starts_with("HTTP/1.1 100 Continue|"));
    assert_eq!(
        ask(&format!("SOURCE /live ICE/1.0\r\n{good}\r\n")),
        "HTTP/1.0 200 OK|",
        "without a type it is MP3"
    );
}

#[test]
fn a_password_line_is_read_in_every_way() {
    let second = StationSettings { id: 7, mount: "/jazz".into(), ..station() };
    for (line, expected) in [
        ("deep water", Some(0)),
        ("deep water:#1", Some(0)),
        ("deep water:#7", Some(1)),
        ("nadia:nadia-pw", Some(0)),
        ("nadia:nadia-pw:#7", Some(1)),
        ("/jazz:deep water", Some(1)),
        ("deep water:#3", None),
        ("nadia:deep water", None),
        ("wrong", None),
    ] {
        for end in ["\n", "\r\n", "\r\r\n"] {
            let mut world = World::with(world::seed(7), vec![station(), second.clone()]);
            let peer = world.connect(Link::Fast);
            let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
            let head = format!("{line}{end}icy-name:x{end}icy-br:128{end}{end}");
            world.send(peer, &[head.as_bytes(), &encoder.frames(80)].concat());
            world.pass(seconds(0.5));
            let on_air: Vec<_> = (0..2).filter(|&at| world.is_live(at)).collect();
            assert_eq!(on_air, expected.into_iter().collect::<Vec<_>>(), "{line:?} {end:?}");
            let told = if expected.is_some() { "OK2\r\nicy-caps:11\r\n\r\n" } else { "invalid password\r\n" };
            assert_eq!(world.reply(peer), told, "{line:?} {end:?}");
        }
    }
}

#[test]
fn whoever_sends_no_audio_takes_nobodys_place() {
    let mut world = world(with(|it| it.takeover = Takeover::Newest));
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    let noise = log_in(&mut world, "otto", "otto-pw");
    let silent = log_in(&mut world, "nadia", "nadia-pw");
    let mut rng = Rng::with_seed(1);
    let bytes: Vec<u8> = (0..70_000).map(|_| rng.u8(0..0xFF)).collect();
    world.feed(noise, &bytes);
    world.feed(noise, &bytes);
    live.play(&mut world, FIRST_FRAME_TIMEOUT.as_secs_f64() + 1.0);
    assert!(is_closed(&world, noise) && is_closed(&world, silent));
    assert!(!is_closed(&world, live.peer) && world.is_live(0));
}

#[test]
fn takeover_is_as_the_station_says() {
    for (takeover, newcomer, wins) in [
        (Takeover::SameUser, "source", true),
        (Takeover::SameUser, "nadia", false),
        (Takeover::Refuse, "source", false),
        (Takeover::Newest, "otto", true),
        (Takeover::Priority, "nadia", true),
        (Takeover::Priority, "source", true),
    ] {
        let mut world = world(with(|it| it.takeover = takeover));
        let mut first = Live::source(&mut world);
        first.play(&mut world, 3.0);
        let password = if newcomer == "source" { "deep water".to_owned() } else { format!("{newcomer}-pw") };
        let second = log_in(&mut world, newcomer, &password);
        let mut encoder = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
        assert!(!is_closed(&world, first.peer), "nobody goes before there is a frame");
        world.feed(second, &encoder.frames(100));
        let case = format!("{takeover:?} {newcomer}");
        assert_eq!((is_closed(&world, first.peer), is_closed(&world, second)), (wins, !wins), "{case}");
        assert_eq!(world.reply(second).contains("Mountpoint in use"), !wins, "{case}");
    }
}

#[test]
fn a_source_that_stalls_is_filled_in_for_and_is_back_at_its_next_frame() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let tones = |world: &World| world.logs[0].borrow().played_by("Tone");
    let before = tones(&world);
    world.pass(seconds(1.5));
    assert_eq!(tones(&world), before, "it is waited for");
    world.pass(seconds(4.5));
    assert!(tones(&world) > before, "somebody fills in");
    live.play(&mut world, 5.0);
    let filled = tones(&world);
    world.pass(seconds(1.0));
    live.play(&mut world, 5.0);
    assert_eq!(tones(&world), filled, "it is back");
    assert!(!is_closed(&world, live.peer));
    world.pass(seconds(9.0));
    assert!(!is_closed(&world, live.peer));
    world.pass(seconds(1.2));
    assert!(is_closed(&world, live.peer), "after so long it is given up");
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn a_source_ahead_of_time_is_held_back_and_everything_is_heard() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    let audio = live.encoder.seconds(120.0);
    world.feed(live.peer, &audio);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(live.peer));
    assert!(world.pretend(live.peer).outbox.len() > audio.len() * 2 / 3, "most of it is not read");
    world.pass(seconds(130.0));
    assert!(is_closed(&world, live.peer), "then it is given up, as nothing comes any more");
    let ear = world.ear(ear);
    assert_eq!(ear.live_frames, live.encoder.made);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn without_an_autodj_there_is_silence_and_then_goodbye_if_the_station_says_so() {
    let mut world = without_autodj(with(|it| it.silence = seconds(30.0)));
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.hang_up(live.peer);
    world.pass(seconds(20.0));
    world.assert_listens(ear);
    assert!(world.ear(ear).silent_frames > 500, "of the format that was on the air");
    live.reconnect(&mut world);
    live.play(&mut world, 5.0);
    world.hang_up(live.peer);
    world.pass(seconds(29.0));
    world.assert_listens(ear);
    world.pass(seconds(3.0));
    assert!(is_closed(&world, ear) && world.ear(ear).stands_between_frames());
    let late = world.connect(Link::Fast);
    world.send(late, b"GET /live HTTP/1.0\r\n\r\n");
    assert_told(&world, late, "503");
}

#[test]
fn at_the_end_of_the_track_means_just_that() {
    let mut world = world(with(|it| it.handover = Handover::EndOfTrack));
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    // A tone's track has 500 frames, 13 s, of which the burst was five.
    live.play(&mut world, 6.0);
    assert_eq!((world.is_live(0), world.ear(ear).live_frames), (true, 0), "it waits");
    live.play(&mut world, 6.0);
    let tones = world.logs[0].borrow().played_by("Tone");
    assert_eq!(tones, 500, "the track was played to its end, and not one frame of the next");
    assert!(
        world.ear(ear).live_frames > 50,
        "then it is heard, from there on: of what came before a second is kept"
    );
    assert!(live.encoder.made - world.ear(ear).live_frames > 150);
    // Who only lost his connection does not wait again.
    world.hang_up(live.peer);
    world.pass(seconds(4.0));
    live.reconnect(&mut world);
    let before = world.ear(ear).live_frames;
    live.play(&mut world, 3.0);
    assert!(world.ear(ear).live_frames > before + 50);
}

#[test]
fn whoever_is_not_admitted_is_not_heard() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut nadia = Live::connect(&mut world, 1, "nadia", "nadia-pw");
    let mut otto = Live::connect(&mut world, 2, "otto", "otto-pw");
    nadia.play(&mut world, 3.0);
    let frames = otto.encoder.frames(1);
    world.feed(otto.peer, &[frames, otto.encoder.frames(1)].concat());
    assert!(is_closed(&world, otto.peer));
    nadia.play(&mut world, 3.0);
    assert_eq!(world.ear(ear).encoders(), [1], "and not one frame of another");
    // One who dies with his only frame does not take anybody's place either.
    let second = log_in(&mut world, "nadia", "nadia-pw");
    world.feed(second, &Encoder::new(&world.logs[0], 3, Header::DEFAULT).frames(1));
    world.hang_up(second);
    nadia.play(&mut world, 3.0);
    assert!(!is_closed(&world, nadia.peer));
    assert_eq!(world.ear(ear).encoders(), [1]);
}

#[test]
fn what_a_source_sends_is_looked_at_again_when_it_begins() {
    let put = "PUT /live HTTP/1.1\r\nAuthorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\nContent-Type: audio/aac\r\n\r\n";
    let mut world = without_autodj(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    world.hang_up(live.peer);
    world.pass(seconds(15.0));
    let aac = world.connect(Link::Fast);
    world.send(aac, put.as_bytes());
    assert_told(&world, aac, "200 OK");
    // While nothing came, somebody tuned in who was told that this is MP3; his ear would notice anything else.
    let ear = world.tune_in(MOUNT, Link::Fast);
    let frame = silent_frame(&Header::aac(44_100, 2, 300).expect("a format"));
    world.feed(aac, &frame.repeat(20));
    assert!(is_closed(&world, aac) && !world.is_live(0));
    world.pass(seconds(5.0));
    world.assert_listens(ear);
}

#[test]
fn a_weak_link_does_not_break_off_one_track_after_the_other() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(10.0));
    let mut live = Live::source(&mut world);
    live.play_at(&mut world, 120.0, 0.5);
    assert!(world.ear(ear).live_frames > 2000);
    let left = world.logs[0].borrow().left;
    assert_eq!(left, 1, "once, when the source began");
    let titles = world.station(0).history().latest().count();
    assert!(titles < 12, "{titles} titles in the history of two minutes");
}

#[test]
fn another_codec_is_taken_only_where_nobody_hears_the_change() {
    let put = "PUT /live HTTP/1.1\r\nAuthorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\nContent-Type: audio/aacp\r\n\r\n";
    let ask = |world: &mut World| {
        let peer = world.connect(Link::Fast);
        world.send(peer, put.as_bytes());
        world.reply(peer)[9..12].to_owned()
    };
    let mut world = without_autodj(station());
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    world.hang_up(live.peer);
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(20.0));
    assert_eq!(ask(&mut world), "403", "somebody is listening");
    world.hang_up(ear);
    assert_eq!(ask(&mut world), "200");
    let mut world = self::world(with(|it| it.allow_codec_change = true));
    assert_eq!(ask(&mut world), "200");
}

#[test]
fn guessing_passwords_is_slow() {
    let mut world = world(station());
    let mut codes = Vec::new();
    for _ in 0..12 {
        let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
        world.send(peer, &source_request(MOUNT, "source", "guess"));
        codes.push(world.reply(peer)[9..12].to_owned());
    }
    assert_eq!(codes, [vec!["401"; 10], vec!["403"; 2]].concat());
    let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
    world.send(peer, &source_request(MOUNT, "source", "deep water"));
    assert_told(&world, peer, "403");
    let dj = log_in(&mut world, "nadia", "nadia-pw");
    assert_told(&world, dj, "200 OK");
}

/// However a source goes, a thousand times.
#[test]
fn a_thousand_deaths_are_not_noticed() {
    let seed = world::seed(4711);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![station()]);
    let ears: Vec<_> = [Link::Fast, Link::Moody, Link::Slow { per_second: 40_000, buffer: 128_000 }]
        .map(|link| world.tune_in(MOUNT, link))
        .into();
    let mut live = Live::source(&mut world);
    for _ in 0..1000 {
        live.play(&mut world, rng.f64() * 3.0);
        match rng.u8(0..5) {
            0 => world.hang_up(live.peer),
            1 => {
                // It is killed in the middle of a frame.
                let frame = live.encoder.frames(1);
                world.feed(live.peer, &frame[..rng.usize(1..frame.len())]);
                world.hang_up(live.peer);
            }
            2 => {
                world.server.received_eof(live.peer, world.now);
                world.turn();
            }
            3 => world.pass(seconds(rng.f64() * 12.0)),
            _ => live.play_at(&mut world, rng.f64() * 4.0, 0.5),
        }
        world.pass(seconds(rng.f64() * 2.0));
        live.reconnect(&mut world);
        world.forget_closed();
    }
    for ear in ears {
        world.assert_listens(ear);
        let ear = world.ear(ear);
        assert!(ear.live_frames > 10_000, "{}", ear.live_frames);
        assert_eq!(ear.silent_frames, 0, "the AutoDJ is always there");
    }
}

/// The same where there is no AutoDJ: then there is silence, but no more of it than there was to wait for.
#[test]
fn where_nothing_else_is_there_silence_is() {
    let mut world = without_autodj(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    for _ in 0..50 {
        let before = world.ear(ear).silent_frames;
        world.hang_up(live.peer);
        live.reconnect(&mut world);
        live.play(&mut world, 4.0);
        let silent = (world.ear(ear).silent_frames - before) as f64 * 1152.0 / 44_100.0;
        assert!(silent <= 1.2, "{silent} s");
    }
}
