//! How long listeners may stay, and how long clients may take for their requests.

use std::time::Duration;

use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;

use crate::world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);

fn limited(seconds: u64) -> StationSettings {
    StationSettings {
        max_listener_duration: Some(Duration::from_secs(seconds)),
        ..StationSettings::default()
    }
}

#[test]
fn listener_is_disconnected_at_a_frame_end_after_the_allowed_time() {
    let mut world = World::with(seed(71), vec![limited(60)]);
    world.pass(10 * SECOND);
    let links = [Link::Fast, Link::Erratic, Link::Slow { per_second: 17_000, buffer: 20_000 }];
    let listeners = links.map(|link| world.tune_in("/live", link));
    world.pass(59 * SECOND);
    listeners.into_iter().for_each(|listener| world.assert_listens(listener));
    world.pass(10 * SECOND);
    for listener in listeners {
        assert!(world.socket(listener).closed || world.socket(listener).finished);
        assert!(world.ear(listener).is_at_frame_boundary());
    }
    let again = world.tune_in("/live", Link::Fast);
    world.pass(30 * SECOND);
    world.assert_listens(again);
    let ended = world.ended.borrow().clone();
    let reasons: Vec<_> = ended.iter().map(|it| it.reason).collect();
    assert_eq!(reasons, [CloseReason::DurationLimit; 3]);
}

#[test]
fn listener_that_reads_nothing_is_disconnected_after_the_allowed_time() {
    let mut world = World::with(seed(72), vec![limited(10)]);
    let listener = world.tune_in("/live", Link::Stuck { buffer: 1_000 });
    world.pass(30 * SECOND);
    assert_eq!(world.listeners(0), 0);
    assert!(world.socket(listener).closed);
}

#[test]
fn changed_duration_applies_to_listeners_that_play() {
    let mut world = World::new(seed(73));
    let listener = world.tune_in("/live", Link::Fast);
    world.pass(100 * SECOND);
    world.assert_listens(listener);
    let key = world.keys[0];
    world.server.apply_station(key, limited(3600), world.now).expect("no conflict");
    world.pass(10 * SECOND);
    world.assert_listens(listener);
    world.server.apply_station(key, limited(100), world.now).expect("no conflict");
    world.pass(2 * SECOND);
    assert!(world.socket(listener).finished || world.socket(listener).closed);
}

#[test]
fn request_must_be_complete_within_the_time_of_the_settings() {
    for seconds in [3, 15, 40] {
        let mut world = World::new(seed(74));
        world.configure(|config| config.request_timeout = Duration::from_secs(seconds));
        let slow = world.connect(Link::Fast);
        world.send(slow, b"GET /live HTTP/1.1\r\n");
        world.pass(Duration::from_secs(seconds - 1));
        assert!(world.socket(slow).received.is_empty());
        world.pass(2 * SECOND);
        assert_eq!(world.reply(slow).status(), 408, "{seconds} s");
    }
}
