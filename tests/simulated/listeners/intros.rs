//! Intros: what each new listener hears before the programme.

use std::time::Duration;

use coldwave::audio::{Header, silent_frame};
use coldwave::server::Peer;
use coldwave::settings::{Intro, StationCodec, StationSettings};

use crate::log;
use crate::world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);

/// Returns an intro of so many frames of silence, which the tone of a world does not play.
fn intro(frames: usize, channels: u8) -> Intro {
    let header = Header::new_mp3(44_100, channels, 128).expect("a format");
    Intro {
        title: "Welcome".into(),
        codec: StationCodec::Mp3,
        rate: 44_100,
        channels,
        frames: silent_frame(&header).repeat(frames).into(),
    }
}

fn with(intro: Intro) -> StationSettings {
    StationSettings { intro: Some(intro), ..StationSettings::default() }
}

fn world(default_seed: u64, frames: usize) -> World {
    let mut world = World::with(seed(default_seed), vec![with(intro(frames, 2))]);
    world.pass(20 * SECOND);
    world
}

fn tune_in(world: &mut World, link: Link) -> Peer {
    world.tune_in_as(0, "/live", link, |ear| ear.ignores_titles = true)
}

#[test]
fn listener_hears_the_whole_intro_and_then_the_programme() {
    for frames in [1, 7, 400] {
        let mut world = world(91, frames);
        let links = [Link::Fast, Link::Erratic, Link::Slow { per_second: 40_000, buffer: 20_000 }];
        let listeners = links.map(|link| tune_in(&mut world, link));
        world.pass(60 * SECOND);
        for listener in listeners {
            world.assert_listens(listener);
            let ear = world.ear(listener);
            assert_eq!(ear.silent_frames, frames as u64, "the frames of the intro");
            assert_eq!(ear.skips, 0, "the programme has no gap");
            assert!(ear.frames > frames as u64 + 1_500);
        }
    }
}

#[test]
fn title_of_the_intro_is_followed_by_that_of_the_programme() {
    // A block follows every 16,000 bytes, and the intro has five times as many.
    let mut world = world(92, 200);
    let listener = world.connect(Link::Fast);
    world.send(listener, b"GET /live HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n");
    world.pass(20 * SECOND);
    let received = world.socket(listener).received.clone();
    let text = String::from_utf8_lossy(&received);
    let titles: Vec<_> = text.split("StreamTitle='").skip(1).collect();
    assert!(titles.len() >= 2 && titles[0].starts_with("Welcome';"), "{} titles", titles.len());
    assert!(titles[1..].iter().all(|title| !title.starts_with("Welcome")));
}

#[test]
fn listener_that_reads_the_intro_slowly_joins_behind_it() {
    // The intro has 25 s and takes 50 s; the buffer has 30 s.
    let mut world = world(93, 1_000);
    let listener = tune_in(&mut world, Link::Slow { per_second: 8_300, buffer: 10_000 });
    world.pass(30 * SECOND);
    world.assert_listens(listener);
    world.pass(30 * SECOND);
    assert_eq!(world.ear(listener).silent_frames, 1_000);
    world.socket_mut(listener).link = Link::Fast;
    world.pass(30 * SECOND);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).skips, 0);
}

#[test]
fn listener_that_does_not_read_the_intro_is_disconnected() {
    let mut world = world(94, 1_000);
    let listener = tune_in(&mut world, Link::Stuck { buffer: 5_000 });
    world.pass(120 * SECOND);
    assert!(world.socket(listener).closed);
}

#[test]
fn stream_that_ends_in_the_intro_ends_with_a_frame() {
    for buffer in [3_000, 3_100, 3_300] {
        let mut world = world(95, 1_000);
        let listener = tune_in(&mut world, Link::Stuck { buffer });
        world.pass(2 * SECOND);
        world.server.remove_station(world.keys[0], world.now);
        world.socket_mut(listener).link = Link::Fast;
        world.pass(5 * SECOND);
        let ear = world.ear(listener);
        assert!(ear.is_at_frame_boundary(), "{} bytes were taken", buffer);
        assert!(ear.silent_frames < 20, "{} frames of the intro", ear.silent_frames);
    }
}

#[test]
fn intro_in_another_format_is_left_out_with_one_warning() {
    let mut world = World::with(seed(96), vec![with(intro(100, 1))]);
    log::collect();
    world.pass(5 * SECOND);
    let listeners = [0; 3].map(|_| world.tune_in("/live", Link::Fast));
    world.pass(10 * SECOND);
    for listener in listeners {
        world.assert_listens(listener);
        assert_eq!(world.ear(listener).silent_frames, 0);
    }
    let line = "/live: the intro is left out: it is MP3, 44100 Hz, mono; the stream is MP3, 44100 Hz, stereo";
    assert_eq!(log::lines_with("intro"), [line]);
}

#[test]
fn changed_intro_is_for_new_listeners_only() {
    let mut world = World::new(seed(97));
    world.pass(10 * SECOND);
    let before = world.tune_in("/live", Link::Fast);
    let key = world.keys[0];
    for frames in [50, 80] {
        world.server.apply_station(key, with(intro(frames, 2)), world.now).expect("no conflict");
        let listener = tune_in(&mut world, Link::Fast);
        world.pass(10 * SECOND);
        world.assert_listens(listener);
        assert_eq!(world.ear(listener).silent_frames, frames as u64);
    }
    world.assert_listens(before);
    assert_eq!((world.ear(before).silent_frames, world.ear(before).skips), (0, 0));
}

#[test]
fn relay_gets_no_intro() {
    let mut world = world(98, 1_000);
    let received = |world: &mut World, lines: &str| {
        let peer = world.get("/live").lines(lines).open();
        world.pass(SECOND);
        world.socket(peer).received.len()
    };
    let player = received(&mut world, "");
    let relay = received(&mut world, "X-Coldwave-Path: 00000000000000aa");
    assert!(player > 400_000 && (50_000..200_000).contains(&relay), "{player} and {relay} bytes");
}
