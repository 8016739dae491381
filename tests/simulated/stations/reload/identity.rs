//! Which station of the new configuration is which of those that run.

use std::collections::BTreeMap;

use coldwave::server::{Peer, StationError};
use coldwave::session::CloseReason;
use coldwave::settings::{RenditionSettings, StationSettings};

use super::{SECOND, assert_ended, assert_undisturbed, given, in_file, received, station, tune_in_to_all};
use crate::stations::{json, status};
use crate::world::ladders::FakeLadders;
use crate::world::{Link, Setup, World, seed};

/// Returns the ids and mounts of all stations, as the API lists them.
fn listed(world: &mut World) -> Vec<(u64, String)> {
    let list = json(world, "/api/v1/stations");
    let station = |it: &serde_json::Value| {
        (it["id"].as_u64().expect("an id"), it["mount"].as_str().expect("a mount").to_owned())
    };
    list["stations"].as_array().expect("a list").iter().map(station).collect()
}

fn ids(list: &[(u64, &str)]) -> Vec<(u64, String)> {
    list.iter().map(|&(id, mount)| (id, mount.to_owned())).collect()
}

#[test]
fn station_inserted_first_disturbs_and_renumbers_no_other() {
    let (mut world, mut known) = (World::with(seed(61), Vec::new()), Vec::new());
    world.reload(in_file(&["/a", "/b"], &mut known));
    let listeners = tune_in_to_all(&mut world, &["/a", "/b"]);
    world.pass(10 * SECOND);
    world.reload(in_file(&["/new", "/a", "/b"], &mut known));
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &listeners, 20 * SECOND);
    assert_eq!(listed(&mut world), ids(&[(1, "/a"), (2, "/b"), (3, "/new")]));
    let new = tune_in_to_all(&mut world, &["/new"]);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &new, 10 * SECOND);
    assert_undisturbed(&world, &listeners, 30 * SECOND);
}

#[test]
fn stations_that_swap_places_change_nothing() {
    let (mut world, mut known) = (World::with(seed(62), Vec::new()), Vec::new());
    world.reload(in_file(&["/a", "/b", "/c"], &mut known));
    let listeners = tune_in_to_all(&mut world, &["/a", "/b", "/c"]);
    world.pass(5 * SECOND);
    let swapped = in_file(&["/c", "/b", "/a"], &mut known);
    let plan = world.server.plan_stations(swapped.clone()).expect("they fit together");
    assert!(plan.is_empty(), "{plan:?}");
    world.reload(swapped);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &listeners, 15 * SECOND);
    assert_eq!(listed(&mut world), ids(&[(1, "/a"), (2, "/b"), (3, "/c")]));
}

#[test]
fn stations_that_swap_mounts_keep_their_listeners() {
    let mut world = World::with(seed(63), Vec::new());
    world.reload(vec![given(1, "/a"), given(2, "/b"), given(3, "/c")]);
    let listeners = tune_in_to_all(&mut world, &["/a", "/b", "/c"]);
    let readers =
        [1, 2].map(|id| world.get(&format!("/api/v1/events?sid={id}")).http11().header("Host", "h").open());
    world.pass(10 * SECOND);
    let [a, b] = ["/a", "/b"].map(|mount| world.index_of(mount));
    world.reload(vec![given(1, "/b"), given(2, "/a"), given(3, "/c")]);
    assert_eq!((world.index_of("/b"), world.index_of("/a")), (a, b));
    // The ear of a new listener fails if it gets the audio of the other station.
    let new = tune_in_to_all(&mut world, &["/a", "/b"]);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &listeners, 20 * SECOND);
    assert_undisturbed(&world, &new, 10 * SECOND);
    assert_eq!(listed(&mut world), ids(&[(1, "/b"), (2, "/a"), (3, "/c")]));
    for (reader, mount) in readers.into_iter().zip(["/b", "/a"]) {
        let events = world.reply(reader);
        let last = events.rfind("event: station").map(|at| &events[at..]).expect("an event");
        assert!(last.contains(&format!("\"mount\":\"{mount}\"")), "{last}");
        assert!(!world.socket(reader).finished);
    }
}

