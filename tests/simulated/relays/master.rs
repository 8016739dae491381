//! Mounts of a master, whose list the test sends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::{MOUNT, encoder, is_closed, relayed, seconds};
use crate::log::{collect, lines_with};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, SERVER_SEED, World, seed};
use coldwave::http::proxy::relay_path::{RelayPath, ServerId};
use coldwave::http::upstream::{MountList, parse_mount_list};
use coldwave::master_list::{MasterListResult, MasterLists};
use coldwave::settings::{MasterSettings, StationSettings, UnlistedSettings};
use coldwave::stream_url::StreamUrl;

/// The results that the test sends.
#[derive(Clone, Default)]
struct Lists(Rc<RefCell<VecDeque<MasterListResult>>>);

impl MasterLists for Lists {
    fn poll(&mut self) -> Option<MasterListResult> {
        self.0.borrow_mut().pop_front()
    }
}

impl Lists {
    fn send_result(&self, world: &mut World, result: MasterListResult) {
        self.0.borrow_mut().push_back(result);
        world.turn();
    }

    /// Sends a list with these lines.
    fn send(&self, world: &mut World, lines: &str) {
        let mounts = parse_mount_list(lines.as_bytes(), &url()).expect("a list");
        self.send_result(world, Ok(MountList { mounts, path: RelayPath::default() }));
    }
}

fn url() -> StreamUrl {
    StreamUrl::parse("http://master.example:8000/").expect("a URL")
}

fn master(on_demand: bool) -> MasterSettings {
    MasterSettings { url: url(), interval: seconds(120.0), on_demand, max: 3 }
}

/// Makes a world follow a master.
fn follow(world: &mut World, on_demand: bool) -> Lists {
    let lists = Lists::default();
    world.server.set_master(Some(master(on_demand)), Some(Box::new(lists.clone())), world.now);
    lists
}

/// Returns a world with one station, `/live`, that plays a tone.
fn with_tone() -> World {
    World::with(seed(11), vec![StationSettings::default()])
}

fn status(world: &mut World, path: &str) -> u16 {
    world.head(path).send().status()
}

/// Accepts the connection that is wanted, and streams.
fn stream(world: &mut World) -> FakeUpstream {
    world.wait_for_dial();
    let encoder = encoder(world);
    let mut upstream = FakeUpstream::accept(world, encoder);
    upstream.answer_icy(world);
    upstream.send(world, 5.0);
    upstream.play(world, 3.0);
    upstream
}

#[test]
fn mount_of_the_list_is_relayed_until_it_has_gone_from_the_list() {
    let mut world = with_tone();
    let lists = follow(&mut world, false);
    collect();
    lists.send(&mut world, "/a\r\n");
    assert_eq!(world.dials[0].host, "master.example");
    let mut upstream = stream(&mut world);
    assert!(upstream.request(&world).head().starts_with("GET /a HTTP/1.0\r\n"));
    assert_eq!(status(&mut world, "/a"), 200);
    let ear = world.tune_in("/a", Link::Fast);
    lists.send(&mut world, "/a\r\n");
    upstream.play(&mut world, 20.0);
    world.assert_listens(ear);
    assert!(!is_closed(&world, upstream.peer), "the same list changes nothing");
    world.enable_admin();
    let master = world.get("/api/v1/admin/stations").by_admin().send().json()["master"].take();
    let numbers = ["relayed", "streaming", "left_out"].map(|key| master[key].as_u64());
    assert_eq!(numbers, [Some(1), Some(1), Some(0)], "{master}");
    assert!(master["listed_at"].is_string() && master["last_error"].is_null(), "{master}");
    assert_eq!(master["url"], "http://master.example:8000/");
    lists.send(&mut world, "");
    assert!(is_closed(&world, upstream.peer));
    world.pass(seconds(8.0));
    assert_eq!(status(&mut world, "/a"), 200, "it waits as long as for a source");
    world.pass(seconds(20.0));
    assert!(is_closed(&world, ear));
    assert_eq!(status(&mut world, "/a"), 404);
    assert_eq!(lines_with("following the master http://master.example:8000/: 1 mount").len(), 1);
    assert_eq!(lines_with("/a: the master no longer has this mount").len(), 1);
}

