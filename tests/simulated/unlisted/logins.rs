//! Which logins create a station, in every protocol and spelling, and which do not.

use coldwave::settings::{StationSettings, Takeover, UnlistedSettings};

use super::{Live, PASSWORD, SECOND, configured, find, is_closed, log_in, status, unlisted, world};
use crate::log;
use crate::world::encoder::source_request;
use crate::world::{Link, World};

/// Returns audio for a second.
fn audio() -> Vec<u8> {
    coldwave::audio::silent_frame(&coldwave::audio::Header::DEFAULT).repeat(40)
}

/// Sends a head and a second of audio.
fn send(world: &mut World, head: &str) -> coldwave::server::Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, &[head.as_bytes(), &audio()].concat());
    world.pass(SECOND / 2);
    peer
}

#[test]
fn every_protocol_creates_a_station() {
    let auth = "Authorization: Basic c291cmNlOmEgbG9uZyBzd2lt\r\n";
    for head in [
        format!("SOURCE /tour HTTP/1.0\r\n{auth}\r\n"),
        format!("SOURCE /tour ICE/1.0\r\n{auth}Content-Type: audio/mpeg\r\n\r\n"),
        format!("PUT /tour HTTP/1.1\r\n{auth}Content-Type: audio/mpeg\r\n\r\n"),
        format!("/tour:{PASSWORD}\r\nicy-name:x\r\n\r\n"),
        format!("/tour:source:{PASSWORD}\r\nicy-name:x\r\n\r\n"),
    ] {
        let mut world = world(vec![configured(1, "/live", "deep water")]);
        let peer = send(&mut world, &head);
        let key = find(&world, "/tour").unwrap_or_else(|| panic!("{head}: {}", world.reply(peer)));
        assert!(world.server.is_live(key), "{head}");
    }
    let mut world = world(vec![]);
    let settings = UnlistedSettings { account: super::account("swim"), ..unlisted() };
    world.server.apply_unlisted(Some(settings), world.now);
    send(&mut world, "SOURCE swim /tour\r\nx-audiocast-name: x\r\n\r\n");
    assert!(find(&world, "/tour").is_some(), "xaudiocast");
}

#[test]
fn every_spelling_of_a_mount_creates_the_same_station() {
    for spelling in ["/tour", "tour", "/tour/", "/tour?a=b", "/%74our", "%2Ftour", "http://h:8000/tour"] {
        let mut world = world(vec![]);
        let mut live = Live::log_in(&mut world, spelling);
        live.play(&mut world, 0.5);
        assert!(find(&world, "/tour").is_some(), "{spelling}: {}", world.reply(live.peer));
        assert_eq!(world.server.station_keys().len(), 1);
        // Another spelling is a second source at the same station.
        let second = log_in(&mut world, "/tour/", PASSWORD);
        live.play(&mut world, 3.0);
        assert!(world.reply(second).contains("403"), "{}", world.reply(second));
    }
    let mut world = world(vec![]);
    let (_lower, _upper) = (Live::start(&mut world, "/tour"), Live::start(&mut world, "/Tour"));
    assert_ne!(find(&world, "/tour"), find(&world, "/Tour"), "the case counts");
}

#[test]
fn mounts_that_no_station_can_have_are_refused_with_the_reason() {
    let mut world = world(vec![]);
    for (mount, expected) in [
        ("/admin", "is reserved"),
        ("/admin/x", "is reserved"),
        ("/Status.XSL", "is reserved"),
        ("/api/v1/x", "is reserved"),
        ("/tour.m3u", "is reserved"),
        ("/7.html", "is reserved"),
        ("/stream/x/../y", "which players resolve"),
        ("//tour", "which players resolve"),
        ("/a%5Cb", "not allowed in a URL path"),
        ("/a%0Ab", "not allowed in a URL path"),
    ] {
        let peer = log_in(&mut world, mount, PASSWORD);
        let reply = world.reply(peer);
        assert_eq!(reply.status(), 403, "{mount}: {reply}");
        assert!(reply.body().contains(expected), "{mount}: {reply}");
    }
    for mount in ["/stream/9", "/", "/;", "/stream?sid=9"] {
        let peer = log_in(&mut world, mount, PASSWORD);
        assert_eq!(world.reply(peer).status(), 404, "{mount} names no mount");
    }
    let long = format!("/{}", "x".repeat(255));
    let peer = log_in(&mut world, &long, PASSWORD);
    assert!([403, 404].contains(&world.reply(peer).status()));
    world.pass(SECOND);
    assert!(world.server.station_keys().is_empty());
}