/// An id that was not given is no identity, so a swap of ids leaves the mounts where they are.
#[test]
fn stations_that_swap_ids_stay_with_their_mounts_if_the_ids_were_not_given() {
    let mut world = World::with(seed(64), Vec::new());
    world.reload(vec![
        StationSettings { mount: "/a".into(), ..station(1) },
        StationSettings { mount: "/b".into(), ..station(2) },
    ]);
    let listeners = tune_in_to_all(&mut world, &["/a", "/b"]);
    let reader = world.get("/api/v1/events?sid=1").http11().header("Host", "h").open();
    world.pass(5 * SECOND);
    let [a, b] = ["/a", "/b"].map(|mount| world.index_of(mount));
    world.reload(vec![given(1, "/b"), given(2, "/a")]);
    assert_eq!([world.index_of("/a"), world.index_of("/b")], [a, b]);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &listeners, 15 * SECOND);
    let events = world.reply(reader);
    let last = events.rfind("event: station").map(|at| &events[at..]).expect("an event");
    assert!(last.contains("\"id\":2") && last.contains("\"mount\":\"/a\""), "it follows its station: {last}");
}

#[test]
fn new_mount_under_the_same_given_id_is_a_rename() {
    let mut world = World::with(seed(65), Vec::new());
    world.reload(vec![given(1, "/a"), given(7, "/b")]);
    let listeners = tune_in_to_all(&mut world, &["/a", "/b"]);
    world.pass(10 * SECOND);
    world.reload(vec![given(1, "/a"), given(7, "/new")]);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &listeners, 20 * SECOND);
    for (path, code) in [("/b", 404), ("/new", 200), ("/stream/7", 200)] {
        assert_eq!(status(&mut world, path), code, "{path}");
    }
    // Another station may have the old mount at once, and is another one.
    world.reload(vec![given(1, "/b"), given(7, "/a"), given(8, "/new")]);
    let new = tune_in_to_all(&mut world, &["/a", "/b", "/new"]);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &listeners, 30 * SECOND);
    assert_undisturbed(&world, &new, 10 * SECOND);
}

#[test]
fn new_mount_without_a_given_id_and_another_given_id_are_another_station() {
    for (before, after) in [
        (
            StationSettings { mount: "/a".into(), ..station(1) },
            StationSettings { mount: "/b".into(), ..station(1) },
        ),
        (given(5, "/a"), given(6, "/a")),
    ] {
        let mut world = World::with(seed(66), Vec::new());
        world.reload(vec![before]);
        let listener = world.tune_in_to(0, "/a", Link::Fast);
        world.pass(5 * SECOND);
        world.reload(vec![after]);
        assert_ended(&mut world, listener, CloseReason::StationRemoved);
    }
}

/// An id that is given later, or given no longer, does not make another station of a mount.
#[test]
fn station_stays_when_its_id_is_given_or_is_no_longer_given() {
    let mut world = World::with(seed(67), Vec::new());
    let without_id = || StationSettings { mount: "/a".into(), ..station(1) };
    world.reload(vec![without_id()]);
    let listener = world.tune_in_to(0, "/a", Link::Fast);
    for stations in [vec![given(5, "/a")], vec![without_id()], vec![given(1, "/a")], vec![given(1, "/b")]] {
        world.pass(5 * SECOND);
        world.reload(stations);
    }
    world.pass(5 * SECOND);
    assert_undisturbed(&world, &[listener], 25 * SECOND);
}

