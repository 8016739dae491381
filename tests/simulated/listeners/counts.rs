//! Which connections count as listeners: one test for every row of protocol-notes/counts.md.

use std::sync::Arc;
use std::time::Duration;

use crate::world::encoder::Encoder;
use crate::world::request::Request;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World, seed};
use coldwave::pages::StationSnapshot;
use coldwave::server::{PARALLEL_MAX, PARALLEL_WITHIN, PROBE_COUNTED_AFTER, Peer};
use coldwave::settings::{RelaySettings, StationSettings};
use coldwave::stream_url::StreamUrl;

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(300);

const HOME: &str = "203.0.113.9";
const VLC: &str = "VLC/3.0.24 LibVLC/3.0.24";
const APPLE: &str = "AppleCoreMedia/1.0.0.21A329 (iPhone; U; CPU OS 17_0 like Mac OS X; en_us)";

/// The numbers of listeners that the pages show.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    listeners: usize,
    unique: usize,
    unique_clients: usize,
    peak: usize,
    hits: u64,
}

const NONE: Counts = Counts { listeners: 0, unique: 0, unique_clients: 0, peak: 0, hits: 0 };
const ONE: Counts = Counts { listeners: 1, unique: 1, unique_clients: 1, peak: 1, hits: 1 };
/// The numbers after the only listener has left.
const NONE_AFTER_ONE: Counts = Counts { peak: 1, hits: 1, ..NONE };

fn station(world: &mut World) -> Arc<StationSnapshot> {
    let now = world.now;
    world.server.snapshot(now).stations[0].clone()
}

fn bytes_sent(world: &mut World) -> u64 {
    let now = world.now;
    world.server.admin_snapshot(now).stations[0].metrics.bytes_sent
}

fn counts_of(it: &StationSnapshot) -> Counts {
    let StationSnapshot { listeners, unique, unique_clients, peak, hits, .. } = *it;
    Counts { listeners, unique, unique_clients, peak, hits }
}

#[track_caller]
fn check(world: &mut World, expected: Counts) {
    assert_eq!(counts_of(&station(world)), expected);
}

/// Creates a world that has played for ten seconds.
fn on_air(number: u64) -> World {
    let mut world = World::new(seed(number));
    world.pass(10 * SECOND);
    world
}

/// Starts a request from `address`. Each request has another port.
fn request<'w>(world: &'w mut World, address: &str, method: &str, target: &str, agent: &str) -> Request<'w> {
    let port = 1000 + world.net.peers.len();
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let request = world.request(method, target).http11().from(&format!("{address}:{port}"));
    request.header("Host", "h").agent(agent)
}

/// Starts a request of a listener at [`HOME`].
fn stream<'w>(world: &'w mut World, agent: &str) -> Request<'w> {
    request(world, HOME, "GET", "/live", agent)
}

/// Disconnects a listener, and waits until the cached snapshot is outdated.
fn leave(world: &mut World, peer: Peer) {
    world.disconnect(peer);
    world.pass(Duration::from_millis(1));
}

fn tune_in(world: &mut World, address: &str, agent: &str) -> Peer {
    request(world, address, "GET", "/live", agent).open()
}

#[test]
fn listener_counts_from_its_first_second_until_it_leaves() {
    let mut world = on_air(1);
    let vlc = tune_in(&mut world, HOME, VLC);
    world.pass(SECOND - Duration::from_millis(1));
    check(&mut world, NONE);
    world.pass(Duration::from_millis(1));
    check(&mut world, ONE);
    world.pass(7 * SECOND);
    assert_eq!(station(&mut world).average_connected_s, 8);
    leave(&mut world, vlc);
    check(&mut world, NONE_AFTER_ONE);
}

#[test]
fn connection_of_less_than_a_second_is_never_counted() {
    let mut world = on_air(2);
    for _ in 0..20 {
        let probe = tune_in(&mut world, HOME, "StreamCheckBot/1.0");
        world.pass(MOMENT);
        leave(&mut world, probe);
    }
    world.pass(2 * SECOND);
    check(&mut world, NONE);
}

/// A monitor that stays for longer than a second is a listener like any other.
#[test]
fn monitor_that_stays_counts_while_it_is_connected() {
    let mut world = on_air(3);
    let monitor = tune_in(&mut world, HOME, "Uptime-Kuma/1.23");
    world.pass(2 * SECOND);
    check(&mut world, ONE);
    leave(&mut world, monitor);
    check(&mut world, NONE_AFTER_ONE);
}

#[test]
fn head_requests_pages_and_refusals_are_not_counted() {
    let mut world = on_air(4);
    for (method, target) in [
        ("HEAD", "/live"),
        ("OPTIONS", "/live"),
        ("POST", "/live"),
        ("GET", "/nothing"),
        ("GET", "/7.html"),
        ("GET", "/live.m3u"),
    ] {
        request(&mut world, HOME, method, target, VLC).open();
    }
    request(&mut world, HOME, "GET", "/", "Mozilla/5.0").header("Accept", "text/html").open();
    world.connect(Link::Fast);
    world.pass(3 * SECOND);
    check(&mut world, NONE);
}

