//! Who counts as a listener: one test for every row of protocol-notes/counts.md.

use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::Encoder;
use crate::world::master::Master;
use crate::world::{Link, World, seed};
use coldwave::pages::StationSnapshot;
use coldwave::server::{PARALLEL_MAX, PARALLEL_WITHIN, PROBE_COUNTED_AFTER, Peer};
use coldwave::settings::{Account, RelaySettings, Secret, StationSettings};
use coldwave::stream_url::StreamUrl;

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(300);

const HOME: &str = "203.0.113.9";
const VLC: &str = "VLC/3.0.24 LibVLC/3.0.24";
const APPLE: &str = "AppleCoreMedia/1.0.0.21A329 (iPhone; U; CPU OS 17_0 like Mac OS X; en_us)";

/// What is shown of how many there are.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    listeners: usize,
    unique: usize,
    people: usize,
    peak: usize,
    hits: u64,
}

const NOBODY: Counts = Counts { listeners: 0, unique: 0, people: 0, peak: 0, hits: 0 };
const ONE: Counts = Counts { listeners: 1, unique: 1, people: 1, peak: 1, hits: 1 };
const ONE_WAS: Counts = Counts { peak: 1, hits: 1, ..NOBODY };

fn station(world: &mut World) -> Rc<StationSnapshot> {
    let now = world.now;
    world.server.snapshot(now).stations[0].clone()
}

fn bytes_sent(world: &mut World) -> u64 {
    let now = world.now;
    world.server.admin_snapshot(now).stations[0].metrics.bytes_sent
}

fn counts_of(it: &StationSnapshot) -> Counts {
    let StationSnapshot { listeners, unique, unique_clients: people, peak, hits, .. } = *it;
    Counts { listeners, unique, people, peak, hits }
}

#[track_caller]
fn check(world: &mut World, expected: Counts) {
    assert_eq!(counts_of(&station(world)), expected);
}

/// A world that has been on the air for a while.
fn on_air(number: u64) -> World {
    let mut world = World::new(seed(number));
    world.pass(10 * SECOND);
    world
}

/// Somebody connects from `address` and sends this, with `more` headers.
fn asks(world: &mut World, address: &str, request: &str, agent: &str, more: &str) -> Peer {
    let port = 1000 + world.net.peers.len();
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let peer = world.connect_from(format!("{address}:{port}").parse().expect("an address"), Link::Fast);
    let head = format!("{request} HTTP/1.1\r\nHost: h\r\nUser-Agent: {agent}\r\n{more}\r\n");
    world.send(peer, head.as_bytes());
    peer
}

/// Somebody hangs up. What is shown may be a moment old.
fn leaves(world: &mut World, peer: Peer) {
    world.hang_up(peer);
    world.pass(Duration::from_millis(1));
}

fn tunes_in(world: &mut World, address: &str, agent: &str) -> Peer {
    asks(world, address, "GET /live", agent, "")
}

#[test]
fn a_listener_counts_after_a_second_and_until_he_goes() {
    let mut world = on_air(1);
    let vlc = tunes_in(&mut world, HOME, VLC);
    world.pass(SECOND - Duration::from_millis(1));
    check(&mut world, NOBODY);
    world.pass(Duration::from_millis(1));
    check(&mut world, ONE);
    world.pass(7 * SECOND);
    assert_eq!(station(&mut world).average_connected_s, 8);
    leaves(&mut world, vlc);
    check(&mut world, ONE_WAS);
}

#[test]
fn who_is_gone_within_a_second_never_counted() {
    let mut world = on_air(2);
    for _ in 0..20 {
        let probe = tunes_in(&mut world, HOME, "StreamCheckBot/1.0");
        world.pass(MOMENT);
        leaves(&mut world, probe);
    }
    world.pass(2 * SECOND);
    check(&mut world, NOBODY);
}

/// Whoever watches for longer than that listens as much as anybody.
#[test]
fn a_monitor_that_stays_counts_while_it_does() {
    let mut world = on_air(3);
    let monitor = tunes_in(&mut world, HOME, "Uptime-Kuma/1.23");
    world.pass(2 * SECOND);
    check(&mut world, ONE);
    leaves(&mut world, monitor);
    check(&mut world, ONE_WAS);
}

#[test]
fn neither_heads_nor_pages_nor_refusals_are_listeners() {
    let mut world = on_air(4);
    for request in
        ["HEAD /live", "OPTIONS /live", "POST /live", "GET /nothing", "GET /7.html", "GET /live.m3u"]
    {
        asks(&mut world, HOME, request, VLC, "");
    }
    asks(&mut world, HOME, "GET /", "Mozilla/5.0", "Accept: text/html\r\n");
    world.connect(Link::Fast);
    world.pass(3 * SECOND);
    check(&mut world, NOBODY);
}

