//! Floods of wrong passwords: how many are compared, and who can still log in.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::Secret;

use super::{MOUNT, seconds, with};
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World};

const MS: Duration = Duration::from_millis(1);

/// The address of a DJ's encoder, and another one that has never logged in.
const HOME: &str = "203.0.113.5:4000";
const ON_TOUR: &str = "198.51.100.77:4000";

/// A way to log in as a source.
const SOURCE: &str = "SOURCE";
const LINE: &str = "SHOUTcast v1";
const AUDIOCAST: &str = "xaudiocast";
const TITLE: &str = "title";
const ADMIN: &str = "admin";
const METRICS: &str = "metrics";
const WAYS: [&str; 6] = [SOURCE, LINE, AUDIOCAST, TITLE, ADMIN, METRICS];

/// The password of the station's own account.
const PASSWORD: &str = "tide-water";

fn world() -> World {
    super::world(with(|sources| sources.account.password = Some(Secret::new(PASSWORD))))
}

fn login(way: &str, is_right: bool) -> Vec<u8> {
    let password = if is_right { PASSWORD } else { "guess" };
    let admin_password = if is_right { "lighthouse" } else { "guess" };
    match way {
        SOURCE => source_request(MOUNT, "source", password),
        LINE => format!("{password}\r\nicy-name:x\r\n\r\n").into_bytes(),
        AUDIOCAST => format!("SOURCE {password} {MOUNT}\r\n\r\n").into(),
        TITLE => {
            format!("GET /admin/metadata?mount=/live&mode=updinfo&song=A&pass={password} HTTP/1.0\r\n\r\n")
                .into()
        }
        ADMIN => format!("GET /admin/stats?pass={admin_password} HTTP/1.0\r\n\r\n").into(),
        METRICS => format!("GET /metrics?pass={admin_password} HTTP/1.0\r\n\r\n").into(),
        other => panic!("{other}"),
    }
}

fn connect(world: &mut World, address: SocketAddr, bytes: &[u8]) -> Peer {
    let peer = world.connect_from(address, Link::Fast);
    world.send(peer, bytes);
    peer
}

fn log_in_from(world: &mut World, address: &str, way: &str, is_right: bool) -> Peer {
    connect(world, address.parse().expect("an address"), &login(way, is_right))
}

/// Whether the login was answered as accepted.
fn is_accepted(world: &World, peer: Peer) -> bool {
    let reply = world.reply(peer);
    reply.status() == 200 || reply.starts_with("OK")
}

/// Makes one guess every `interval` from each of these addresses. Returns the number of replies by their
/// first line; the empty line counts guesses that still wait.
fn flood(
    world: &mut World,
    addresses: impl Iterator<Item = SocketAddr>,
    interval: Duration,
    mut between: impl FnMut(&mut World, usize),
) -> HashMap<String, usize> {
    let guess = login(SOURCE, false);
    let (mut waiting, mut replies) = (Vec::new(), HashMap::new());
    for (number, address) in addresses.enumerate() {
        waiting.push(connect(world, address, &guess));
        world.pass(interval);
        between(world, number);
        if number % 100 == 99 {
            waiting.retain(|&peer| {
                let line = world.reply(peer).status_line().to_owned();
                if !line.is_empty() {
                    world.disconnect(peer);
                    *replies.entry(line.clone()).or_default() += 1;
                }
                line.is_empty()
            });
            world.forget_closed();
        }
    }
    for peer in waiting {
        *replies.entry(world.reply(peer).status_line().to_owned()).or_default() += 1;
    }
    replies
}

/// The number of logins that have failed, as the metrics count them once no login waits.
fn compared(world: &mut World) -> u64 {
    world.pass(seconds(3.0));
    let reply = world.get("/metrics").from("127.0.0.1:9").by_admin().send();
    let value = reply.lines().find_map(|line| line.strip_prefix("coldwave_logins_failed_total "));
    value.expect("the metric").parse().expect("a number")
}

fn v4(number: u32) -> SocketAddr {
    (Ipv4Addr::from(0x2D00_0000 + number), 4000).into()
}