#[test]
fn vlc_with_two_connections_counts_once() {
    let mut world = on_air(5);
    let first = stream(&mut world, VLC).header("Range", "bytes=0-").open();
    world.pass(MOMENT / 3);
    leave(&mut world, first);
    stream(&mut world, VLC).header("Icy-MetaData", "1").open();
    world.pass(5 * SECOND);
    check(&mut world, ONE);
}

/// Apple's player probes the stream, and then opens it twice. It keeps the second connection, the first, or
/// both.
#[test]
fn iphone_counts_once_whichever_connection_it_keeps() {
    for stays in 0..3 {
        let mut world = on_air(6);
        let probe = stream(&mut world, APPLE).header("Range", "bytes=0-1").open();
        world.pass(2 * SECOND);
        check(&mut world, NONE);
        leave(&mut world, probe);
        let peers = [0, 1].map(|_| {
            let peer = stream(&mut world, APPLE).header("Icy-MetaData", "1").open();
            world.pass(2 * SECOND);
            peer
        });
        check(&mut world, ONE);
        peers.get(stays).into_iter().for_each(|&peer| leave(&mut world, peer));
        check(&mut world, ONE);
        world.pass(60 * SECOND);
        check(&mut world, ONE);
        peers.into_iter().for_each(|peer| leave(&mut world, peer));
        check(&mut world, NONE_AFTER_ONE);
    }
}

#[test]
fn range_probe_that_stays_counts_after_ten_seconds() {
    let mut world = on_air(7);
    stream(&mut world, "Player/1.0").header("Range", "bytes=0-1").open();
    world.pass(PROBE_COUNTED_AFTER - MOMENT);
    check(&mut world, NONE);
    world.pass(MOMENT);
    check(&mut world, ONE);
}

#[test]
fn two_iphones_behind_one_address_count_twice_unless_they_connect_together() {
    let mut world = on_air(8);
    tune_in(&mut world, HOME, APPLE);
    world.pass(PARALLEL_WITHIN + SECOND);
    tune_in(&mut world, HOME, APPLE);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 2, unique: 1, unique_clients: 1, peak: 2, hits: 2 });
    // Other models and other addresses always count separately.
    tune_in(&mut world, HOME, &APPLE.replace("iPhone", "iPad"));
    tune_in(&mut world, "198.51.100.7", APPLE);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 4, unique: 2, unique_clients: 3, peak: 4, hits: 4 });
}

#[test]
fn players_behind_one_address_all_count() {
    let mut world = on_air(9);
    for agent in [VLC, VLC, "Winamp/5.66", "Mozilla/5.0 Chrome/120"] {
        tune_in(&mut world, HOME, agent);
    }
    tune_in(&mut world, "2001:db8::1", VLC);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 5, unique: 2, unique_clients: 4, peak: 5, hits: 5 });
}

#[test]
fn forty_iphone_connections_at_once_count_as_ten_listeners() {
    let mut world = on_air(18);
    let peers: Vec<Peer> = (0..10 * (1 + PARALLEL_MAX)).map(|_| tune_in(&mut world, HOME, APPLE)).collect();
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 10, unique: 1, unique_clients: 1, peak: 10, hits: 10 });
    // A duplicate takes the place of a counted connection that ends, until none is left.
    for (gone, &peer) in peers.iter().enumerate() {
        leave(&mut world, peer);
        let left = peers.len() - 1 - gone;
        let expected = left.div_ceil(1 + PARALLEL_MAX);
        assert_eq!(counts_of(&station(&mut world)).listeners, expected, "{left} connections are left");
    }
    check(&mut world, Counts { peak: 10, hits: 10, ..NONE });
}

#[test]
fn player_that_reconnects_is_a_new_hit_but_no_new_listener() {
    let mut world = on_air(10);
    for _ in 0..3 {
        let peer = tune_in(&mut world, HOME, VLC);
        world.pass(20 * SECOND);
        world.disconnect(peer);
    }
    tune_in(&mut world, HOME, VLC);
    world.pass(2 * SECOND);
    check(&mut world, Counts { hits: 4, ..ONE });
    assert_eq!(station(&mut world).average_connected_s, 2);
}

/// The old connection is lost without a reset, so it counts until the server detects that the peer does not
/// read.
#[test]
fn player_that_reconnects_counts_twice_until_its_dead_connection_is_closed() {
    let mut world = on_air(11);
    stream(&mut world, VLC).link(Link::Stuck { buffer: 300_000 }).open();
    world.pass(5 * SECOND);
    tune_in(&mut world, HOME, VLC);
    world.pass(2 * SECOND);
    check(&mut world, Counts { listeners: 2, unique: 1, unique_clients: 1, peak: 2, hits: 2 });
    world.pass(100 * SECOND);
    check(&mut world, Counts { peak: 2, hits: 2, ..ONE });
}