#[test]
fn removed_station_closes_its_listeners_at_a_frame_boundary() {
    let (mut world, mut known) = (World::with(seed(68), Vec::new()), Vec::new());
    world.reload(in_file(&["/a", "/b", "/c"], &mut known));
    let listeners = tune_in_to_all(&mut world, &["/a", "/b", "/c"]);
    world.pass(10 * SECOND);
    world.reload(in_file(&["/a", "/c"], &mut known));
    assert_ended(&mut world, listeners[1], CloseReason::StationRemoved);
    world.pass(5 * SECOND);
    assert_undisturbed(&world, &[listeners[0], listeners[2]], 20 * SECOND);
    assert_eq!(status(&mut world, "/b"), 404);
    // It returns with its id, as a new station.
    world.reload(in_file(&["/a", "/b", "/c"], &mut known));
    assert_eq!(listed(&mut world), ids(&[(1, "/a"), (2, "/b"), (3, "/c")]));
    let again = tune_in_to_all(&mut world, &["/b"]);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &again, 10 * SECOND);
    assert_undisturbed(&world, &[listeners[0], listeners[2]], 30 * SECOND);
}

#[test]
fn set_with_a_conflict_changes_nothing() {
    let rendition = |parent: &str| StationSettings {
        rendition: Some(RenditionSettings { parent: parent.into(), rate: 44_100, channels: 2, kbps: 64 }),
        ..given(9, "/low")
    };
    let conflicts = [
        (vec![given(1, "/a"), given(1, "/b")], StationError::Id(1)),
        (vec![given(1, "/a"), given(2, "/a")], StationError::Mount),
        (vec![given(1, "/a"), given(2, "/b"), rendition("/c")], StationError::NoParent),
        (vec![given(1, "/a"), rendition("/low")], StationError::NoParent),
    ];
    let mut world = World::with(seed(69), Vec::new());
    world.reload(vec![given(1, "/a"), given(2, "/b")]);
    let listeners = tune_in_to_all(&mut world, &["/a", "/b"]);
    for (stations, error) in conflicts {
        world.pass(2 * SECOND);
        assert_eq!(world.try_reload(stations), Err(error));
    }
    assert_eq!(listed(&mut world), ids(&[(1, "/a"), (2, "/b")]));
    world.pass(2 * SECOND);
    assert_undisturbed(&world, &listeners, 10 * SECOND);
}

fn rendition(id: u32, mount: &str, parent: &str, kbps: u16) -> StationSettings {
    let settings = RenditionSettings { parent: parent.into(), rate: 44_100, channels: 2, kbps };
    given(id, mount).as_rendition(settings)
}

fn world_with_ladders(seed: u64) -> World {
    World::start(seed, Setup { ladders: Some(FakeLadders::default()), ..Setup::with(Vec::new()) })
}

/// Fails unless the listeners of renditions have no gap.
#[track_caller]
fn assert_rung_undisturbed(world: &World, peer: coldwave::server::Peer, least_s: u64) {
    world.assert_listens(peer);
    let rung = &world.ear(peer).rung;
    assert_eq!((rung.skips, rung.gap_frames), (0, 0), "{peer:?} has a gap");
    assert!(received(world, peer).as_secs() >= least_s, "{:?}", received(world, peer));
}

#[test]
fn renditions_keep_their_listeners_when_they_or_their_station_are_renamed() {
    let mut world = world_with_ladders(seed(70));
    world.reload(vec![given(1, "/a"), given(2, "/b"), rendition(11, "/a-low", "/a", 64)]);
    let main = tune_in_to_all(&mut world, &["/a", "/b"]);
    let low = tune_in_to_all(&mut world, &["/a-low"])[0];
    world.pass(10 * SECOND);
    let renamed = [
        vec![given(1, "/x"), given(2, "/b"), rendition(11, "/a-low", "/x", 64)],
        vec![given(1, "/x"), given(2, "/b"), rendition(11, "/x-low", "/x", 64)],
        // The stations swap mounts, and the rendition stays with its station.
        vec![given(1, "/b"), given(2, "/x"), rendition(11, "/x-low", "/b", 64)],
        vec![given(1, "/b"), given(2, "/x"), rendition(11, "/x-low", "/b", 96)],
    ];
    for stations in renamed {
        world.reload(stations);
        world.pass(10 * SECOND);
    }
    assert_undisturbed(&world, &main, 50 * SECOND);
    assert_rung_undisturbed(&world, low, 48);
}