/// A mount in a format that cannot be relayed would otherwise be a station that plays nothing but silence.
#[test]
fn mount_that_cannot_be_relayed_is_no_station() {
    let mut world = with_tone();
    let lists = follow(&mut world, false);
    lists.send(&mut world, "/a\n");
    world.wait_for_dial();
    let encoder = encoder(&world);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.answer(&mut world, "HTTP/1.0 200 OK\nContent-Type: application/ogg");
    world.pass(seconds(5.0));
    world.server.apply_unlisted(Some(UnlistedSettings::default()), world.now);
    world.pass(seconds(30.0));
    assert_eq!(status(&mut world, "/a"), 404);
    let page = world.get("/api/v1/stations").send().json();
    let mounts: Vec<_> =
        page["stations"].as_array().expect("stations").iter().map(|it| &it["mount"]).collect();
    assert_eq!(mounts, [MOUNT]);
    world.wait_for_dial();
    upstream.reconnect(&mut world);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 5.0);
    assert_eq!(status(&mut world, "/a"), 200, "the master has another stream there");
    let ear = world.tune_in("/a", Link::Fast);
    upstream.play(&mut world, 5.0);
    assert_eq!(world.ear(ear).silent_frames, 0);
}

#[test]
fn mounts_stay_while_there_is_no_list() {
    let mut world = with_tone();
    let lists = follow(&mut world, false);
    lists.send(&mut world, "/a\n");
    let mut upstream = stream(&mut world);
    let ear = world.tune_in("/a", Link::Fast);
    upstream.play(&mut world, 10.0);
    // The burst may begin with the silence before the first audio.
    let silent = world.ear(ear).silent_frames;
    collect();
    for _ in 0..10 {
        lists.send_result(&mut world, Err("it responds with status 502".to_owned()));
        upstream.play(&mut world, 10.0);
    }
    world.assert_listens(ear);
    assert_eq!(world.ear(ear).silent_frames, silent);
    let failed = lines_with("cannot get the list of mounts of the master");
    assert!(failed.len() == 1 && failed[0].contains("status 502; its mounts stay as they are"), "{failed:?}");
    world.enable_admin();
    let master = world.get("/api/v1/admin/stations").by_admin().send().json()["master"].take();
    assert_eq!(master["last_error"], "it responds with status 502");
    assert!(world.get("/metrics").by_admin().send().body().contains("\ncoldwave_master_up 0\n"));
    lists.send(&mut world, "/a\n");
    assert_eq!(lines_with("following the master http://master.example:8000/ again: 1 mount").len(), 1);
}

#[test]
fn relays_of_a_master_on_demand_connect_for_listeners() {
    let mut world = with_tone();
    let lists = follow(&mut world, true);
    lists.send(&mut world, "/a\n");
    world.pass(seconds(60.0));
    assert!(world.dials.is_empty());
    assert_eq!(status(&mut world, "/a"), 200, "the mount is there without a connection");
    let _ear = world.tune_in("/a", Link::Fast);
    stream(&mut world);
}

#[test]
fn station_without_a_relay_gets_the_mount_beneath_its_sources() {
    let own = StationSettings { id: 2, mount: "/own".to_owned(), ..relayed() };
    let mut world = World::with(seed(12), vec![StationSettings::default(), own]);
    world.turn();
    world.dials.clear();
    let lists = follow(&mut world, false);
    lists.send(&mut world, &format!("{MOUNT}\n/own\n"));
    assert_eq!(world.dials.len(), 1, "the other station has a relay of its own");
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = stream(&mut world);
    assert!(world.is_relaying(0));
    lists.send(&mut world, "");
    assert!(is_closed(&world, upstream.peer));
    world.pass(seconds(30.0));
    world.assert_listens(ear);
    assert_eq!(status(&mut world, MOUNT), 200, "the station stays, with its music");
    lists.send(&mut world, &format!("{MOUNT}\n"));
    world.wait_for_dial();
    upstream.reconnect(&mut world);
}