/// The trial: 30,000 guesses from 30,000 addresses within a minute.
#[test]
fn few_guesses_of_a_distributed_flood_are_compared_and_a_right_password_is_admitted() {
    let mut world = world();
    world.enable_admin();
    let mut waits = Vec::new();
    let mut peer = None;
    let replies = flood(&mut world, (0..30_000).map(v4), 2 * MS, |world, number| {
        if number % 3000 == 1500 {
            let since = world.now;
            let address = format!("198.51.{}.7:4000", 100 + number / 3000);
            peer = Some((log_in_from(world, &address, SOURCE, true), since));
        }
        if let Some((login, since)) = peer
            && is_accepted(world, login)
        {
            waits.push(world.now.since(since));
            world.disconnect(login);
            peer = None;
        }
    });
    assert_eq!(waits.len(), 10, "every right password is admitted");
    assert!(waits.iter().all(|wait| *wait <= seconds(2.1)), "{waits:?}");
    let compared = compared(&mut world);
    assert!((2500..=4000).contains(&compared), "{compared} of 30,000 were compared: {replies:?}");
    assert!(replies["HTTP/1.0 429 Too Many Requests"] > 29_000, "{replies:?}");
    assert!(replies["HTTP/1.0 401 Unauthorized"] < 1000, "{replies:?}");
}

/// An attacker with addresses in all networks: nothing distinguishes a login from it, except that someone has
/// logged in from the provider before.
#[test]
fn dj_of_a_known_provider_is_admitted_in_a_flood_from_everywhere() {
    let mut world = world();
    let first = log_in_from(&mut world, HOME, SOURCE, true);
    world.disconnect(first);
    let everywhere = |number: u32| (Ipv4Addr::from(number.wrapping_mul(0x9E37_79B1)), 4000).into();
    let mut right = None;
    flood(&mut world, (0..3000).map(everywhere), 2 * MS, |world, number| match number {
        1000 => right = Some(log_in_from(world, "203.0.7.7:4000", SOURCE, true)),
        2100 => assert!(is_accepted(world, right.expect("it has logged in"))),
        _ => {}
    });
}

#[test]
fn network_of_ipv6_addresses_gets_fifty_guesses_a_minute() {
    let mut world = world();
    world.enable_admin();
    let addresses = (0..300).map(|subnet| (Ipv6Addr::new(0x2001, 0xdb8, 7, subnet, 0, 0, 0, 1), 4000).into());
    let replies = flood(&mut world, addresses, 150 * MS, |_, _| {});
    assert_eq!(compared(&mut world), 50);
    assert_eq!(replies["HTTP/1.0 429 Too Many Requests"], 250, "{replies:?}");
    let other = log_in_from(&mut world, "[2001:db8:8::1]:4000", SOURCE, true);
    assert!(is_accepted(&world, other), "another network is not affected");
}

#[test]
fn dj_with_a_known_session_is_admitted_at_once_at_an_attacked_address() {
    for way in WAYS {
        let mut world = world();
        world.enable_admin();
        let first = log_in_from(&mut world, HOME, way, true);
        assert!(is_accepted(&world, first), "{way}: {}", world.reply(first));
        world.disconnect(first);
        world.pass(seconds(3600.0));
        for _ in 0..30 {
            let guess = log_in_from(&mut world, HOME, way, false);
            assert!(!is_accepted(&world, guess), "{way}");
            world.pass(10 * MS);
        }
        let again = log_in_from(&mut world, HOME, way, true);
        assert!(is_accepted(&world, again), "{way}: {}", world.reply(again));
        world.disconnect(again);
        // An address without a known session is locked out by as many.
        for _ in 0..30 {
            log_in_from(&mut world, ON_TOUR, way, false);
            world.pass(seconds(0.5));
        }
        let locked_out = log_in_from(&mut world, ON_TOUR, way, true);
        world.pass(seconds(3.0));
        assert!(!is_accepted(&world, locked_out), "{way}");
        let reply = world.reply(locked_out);
        let expected = if [LINE, AUDIOCAST].contains(&way) { "invalid password" } else { "HTTP/1.0 429 " };
        assert!(reply.starts_with(expected), "{way}: {reply}");
    }
}