#[test]
fn rendition_of_another_station_is_another_rendition() {
    let mut world = world_with_ladders(seed(71));
    world.reload(vec![given(1, "/a"), given(2, "/b"), rendition(11, "/low", "/a", 64)]);
    let main = tune_in_to_all(&mut world, &["/a", "/b"]);
    let low = tune_in_to_all(&mut world, &["/low"])[0];
    world.pass(10 * SECOND);
    // The mounts are swapped, and the rendition stays with the mount: it has another station.
    expect_move(&mut world, low);
    world.reload(vec![given(1, "/b"), given(2, "/a"), rendition(11, "/low", "/a", 64)]);
    assert_eq!(world.listeners(world.index_of("/b")), 2, "it hears the station whose programme it has heard");
    world.pass(5 * SECOND);
    world.assert_listens(low);
    let new = tune_in_to_all(&mut world, &["/low"])[0];
    world.pass(10 * SECOND);
    assert_rung_undisturbed(&world, new, 8);
    // A rendition becomes a station, and a station a rendition.
    world.reload(vec![given(1, "/b"), rendition(2, "/a", "/b", 64), given(11, "/low")]);
    assert_ended(&mut world, new, CloseReason::StationRemoved);
    assert!(!world.socket(main[0]).closed);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &main[..1], 35 * SECOND);
    let roles: BTreeMap<&str, bool> = ["/a", "/b", "/low"]
        .map(|mount| (mount, world.station(world.index_of(mount)).rendition().is_some()))
        .into();
    assert_eq!(roles, [("/a", true), ("/b", false), ("/low", false)].into());
}

#[test]
fn renditions_are_added_and_removed_while_others_play() {
    let mut world = world_with_ladders(seed(72));
    let low = |kbps: u16| rendition(100 + u32::from(kbps), &format!("/{kbps}"), "/a", kbps);
    world.reload(vec![given(1, "/a"), low(64)]);
    let main = tune_in_to_all(&mut world, &["/a"]);
    let first = tune_in_to_all(&mut world, &["/64"])[0];
    world.pass(10 * SECOND);
    world.reload(vec![given(1, "/a"), low(32), low(64)]);
    let second = tune_in_to_all(&mut world, &["/32"])[0];
    world.pass(10 * SECOND);
    assert_rung_undisturbed(&world, second, 8);
    expect_move(&mut world, second);
    world.reload(vec![given(1, "/a"), low(64)]);
    world.pass(10 * SECOND);
    world.assert_listens(second);
    assert_eq!(world.listeners(world.index_of("/a")), 2, "it hears the station itself");
    assert_rung_undisturbed(&world, first, 27);
    assert_undisturbed(&world, &main, 30 * SECOND);
    world.reload(Vec::new());
    assert!([main[0], first].iter().all(|&peer| world.socket(peer).finished));
}

/// Lets the ear of a listener follow when it is moved to another station.
fn expect_move(world: &mut World, listener: Peer) {
    world.socket_mut(listener).ear.as_mut().expect("a listener has an ear").expect_move();
}

#[test]
fn listeners_of_stations_that_are_removed_together_follow_the_chain_of_fallbacks() {
    let mut world = world_with_ladders(seed(73));
    let with_fallback = |id, mount: &str, fallback: &str| StationSettings {
        fallback: Some(fallback.to_owned()),
        ..given(id, mount)
    };
    let last = [given(3, "/c"), rendition(13, "/c-64", "/c", 64)];
    let low = |fallback: &str| StationSettings { fallback: None, ..rendition(11, "/low", fallback, 64) };
    let mut all = vec![with_fallback(1, "/a", "/b"), with_fallback(2, "/b", "/c"), low("/a")];
    all.extend(last.clone());
    world.reload(all);
    // An ear belongs to one programme.
    let listeners = ["/a", "/b", "/low", "/a"].map(|mount| world.get(mount).open());
    world.pass(10 * SECOND);
    world.reload(last.into());
    assert_eq!(["/c", "/c-64"].map(|mount| world.listeners(world.index_of(mount))), [3, 1]);
    world.pass(10 * SECOND);
    listeners.iter().for_each(|&listener| world.assert_listens(listener));
}