#[test]
fn vlc_counts_once() {
    let mut world = on_air(5);
    let first = asks(&mut world, HOME, "GET /live", VLC, "Range: bytes=0-\r\n");
    world.pass(MOMENT / 3);
    leaves(&mut world, first);
    asks(&mut world, HOME, "GET /live", VLC, "Icy-MetaData: 1\r\n");
    world.pass(5 * SECOND);
    check(&mut world, ONE);
}

/// Apple's player looks, and then opens the stream twice. The second connection stays, or the first, or both.
#[test]
fn an_iphone_counts_once_whichever_connection_stays() {
    for stays in 0..3 {
        let mut world = on_air(6);
        let look = asks(&mut world, HOME, "GET /live", APPLE, "Range: bytes=0-1\r\n");
        world.pass(2 * SECOND);
        check(&mut world, NOBODY);
        leaves(&mut world, look);
        let peers = [0, 1].map(|_| {
            let peer = asks(&mut world, HOME, "GET /live", APPLE, "Icy-MetaData: 1\r\n");
            world.pass(2 * SECOND);
            peer
        });
        check(&mut world, ONE);
        peers.get(stays).into_iter().for_each(|&peer| leaves(&mut world, peer));
        check(&mut world, ONE);
        world.pass(60 * SECOND);
        check(&mut world, ONE);
        peers.into_iter().for_each(|peer| leaves(&mut world, peer));
        check(&mut world, ONE_WAS);
    }
}

#[test]
fn who_asked_for_two_bytes_and_stays_counts_later() {
    let mut world = on_air(7);
    asks(&mut world, HOME, "GET /live", "Player/1.0", "Range: bytes=0-1\r\n");
    world.pass(PROBE_COUNTED_AFTER - MOMENT);
    check(&mut world, NOBODY);
    world.pass(MOMENT);
    check(&mut world, ONE);
}

#[test]
fn two_iphones_behind_one_address_are_two_unless_they_begin_together() {
    let mut world = on_air(8);
    tunes_in(&mut world, HOME, APPLE);
    world.pass(PARALLEL_WITHIN + SECOND);
    tunes_in(&mut world, HOME, APPLE);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 2, unique: 1, people: 1, peak: 2, hits: 2 });
    // Other models, and other addresses, are others in any case.
    tunes_in(&mut world, HOME, &APPLE.replace("iPhone", "iPad"));
    tunes_in(&mut world, "198.51.100.7", APPLE);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 4, unique: 2, people: 3, peak: 4, hits: 4 });
}

#[test]
fn an_address_behind_which_there_are_many_has_many_listeners() {
    let mut world = on_air(9);
    for agent in [VLC, VLC, "Winamp/5.66", "Mozilla/5.0 Chrome/120"] {
        tunes_in(&mut world, HOME, agent);
    }
    tunes_in(&mut world, "2001:db8::1", VLC);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 5, unique: 2, people: 4, peak: 5, hits: 5 });
}

#[test]
fn iphones_that_begin_together_are_not_one_however_many_they_are() {
    let mut world = on_air(18);
    let peers: Vec<Peer> = (0..10 * (1 + PARALLEL_MAX)).map(|_| tunes_in(&mut world, HOME, APPLE)).collect();
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 10, unique: 1, people: 1, peak: 10, hits: 10 });
    // Who goes leaves his place to a double of his, and none is left where all are gone.
    for (gone, &peer) in peers.iter().enumerate() {
        leaves(&mut world, peer);
        let left = peers.len() - 1 - gone;
        let expected = left.div_ceil(1 + PARALLEL_MAX);
        assert_eq!(counts_of(&station(&mut world)).listeners, expected, "{left} connections are left");
    }
    check(&mut world, Counts { peak: 10, hits: 10, ..NOBODY });
}

#[test]
fn who_comes_again_is_a_new_hit_and_no_new_listener() {
    let mut world = on_air(10);
    for _ in 0..3 {
        let peer = tunes_in(&mut world, HOME, VLC);
        world.pass(20 * SECOND);
        world.hang_up(peer);
    }
    tunes_in(&mut world, HOME, VLC);
    world.pass(2 * SECOND);
    check(&mut world, Counts { hits: 4, ..ONE });
    assert_eq!(station(&mut world).average_connected_s, 2);
}

/// His old connection is dead, which nobody has said: he is two until it is noticed that it takes nothing.
#[test]
fn who_comes_again_while_his_old_connection_hangs_is_two_for_that_long() {
    let mut world = on_air(11);
    let address = format!("{HOME}:1").parse().expect("an address");
    let dead = world.connect_from(address, Link::Stuck { buffer: 300_000 });
    world.send(dead, format!("GET /live HTTP/1.0\r\nUser-Agent: {VLC}\r\n\r\n").as_bytes());
    world.pass(5 * SECOND);
    tunes_in(&mut world, HOME, VLC);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 2, unique: 1, people: 1, peak: 2, hits: 2 });
    world.pass(100 * SECOND);
    check(&mut world, Counts { peak: 2, hits: 2, ..ONE });
}