#[test]
fn numbers_and_paths_of_mounts_are_limited() {
    let mut world = with_tone();
    world.server.apply_unlisted(Some(UnlistedSettings { max: 1, ..UnlistedSettings::default() }), world.now);
    let lists = follow(&mut world, true);
    collect();
    lists.send(&mut world, "/a\n/admin/stats\n/b\n/c\n/d\n/e\n");
    for (path, expected) in [("/a", 200), ("/b", 200), ("/c", 200), ("/d", 404), ("/e", 404)] {
        assert_eq!(status(&mut world, path), expected, "{path}");
    }
    assert_eq!(lines_with("3 mounts of the master http://master.example:8000/ are not relayed").len(), 1);
    lists.send(&mut world, "/a\n/admin/stats\n/b\n/c\n/d\n/e\n");
    assert_eq!(lines_with("are not relayed").len(), 1, "it is logged once");
}

#[test]
fn master_that_follows_this_server_is_not_followed() {
    let mut world = with_tone();
    let lists = follow(&mut world, false);
    lists.send(&mut world, "/a\n");
    let upstream = stream(&mut world);
    collect();
    let here = RelayPath::default().extended_by(ServerId::from_random(SERVER_SEED));
    let path = here.extended_by(ServerId::from_random(5));
    let mounts = parse_mount_list(b"/a\n/b\n", &url()).expect("a list");
    lists.send_result(&mut world, Ok(MountList { mounts, path }));
    assert!(is_closed(&world, upstream.peer) && world.dials.is_empty());
    assert_eq!(status(&mut world, "/b"), 404);
    assert_eq!(lines_with("follows this server, directly or through others").len(), 1);
}

#[test]
fn list_of_this_server_names_the_servers_that_it_follows() {
    let mut world = with_tone();
    let lists = follow(&mut world, false);
    let header = |world: &mut World| {
        let reply = world.get("/admin/streamlist.txt").send();
        reply.header("x-coldwave-path").expect("a path").to_owned()
    };
    let here = ServerId::from_random(SERVER_SEED).to_string();
    assert_eq!(header(&mut world), here);
    let path = RelayPath::default().extended_by(ServerId::from_random(5));
    lists.send_result(&mut world, Ok(MountList { mounts: Vec::new(), path }));
    world.pass(seconds(2.0));
    assert_eq!(header(&mut world), format!("{}, {here}", ServerId::from_random(5)));
}

#[test]
fn change_of_the_master_ends_the_relays_of_the_one_before() {
    let mut world = with_tone();
    let lists = follow(&mut world, false);
    lists.send(&mut world, "/a\n");
    let mut upstream = stream(&mut world);
    let changed = MasterSettings { interval: seconds(5.0), ..master(true) };
    world.server.set_master(Some(changed), None, world.now);
    upstream.play(&mut world, 2.0);
    assert!(!is_closed(&world, upstream.peer), "the same master");
    let with_login = StreamUrl::parse("http://relay:tide@master.example:8000/").expect("a URL");
    let changed = MasterSettings { url: with_login.clone(), ..master(true) };
    let lists = Lists::default();
    world.server.set_master(Some(changed), Some(Box::new(lists.clone())), world.now);
    let mounts = parse_mount_list(b"/a\n", &with_login).expect("a list");
    lists.send_result(&mut world, Ok(MountList { mounts, path: RelayPath::default() }));
    upstream.play(&mut world, 2.0);
    assert!(!is_closed(&world, upstream.peer), "another login");
    let _ear = world.tune_in("/a", Link::Fast);
    world.disconnect(upstream.peer);
    world.wait_for_dial();
    upstream.reconnect(&mut world);
    let login = "Authorization: Basic cmVsYXk6dGlkZQ==";
    assert!(upstream.request(&world).head().contains(login), "the next connection has it");
    world.server.set_master(None, None, world.now);
    world.turn();
    assert!(is_closed(&world, upstream.peer));
    world.pass(seconds(20.0));
    assert_eq!(status(&mut world, "/a"), 404);
}
