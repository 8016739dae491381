//! Configured stations that listeners and pages find only while they are on air.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;

use super::{SECOND, json, log_in, relay, status, with_sources};
use crate::world::encoder::Encoder;
use crate::world::tone::LIVE;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World, seed};

fn limited(id: u32) -> StationSettings {
    let mut settings = StationSettings { only_while_on_air: true, ..with_sources(id) };
    settings.sources.max_silence = 10 * SECOND;
    settings
}

fn world(stations: Vec<StationSettings>) -> (World, Encoder) {
    let logs: Vec<_> = stations.iter().map(|_| Default::default()).collect();
    let encoder = Encoder::new(&logs[0], 1, Header::DEFAULT);
    let stations = stations.into_iter().map(|settings| (settings, Vec::new())).collect();
    (World::with_inputs(seed(53), stations, logs), encoder)
}

fn play(world: &mut World, encoder: &mut Encoder, peer: Peer, seconds: u64) {
    for _ in 0..seconds * 10 {
        let audio = encoder.seconds(0.1);
        world.feed(peer, &audio);
        world.pass(SECOND / 10);
    }
}

/// Returns the mounts that the API lists.
fn listed(world: &mut World) -> Vec<String> {
    let page = json(world, "/api/v1/stations");
    let stations = page["stations"].as_array().expect("stations");
    stations.iter().map(|station| station["mount"].as_str().expect("a mount").to_owned()).collect()
}

#[test]
fn station_is_found_from_the_first_frame_of_its_source_until_max_silence_after_its_end() {
    let (mut world, mut encoder) = world(vec![limited(1), with_sources(2)]);
    world.pass(5 * SECOND);
    let targets = ["/1", "/stream/1", "/api/v1/stations/1", "/stats?sid=1"];
    let found = |world: &mut World| targets.map(|target| world.get(target).send().status());
    assert_eq!((status(&mut world, "/1"), listed(&mut world)), (404, vec!["/2".to_owned()]));
    assert_eq!(found(&mut world)[..3], [404, 404, 404]);
    let source = log_in(&mut world, "/1");
    world.pass(3 * SECOND);
    assert_eq!(status(&mut world, "/1"), 404, "it has sent no frame");
    play(&mut world, &mut encoder, source, 1);
    assert_eq!((status(&mut world, "/1"), listed(&mut world).len()), (200, 2));
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    play(&mut world, &mut encoder, source, 10);
    world.assert_listens(listener);
    assert_eq!(world.ear(listener).silent_frames, 0, "nothing was played before the first frame");
    assert!(world.ear(listener).last_number(1) < LIVE);

    world.disconnect(source);
    world.pass(9 * SECOND);
    assert_eq!(status(&mut world, "/1"), 200);
    world.assert_listens(listener);
    world.pass(4 * SECOND);
    assert_eq!((status(&mut world, "/1"), listed(&mut world)), (404, vec!["/2".to_owned()]));
    assert!(world.socket(listener).finished && world.ear(listener).is_at_frame_boundary());
    world.disconnect(listener);
    let ended = world.ended.borrow().last().map(|it| it.reason);
    assert_eq!(ended, Some(CloseReason::SilenceTimeout));

    // The next source begins without the silence between.
    world.pass(60 * SECOND);
    let source = log_in(&mut world, "/1");
    play(&mut world, &mut encoder, source, 1);
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    play(&mut world, &mut encoder, source, 5);
    assert_eq!((world.ear(listener).silent_frames, world.ear(listener).skips), (0, 0));
}

#[test]
fn administrator_sees_the_station() {
    let (mut world, _) = world(vec![limited(1), with_sources(2)]);
    world.enable_admin();
    world.pass(5 * SECOND);
    let page = world.get("/api/v1/admin/stations").by_admin().send().json();
    let ids: Vec<_> = page["stations"].as_array().expect("stations").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [1, 2], "{page}");
    // A mount without a source is none for Icecast's page.
    assert_eq!(world.get("/admin/listclients?mount=/1").by_admin().send().status(), 400);
}

#[test]
fn title_needs_a_source_that_has_logged_in() {
    let (mut world, mut encoder) = world(vec![limited(1)]);
    world.enable_admin();
    world.pass(5 * SECOND);
    let set = |world: &mut World, title: &str| {
        let target = format!("/admin/metadata?mode=updinfo&mount=/1&song={title}");
        let by_admin = world.get(&target).by_admin().send();
        let by_source = world.get(&target).auth("source", "tide").send();
        assert_eq!(by_admin.status(), by_source.status());
        by_source
    };
    let refused = set(&mut world, "Early");
    assert_eq!(refused.status(), 400);
    assert!(refused.body().contains("Source does not exist"), "{refused}");
    let source = log_in(&mut world, "/1");
    world.pass(SECOND);
    assert_eq!(status(&mut world, "/1"), 404);
    assert_eq!(set(&mut world, "Waiting").status(), 200, "it has sent no frame");
    play(&mut world, &mut encoder, source, 2);
    assert_eq!(world.server.station(world.keys[0]).title(), "Waiting");
    world.disconnect(source);
    world.pass(5 * SECOND);
    assert_eq!(set(&mut world, "Between").status(), 200, "its listeners still wait");
    world.pass(10 * SECOND);
    assert_eq!(set(&mut world, "Late").status(), 400);
}

#[test]
fn station_that_returns_is_announced_to_event_readers_like_an_added_one() {
    let (mut world, mut encoder) = world(vec![limited(1), with_sources(2)]);
    world.pass(5 * SECOND);
    let reader = world.get("/api/v1/events").open();
    world.pass(2 * SECOND);
    let text = |world: &World| String::from_utf8_lossy(&world.socket(reader).received).into_owned();
    assert!(!text(&world).contains("\"/1\""), "{}", text(&world));
    let source = log_in(&mut world, "/1");
    play(&mut world, &mut encoder, source, 3);
    assert!(text(&world).contains("\"/1\""), "{}", text(&world));
    world.disconnect(source);
    world.pass(15 * SECOND);
    assert!(text(&world).contains("event: removed"), "{}", text(&world));
}

#[test]
fn fallback_and_relay_are_programmes_too() {
    let fallback = StationSettings { fallback_input: Some("/2".into()), ..limited(1) };
    let mut relayed = relay(3, "http://radio.example/live", false);
    relayed.only_while_on_air = true;
    let (mut world, mut encoder) = world(vec![fallback, limited(2), relayed]);
    world.pass(5 * SECOND);
    assert!(listed(&mut world).is_empty());
    assert_eq!(["/", "/status-json.xsl"].map(|target| world.get(target).send().status()), [200, 200]);
    let source = log_in(&mut world, "/2");
    play(&mut world, &mut encoder, source, 5);
    assert_eq!(listed(&mut world), ["/1", "/2"]);
    world.wait_for_dial();
    let other = Encoder::new(&world.logs[2], 2, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, other);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 5.0);
    assert_eq!(status(&mut world, "/3"), 200);
    let listener = world.tune_in_to(2, "/3", Link::Fast);
    upstream.play(&mut world, 5.0);
    assert_eq!(world.ear(listener).silent_frames, 0);
}

#[test]
fn reload_changes_whether_the_station_is_found_at_once() {
    let (mut world, _) = world(vec![limited(1)]);
    world.pass(20 * SECOND);
    assert_eq!(status(&mut world, "/1"), 404);
    world.reload(vec![StationSettings { only_while_on_air: false, ..limited(1) }]);
    assert_ne!(status(&mut world, "/1"), 404);
    world.reload(vec![limited(1)]);
    assert_eq!(status(&mut world, "/1"), 404);
}