#[test]
fn listener_that_skips_forward_counts_once() {
    let mut world = on_air(12);
    let slow = stream(&mut world, VLC).link(Link::Slow { per_second: 12_000, buffer: 20_000 }).open();
    world.pass(200 * SECOND);
    let it = station(&mut world);
    assert_eq!(counts_of(&it), ONE);
    assert_eq!(it.average_connected_s, 200);
    let received = world.socket(slow).received.len() as u64;
    assert!(received < 180 * 16_000, "it skipped forward, or it would have received everything");
    assert_eq!(bytes_sent(&mut world), received);
}

fn two_stations(number: u64) -> World {
    let stations = [(1, "/live"), (2, "/jazz")].map(|(id, mount)| StationSettings {
        id,
        mount: mount.into(),
        ..Default::default()
    });
    let mut world = World::with(seed(number), stations.to_vec());
    world.enable_admin();
    world.pass(10 * SECOND);
    world
}

/// Moves all listeners of /live to /jazz.
fn move_all(world: &mut World) {
    let target = "/admin/moveclients?mount=/live&destination=/jazz";
    request(world, "192.0.2.1", "GET", target, "curl/8").by_admin().open();
}

#[test]
fn moved_listener_counts_at_its_new_station() {
    let mut world = two_stations(13);
    tune_in(&mut world, HOME, VLC);
    for agent in [APPLE, APPLE] {
        tune_in(&mut world, HOME, agent);
    }
    world.pass(2 * SECOND);
    tune_in(&mut world, "192.0.2.9", "NewListener/1.0");
    let sent = bytes_sent(&mut world);
    move_all(&mut world);
    world.pass(MOMENT);
    let now = world.now;
    let snapshot = world.server.snapshot(now);
    let two = Counts { listeners: 2, unique: 1, unique_clients: 2, peak: 2, hits: 2 };
    assert_eq!(counts_of(&snapshot.stations[0]), Counts { peak: 2, hits: 2, ..NONE });
    assert_eq!(counts_of(&snapshot.stations[1]), two);
    assert!(bytes_sent(&mut world) >= sent, "bytes already sent still count");
    world.pass(SECOND);
    let now = world.now;
    let snapshot = world.server.snapshot(now);
    assert_eq!(snapshot.stations[0].hits, 2);
    assert_eq!((snapshot.stations[1].listeners, snapshot.stations[1].hits), (3, 3));
}

/// The peak includes a moment at which the loop had nothing to do and no page was requested.
#[test]
fn peak_is_exact_without_requests_in_between() {
    let settings = StationSettings {
        delivery_interval: 10 * SECOND,
        burst: 40 * SECOND,
        buffer: 60 * SECOND,
        ..Default::default()
    };
    let mut world = World::with(seed(14), vec![settings]);
    world.pass(100 * SECOND);
    let peers: Vec<_> = (0..50).map(|_| tune_in(&mut world, HOME, VLC)).collect();
    // Before the next turn of the loop, all of them disconnect, one after the other.
    world.now = world.now + SECOND;
    peers.into_iter().for_each(|peer| world.server.connection_lost(peer, world.now));
    world.turn();
    check(&mut world, Counts { peak: 50, hits: 50, ..NONE });
}

#[test]
fn listener_to_silence_counts() {
    let mut world = World::without_inputs(seed(15), StationSettings::default());
    world.pass(10 * SECOND);
    tune_in(&mut world, HOME, VLC);
    world.pass(2 * SECOND);
    assert_eq!(station(&mut world).on_air_since(), None, "the station plays silence");
    check(&mut world, ONE);
}

/// While a relay on demand has no answer yet, its first listener waits without a reply.
#[test]
fn listener_that_waits_for_a_relay_counts_when_the_stream_starts() {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    let relay = Some(RelaySettings::new(url, true));
    let mut world = World::without_inputs(seed(16), StationSettings { relay, ..Default::default() });
    world.turn();
    tune_in(&mut world, HOME, VLC);
    world.pass(3 * SECOND);
    check(&mut world, NONE);
    let encoder = Encoder::new(&world.logs[0], 1, coldwave::audio::Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 8.0);
    check(&mut world, ONE);
}

/// Its own listeners count there, and with this one they would count twice in a sum.
#[test]
fn relay_of_coldwave_is_no_listener() {
    let mut world = on_air(17);
    let path = "0123456789abcdef";
    let peer = stream(&mut world, "coldwave/0.2.0").header("X-Coldwave-Path", path).open();
    world.pass(30 * SECOND);
    check(&mut world, NONE);
    assert!(bytes_sent(&mut world) > 0, "it was sent the stream");
    leave(&mut world, peer);
    check(&mut world, NONE);
}