#[test]
fn other_account_at_the_attacked_address_is_not_locked_out() {
    let mut world = world();
    for _ in 0..20 {
        connect(&mut world, HOME.parse().expect("an address"), &source_request(MOUNT, "otto", "guess"));
        world.pass(seconds(0.5));
    }
    let peer =
        connect(&mut world, HOME.parse().expect("an address"), &source_request(MOUNT, "nadia", "nadia-pw"));
    assert!(is_accepted(&world, peer), "{}", world.reply(peer));
    let otto =
        connect(&mut world, HOME.parse().expect("an address"), &source_request(MOUNT, "otto", "otto-pw"));
    assert_eq!(world.reply(otto).status(), 429);
}

/// During a flood, every kind of login waits; then a right password is accepted, and a wrong one gets 429 or
/// what its protocol has instead.
#[test]
fn every_kind_of_login_waits_during_a_flood() {
    for way in WAYS {
        let mut world = world();
        world.enable_admin();
        flood(&mut world, (0..40).map(|number| v4(number * 256)), MS, |_, _| {});
        let right = log_in_from(&mut world, ON_TOUR, way, true);
        let wrong = log_in_from(&mut world, "192.0.2.200:4000", way, false);
        for peer in [right, wrong] {
            assert_eq!(world.reply(peer), "", "{way}: it waits");
            assert!(world.server.is_read_paused(peer), "{way}");
        }
        world.pass(seconds(2.1));
        assert!(is_accepted(&world, right), "{way}: {}", world.reply(right));
        assert!(!world.server.is_read_paused(right), "{way}");
        let reply = world.reply(wrong);
        let expected = if [LINE, AUDIOCAST].contains(&way) { "invalid password" } else { "HTTP/1.0 429 " };
        assert!(reply.starts_with(expected), "{way}: {reply}");
    }
}

/// Audio that a source sends while its login waits is not lost.
#[test]
fn source_that_waited_goes_live_with_the_audio_it_sent() {
    let mut world = world();
    flood(&mut world, (0..40).map(|number| v4(number * 256)), MS, |_, _| {});
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let head = login(SOURCE, true);
    let peer =
        connect(&mut world, ON_TOUR.parse().expect("an address"), &[head, encoder.frames(20)].concat());
    world.feed(peer, &encoder.frames(80));
    assert_eq!(world.reply(peer), "");
    world.pass(seconds(2.0));
    assert!(world.is_live(0), "{}", world.reply(peer));
    world.feed(peer, &encoder.frames(20));
    world.pass(seconds(1.0));
    assert!(world.is_live(0));
}

#[test]
fn login_that_disconnects_while_it_waits_leaves_the_queue() {
    let mut world = world();
    flood(&mut world, (0..40).map(|number| v4(number * 256)), MS, |_, _| {});
    let before = world.server.connections();
    for number in 0..1000u32 {
        let peer = log_in_from(&mut world, &format!("192.0.{}.1:4000", number % 256), SOURCE, false);
        world.disconnect(peer);
    }
    assert!(world.server.connections() <= before);
    let peer = log_in_from(&mut world, ON_TOUR, SOURCE, true);
    world.pass(seconds(1.0));
    assert!(is_accepted(&world, peer), "the queue before it was short: {}", world.reply(peer));
}

#[test]
fn failed_logins_from_the_machine_itself_count_for_the_rate_alone() {
    let mut world = world();
    world.enable_admin();
    for _ in 0..100 {
        let guess = log_in_from(&mut world, "127.0.0.1:9", ADMIN, false);
        assert_eq!(world.reply(guess).status(), 401);
        world.pass(200 * MS);
    }
    let replies = flood(&mut world, (0..1000).map(|_| "127.0.0.1:9".parse().unwrap()), MS, |_, _| {});
    assert!(replies["HTTP/1.0 429 Too Many Requests"] > 850, "{replies:?}");
    let dj = log_in_from(&mut world, ON_TOUR, SOURCE, true);
    world.pass(seconds(2.1));
    assert!(is_accepted(&world, dj), "a login from elsewhere is admitted: {}", world.reply(dj));
}