#[test]
fn password_line_without_a_mount_creates_nothing() {
    let mut world = world(vec![]);
    let _other = Live::start(&mut world, "/tour");
    for line in [PASSWORD.to_owned(), format!("{PASSWORD}:#7"), format!("source:{PASSWORD}")] {
        let peer = send(&mut world, &format!("{line}\r\nicy-name:x\r\n\r\n"));
        assert_eq!(world.reply(peer), "invalid password\r\n", "{line}");
    }
    assert_eq!(world.server.station_keys().len(), 1);
}

#[test]
fn wrong_password_at_an_unknown_mount_says_no_more_than_without_unlisted_stations() {
    let mut with = world(vec![configured(1, "/live", "deep water")]);
    let mut without = World::with(crate::world::seed(23), vec![configured(1, "/live", "deep water")]);
    let _on_air = Live::start(&mut with, "/tour");
    let replies = |world: &mut World, mounts: &[&str]| -> Vec<String> {
        let mut reply = |mount: &str| {
            let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
            world.send(peer, &source_request(mount, "source", "guess"));
            world.reply(peer).to_string()
        };
        mounts.iter().map(|mount| reply(mount)).collect()
    };
    let mounts = ["/live", "/nowhere", "/tour", "/admin/x"].repeat(8);
    let expected = replies(&mut without, &mounts);
    assert_eq!(replies(&mut with, &mounts), expected);
    assert!(expected[0].starts_with("HTTP/1.0 401") && expected[31].starts_with("HTTP/1.0 429"));
}

/// A password that is right for another user is a failed login. The log names the user, the reply does not.
#[test]
fn log_says_that_unlisted_stations_need_a_user() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    log::collect();
    let mut log_in = |mount: &str| {
        let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
        world.send(peer, &source_request(mount, "nina", PASSWORD));
        let reply = world.reply(peer).to_string();
        assert!(reply.starts_with("HTTP/1.0 401") && !reply.contains("source"), "{reply}");
    };
    log_in("/tour");
    log_in("/live");
    let lines = log::lines_with("authentication failed");
    let expected = [
        "at the mount \"/tour\", which no station has; unlisted stations need the user \"source\"",
        "at /live, which has no such user",
    ];
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, place) in lines.iter().zip(expected) {
        assert!(line.contains(&format!("authentication failed for \"nina\" {place}")), "{line}");
    }
}

#[test]
fn password_of_a_station_creates_none_and_the_other_way_round() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let typo = log_in(&mut world, "/liev", "deep water");
    assert_eq!(world.reply(typo).status(), 401);
    let guest = log_in(&mut world, "/live", PASSWORD);
    assert_eq!(world.reply(guest).status(), 401);
    let _on_air = Live::start(&mut world, "/tour");
    let dj = log_in(&mut world, "/tour", "deep water");
    assert_eq!(world.reply(dj).status(), 401);
}