#[test]
fn who_is_moved_forward_stays_one_listener() {
    let mut world = on_air(12);
    let address = format!("{HOME}:1").parse().expect("an address");
    let slow = world.connect_from(address, Link::Slow { per_second: 12_000, buffer: 20_000 });
    world.send(slow, format!("GET /live HTTP/1.0\r\nUser-Agent: {VLC}\r\n\r\n").as_bytes());
    world.pass(200 * SECOND);
    let it = station(&mut world);
    assert_eq!(counts_of(&it), ONE);
    assert_eq!(it.average_connected_s, 200);
    let received = world.pretend(slow).received.len() as u64;
    assert!(received < 180 * 16_000, "he was moved forward, or he would have all of it");
    assert_eq!(bytes_sent(&mut world), received);
}

fn two_stations(number: u64) -> World {
    let stations = [(1, "/live"), (2, "/jazz")].map(|(id, mount)| StationSettings {
        id,
        mount: mount.into(),
        ..Default::default()
    });
    let mut world = World::with(seed(number), stations.to_vec());
    let password = Some(Secret::new("lighthouse"));
    world.configure(|config| config.admin = Account { user: "admin".into(), password });
    world.pass(10 * SECOND);
    world
}

/// All listeners of /live are moved to /jazz.
fn move_all(world: &mut World) {
    // admin:lighthouse
    let more = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==\r\n";
    asks(world, "192.0.2.1", "GET /admin/moveclients?mount=/live&destination=/jazz", "curl/8", more);
}

#[test]
fn who_is_moved_is_counted_where_he_is() {
    let mut world = two_stations(13);
    tunes_in(&mut world, HOME, VLC);
    for agent in [APPLE, APPLE] {
        tunes_in(&mut world, HOME, agent);
    }
    world.pass(2 * SECOND);
    tunes_in(&mut world, "192.0.2.9", "Settling/1.0");
    let sent = bytes_sent(&mut world);
    move_all(&mut world);
    world.pass(MOMENT);
    let now = world.now;
    let snapshot = world.server.snapshot(now);
    let two = Counts { listeners: 2, unique: 1, people: 2, peak: 2, hits: 2 };
    assert_eq!(counts_of(&snapshot.stations[0]), Counts { peak: 2, hits: 2, ..NOBODY });
    assert_eq!(counts_of(&snapshot.stations[1]), two);
    assert!(bytes_sent(&mut world) >= sent, "what was sent stays sent");
    world.pass(SECOND);
    let now = world.now;
    let snapshot = world.server.snapshot(now);
    assert_eq!(snapshot.stations[0].hits, 2);
    assert_eq!((snapshot.stations[1].listeners, snapshot.stations[1].hits), (3, 3));
}

/// The highest number counts, although nobody looked and the loop had nothing to do while it held.
#[test]
fn the_peak_is_exact_when_nobody_looks() {
    let settings = StationSettings {
        delivery_interval: 10 * SECOND,
        burst: 40 * SECOND,
        buffer: 60 * SECOND,
        ..Default::default()
    };
    let mut world = World::with(seed(14), vec![settings]);
    world.pass(100 * SECOND);
    let peers: Vec<_> = (0..50).map(|_| tunes_in(&mut world, HOME, VLC)).collect();
    // The next that the loop hears of is how they go, one after the other.
    world.now = world.now + SECOND;
    peers.into_iter().for_each(|peer| world.server.connection_lost(peer, world.now));
    world.turn();
    check(&mut world, Counts { peak: 50, hits: 50, ..NOBODY });
}

#[test]
fn listening_to_silence_is_listening() {
    let stations = vec![(StationSettings::default(), Vec::new())];
    let mut world = World::with_inputs(seed(15), stations, vec![Default::default()]);
    world.pass(10 * SECOND);
    tunes_in(&mut world, HOME, VLC);
    world.pass(2 * SECOND);
    assert_eq!(station(&mut world).on_air_since(), None, "there is silence");
    check(&mut world, ONE);
}

/// A relay on demand that does not answer yet has nothing for whoever asked for it: he waits.
#[test]
fn who_waits_for_a_relay_counts_when_it_is_there() {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    let relay = Some(RelaySettings { url, on_demand: true });
    let stations = vec![(StationSettings { relay, ..Default::default() }, Vec::new())];
    let mut world = World::with_inputs(seed(16), stations, vec![Default::default()]);
    world.turn();
    tunes_in(&mut world, HOME, VLC);
    world.pass(3 * SECOND);
    check(&mut world, NOBODY);
    let encoder = Encoder::new(&world.logs[0], 1, coldwave::audio::Header::DEFAULT);
    let mut master = Master::accept(&mut world, encoder);
    master.answer_icy(&mut world);
    master.play(&mut world, 8.0);
    check(&mut world, ONE);
}