#[test]
fn source_beyond_the_maximum_is_refused_until_another_station_ends() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    world.server.apply_unlisted(Some(UnlistedSettings { max: 2, ..unlisted() }), world.now);
    let first = Live::start(&mut world, "/1");
    let pending = Live::log_in(&mut world, "/2");
    let third = log_in(&mut world, "/3", PASSWORD);
    let reply = world.reply(third);
    assert_eq!((reply.status(), reply.body()), (403, "too many sources connected"));
    let mut again = Live::log_in(&mut world, "/2");
    again.play(&mut world, 0.5);
    assert!(find(&world, "/2").is_some(), "a station that exists admits its source");
    world.disconnect(first.peer);
    world.disconnect(pending.peer);
    again.play(&mut world, 12.0);
    Live::start(&mut world, "/3");
}

#[test]
fn first_frame_decides_between_two_sources_at_a_new_mount() {
    let mut world = world(vec![]);
    let mut first = Live::log_in(&mut world, "/tour");
    let mut second = Live::log_in(&mut world, "/tour");
    second.play(&mut world, 1.0);
    first.play(&mut world, 1.0);
    let key = find(&world, "/tour").expect("a station");
    let listener = second.listen(&mut world, "/tour");
    second.play(&mut world, 2.0);
    assert!(is_closed(&world, first.peer), "it came too late");
    assert!(world.server.is_live(key) && !is_closed(&world, second.peer));
    world.assert_listens(listener);
}

#[test]
fn takeover_is_that_of_the_settings() {
    let mut world = world(vec![]);
    let settings = UnlistedSettings { takeover: Takeover::AnyUser, ..unlisted() };
    world.server.apply_unlisted(Some(settings), world.now);
    let first = Live::start(&mut world, "/tour");
    let mut second = Live::log_in(&mut world, "/tour");
    second.play(&mut world, 1.0);
    assert!(is_closed(&world, first.peer) && !is_closed(&world, second.peer));
    assert_eq!(world.server.station_keys().len(), 1);
}

#[test]
fn title_creates_no_station_and_waits_for_the_first_frame() {
    let mut world = world(vec![]);
    let set = |world: &mut World, title: &str| {
        let target = format!("/admin/metadata?mode=updinfo&mount=/tour&song={title}");
        world.get(&target).auth("source", PASSWORD).send()
    };
    for _ in 0..30 {
        let reply = set(&mut world, "Early");
        assert_eq!(reply.status(), 400, "{reply}");
        assert!(reply.body().contains("Source does not exist"), "{reply}");
    }
    assert_eq!(status(&mut world, "/tour"), 404);
    let mut live = Live::log_in(&mut world, "/tour");
    assert_eq!(set(&mut world, "Waiting").status(), 200);
    live.encoder.set_next_title("Waiting");
    live.play(&mut world, 2.0);
    let key = find(&world, "/tour").expect("a station");
    assert_eq!(world.server.station(key).title(), "Waiting");
    assert_eq!(set(&mut world, "Next").status(), 200);
    live.play(&mut world, 2.0);
    assert_eq!(world.server.station(key).title(), "Next");
}

#[test]
fn ids_are_the_lowest_free_ones_above_those_of_configured_stations() {
    let mut world = world(vec![configured(7, "/live", "deep water"), configured(2, "/b", "deep water")]);
    let id = |world: &mut World, mount: &str| {
        let stations = world.get("/api/v1/stations").send().json();
        let stations = stations["stations"].as_array().expect("a list").clone();
        let station = stations.iter().find(|it| it["mount"] == mount).expect(mount);
        station["id"].as_u64().expect("an id")
    };
    let first = Live::start(&mut world, "/first");
    let _second = Live::start(&mut world, "/second");
    assert_eq!((id(&mut world, "/first"), id(&mut world, "/second")), (8, 9));
    world.disconnect(first.peer);
    world.pass(15 * SECOND);
    let _third = Live::start(&mut world, "/third");
    assert_eq!(id(&mut world, "/third"), 8);
    // The highest id of all leaves none above.
    world.add_station(StationSettings { id: i32::MAX as u32, ..configured(1, "/top", "deep water") });
    let _fourth = Live::start(&mut world, "/fourth");
    assert_eq!(id(&mut world, "/fourth"), 1);
}
